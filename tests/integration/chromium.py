#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""chromium.py [--dark] [--size=WxH] [--shot=FILE] URL [CONDITION]: opens URL in a headless Chromium, waits until
CONDITION (an expression of JavaScript, 15 s at most) holds, and prints as JSON:

    text        what the page shows
    html        its elements
    title
    urls        all that it asked for, from whomever
    complaints  errors of scripts, and what the Content-Security-Policy refused

Speaks the DevTools protocol over a pair of pipes. Needs only the standard library and a chromium.
"""
import argparse
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars
    --remote-debugging-pipe""".split()


class Browser:
    def __init__(self, program, profile):
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()

        # The browser reads at 3 and writes at 4. From high numbers, so that neither is in the other's way.
        def arrange():
            high = [os.dup2(fd, 100 + i) for i, fd in enumerate((to_read, to_write))]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen([program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
                                        preexec_fn=arrange, close_fds=False, start_new_session=True,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.buffer = b""
        self.number = 0
        self.session = None
        self.urls = []
        self.complaints = []

    def message(self):
        while b"\0" not in self.buffer:
            data = os.read(self.back, 65536)
            if not data:
                raise EOFError("the browser is gone")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(line)

    def note(self, event):
        what, about = event.get("method"), event.get("params", {})
        if what == "Network.requestWillBeSent":
            self.urls.append(about["request"]["url"])
        elif what == "Runtime.exceptionThrown":
            self.complaints.append(about["exceptionDetails"]["text"])
        elif what == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.complaints.append(about["entry"]["text"])

    def call(self, method, **params):
        self.number += 1
        question = {"id": self.number, "method": method, "params": params}
        if self.session:
            question["sessionId"] = self.session
        os.write(self.to, json.dumps(question).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.note(answer)

    def open(self, url, dark, size):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in "Page", "Network", "Runtime", "Log":
            self.call(domain + ".enable")
        width, height = map(int, size.split("x"))
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if width < 600 else 1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Page.navigate", url=url)

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait(self, condition):
        end = time.monotonic() + 15
        while not self.evaluate(condition):
            if time.monotonic() > end:
                print(f"chromium.py: never true: {condition}", file=sys.stderr)
                return
            time.sleep(0.05)

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--size", default="1200x900")
    parser.add_argument("--shot")
    parser.add_argument("url")
    parser.add_argument("condition", nargs="?", default="document.readyState === 'complete'")
    args = parser.parse_args()
    program = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-shell"))))

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            browser.open(args.url, args.dark, args.size)
            browser.wait(args.condition)
            if args.shot:
                with open(args.shot, "wb") as file:
                    file.write(base64.b64decode(browser.call("Page.captureScreenshot")["data"]))
            seen = {"text": browser.evaluate("document.body.innerText"),
                    "html": browser.evaluate("document.documentElement.outerHTML"),
                    "title": browser.evaluate("document.title")}
        finally:
            browser.end()
    print(json.dumps({**seen, "urls": browser.urls, "complaints": browser.complaints}))


if __name__ == "__main__":
    main()
