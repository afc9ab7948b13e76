#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wordpress.py BASE: what an administrator and a visitor do with a WordPress that is not installed yet."""
import json
import struct
import sys
import zlib

from browser import Browser, Wrong

TEXT = "The <strong>sea</strong> is wide. Ünïcödé."
LARGE_TEXT = "<p>" + "A long chapter. " * 20_000 + "</p>"


def png(width, height):
    """A picture, of which PHP can make smaller ones."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    line = b"\0" + bytes(value for x in range(width) for value in (x % 256, x // 4 % 256, 128))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(line * height, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


PICTURE = png(800, 600)


def install(admin):
    """Each page leads on to this one as long as there is nothing."""
    admin.open("/")
    if "/wp-admin/install.php" not in admin.url:
        raise Wrong(f"not sent to the installation but to {admin.url}")
    admin.open("/wp-admin/install.php?step=1")
    admin.submit(
        "weblog_title",
        {
            "weblog_title": "Blog of the test",
            "user_name": "admin",
            "admin_password": "open sesame",
            "admin_password2": "open sesame",
            "pw_weak": "on",
            "admin_email": "admin@example.org",
        },
    )
    admin.expect("WordPress has been installed")


def log_in(admin):
    admin.open("/wp-admin/")
    admin.submit("log", {"log": "admin", "pwd": "wrong"})
    admin.expect("is incorrect")
    admin.submit("log", {"log": "admin", "pwd": "open sesame", "rememberme": "forever"})
    admin.expect("Dashboard")
    if not any(name.startswith("wordpress_logged_in_") for name in admin.cookies()):
        raise Wrong(f"not logged in: {admin.cookies()}")


def api(admin, path, **content):
    """As the editor in the browser does."""
    nonce = admin.open("/wp-admin/admin-ajax.php?action=rest-nonce").decode()
    headers = {"Content-Type": "application/json", "X-WP-Nonce": nonce}
    return json.loads(admin.open(f"/?rest_route={path}", json.dumps(content).encode(), headers))


def write(admin):
    post = api(admin, "/wp/v2/posts", title="The sea", content=TEXT, status="publish")
    api(admin, f"/wp/v2/posts/{post['id']}", title="The wide sea", content=TEXT + LARGE_TEXT)
    return post["id"]


def upload(admin):
    admin.open("/wp-admin/media-new.php?browser-uploader")
    admin.submit("post_id", {"html-upload": "Upload"}, {"async-upload": ("sea.png", PICTURE)})
    if "/wp-admin/upload.php" not in admin.url:
        raise Wrong(f"after the upload: {admin.url}")
    found = json.loads(admin.open("/?rest_route=/wp/v2/media"))
    if len(found) != 1:
        raise Wrong(f"{len(found)} files in the library")
    details = found[0]["media_details"]
    if (details["width"], details["height"]) != (800, 600) or "thumbnail" not in details["sizes"]:
        raise Wrong(f"the picture is {details}")
    if admin.open(found[0]["source_url"]) != PICTURE:
        raise Wrong("the picture comes back as another")
    admin.open(details["sizes"]["thumbnail"]["source_url"])


def set_permalinks(admin):
    """Addresses without .php, which nginx sends to index.php."""
    admin.open("/wp-admin/options-permalink.php")
    admin.submit("permalink_structure", {"permalink_structure": "/%year%/%postname%/"})
    admin.expect("Permalink structure updated")


def visit(base, post_id):
    guest = Browser(base)
    guest.open("/")
    guest.expect("The wide sea")
    guest.open(f"/?p={post_id}")
    if not guest.url.endswith("/the-sea/"):
        raise Wrong(f"the post is at {guest.url}")
    guest.expect(TEXT)
    guest.expect(LARGE_TEXT)
    guest.submit(
        "comment_post_ID",
        {"comment": "How salty?", "author": "Visitor", "email": "visitor@example.org"},
    )
    guest.expect("How salty?")
    guest.open("/?s=wide")
    guest.expect("The wide sea")
    guest.open("/feed/")
    guest.expect("<title>The wide sea</title>")
    guest.open("/wp-admin/")
    if "wp-login.php" not in guest.url:
        raise Wrong(f"a visitor is let into {guest.url}")


def main():
    base = sys.argv[1]
    admin = Browser(base)
    install(admin)
    log_in(admin)
    set_permalinks(admin)
    post_id = write(admin)
    upload(admin)
    visit(base, post_id)


if __name__ == "__main__":
    try:
        main()
    except Wrong as wrong:
        sys.exit(f"wordpress: {wrong}")
