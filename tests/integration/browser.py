# SPDX-License-Identifier: MIT
"""A browser for the tests of applications: cookies, redirects, forms, uploads."""
import html.parser
import http.cookiejar
import urllib.parse
import urllib.request

BOUNDARY = "----a-boundary-of-browser.py"
TIMEOUT = 20


class Wrong(Exception):
    """The application did not do what it was to do."""


class _Forms(html.parser.HTMLParser):
    """All forms of a page: [{"action": …, "fields": {name: value}}]."""

    def __init__(self):
        super().__init__()
        self.forms = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.forms.append({"action": attrs.get("action") or "", "fields": {}})
            return
        if not self.forms or "name" not in attrs or tag not in ("input", "textarea"):
            return
        kind = attrs.get("type", "text")
        if kind in ("checkbox", "radio") and "checked" not in attrs:
            return
        if kind not in ("submit", "button", "file", "image"):
            self.forms[-1]["fields"][attrs["name"]] = attrs.get("value") or ""


class Browser:
    def __init__(self, base):
        self.base = base
        self.url = base
        self.page = ""
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def open(self, path, body=None, headers=None, method=None):
        """Follows redirects; the page that is there in the end."""
        url = urllib.parse.urljoin(self.url, path)
        request = urllib.request.Request(url, body, headers or {}, method=method)
        try:
            with self.opener.open(request, timeout=TIMEOUT) as answer:
                self.url = answer.url
                data = answer.read()
                self.page = data.decode(errors="replace")
                return data
        except urllib.error.HTTPError as error:
            data = error.read()
            self.url = error.url
            self.page = data.decode(errors="replace")
            # What a log-in page comes with.
            if error.code == 403:
                return data
            raise Wrong(f"{url}: {error.code}: {data[:300]!r}") from None

    def form(self, field):
        """The form of this page that has the field."""
        parser = _Forms()
        parser.feed(self.page)
        for form in parser.forms:
            if field in form["fields"]:
                return form
        raise Wrong(f"{self.url}: no form with {field}: {self.page[:2000]}")

    def submit(self, has, values, files=None):
        """Sends the form that has this field, with these values; files: {name: (file name, bytes)}."""
        form = self.form(has)
        fields = {**form["fields"], **values}
        if files:
            body = multipart(fields, files)
            headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        else:
            body = urllib.parse.urlencode(fields).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.open(form["action"] or self.url, body, headers)

    def expect(self, text):
        if text not in self.page:
            raise Wrong(f"{self.url}: no {text!r} in: {self.page[:3000]}")

    def expect_no(self, text):
        if text in self.page:
            raise Wrong(f"{self.url}: {text!r} is there")

    def cookies(self):
        return {cookie.name: cookie.value for cookie in self.jar}


def multipart(fields, files):
    parts = []
    for name, value in fields.items():
        parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode())
    for name, (file_name, data) in files.items():
        head = (
            f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        parts.append(head.encode() + data)
    begin = f"--{BOUNDARY}\r\n".encode()
    return b"".join(begin + part + b"\r\n" for part in parts) + f"--{BOUNDARY}--\r\n".encode()
