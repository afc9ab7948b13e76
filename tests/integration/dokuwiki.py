#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""dokuwiki.py BASE: what a user does with a DokuWiki whose administrator is admin, sesame."""
import os
import sys

from browser import Browser, Wrong

TEXT = "====== Sea ======\n\nThe **sea** is wide. Ünïcödé.\n\n  * salt\n  * water\n"
FILE = os.urandom(700_000)


def log_in(wiki):
    wiki.open("/doku.php?id=start&do=login")
    wiki.submit("u", {"u": "admin", "p": "wrong"})
    wiki.expect("Sorry, username or password was wrong.")
    wiki.submit("u", {"u": "admin", "p": "sesame"})
    wiki.expect("Log Out")
    if not any(name.startswith("DW") for name in wiki.cookies()):
        raise Wrong(f"no cookie of DokuWiki: {wiki.cookies()}")


def edit(wiki):
    wiki.open("/doku.php?id=blue:sea&do=edit")
    wiki.submit("summary", {"wikitext": TEXT, "summary": "of the sea", "do[save]": "1"})
    wiki.expect("The <strong>sea</strong> is wide. Ünïcödé.")
    if "do=edit" in wiki.url:
        raise Wrong(f"saved, and still at {wiki.url}")
    wiki.open("/doku.php/blue:sea?do=revisions")
    wiki.expect("of the sea")


def upload(wiki):
    """As the media manager's form without JavaScript does."""
    wiki.open("/lib/exe/mediamanager.php?ns=blue")
    wiki.submit("mediaid", {"mediaid": "shell.pdf"}, {"upload": ("shell.pdf", FILE)})
    wiki.expect("shell.pdf")
    data = wiki.open("/lib/exe/fetch.php?media=blue:shell.pdf")
    if data != FILE:
        raise Wrong(f"the file comes back as {len(data)} bytes of {len(FILE)}")


def look(base):
    """Somebody else sees the page, and may not change it."""
    guest = Browser(base)
    guest.open("/doku.php?id=blue:sea")
    guest.expect("The <strong>sea</strong> is wide. Ünïcödé.")
    guest.expect("Log In")
    guest.open("/doku.php?id=blue:sea&do=edit")
    guest.expect("This page is read only.")
    guest.open("/doku.php?do=search&id=start&q=wide")
    guest.open("/feed.php")
    guest.expect("blue:sea")
    guest.open("/lib/exe/css.php")
    guest.open("/lib/exe/js.php")
    guest.expect("function")


def main():
    base = sys.argv[1]
    wiki = Browser(base)
    for step in (log_in, edit, upload):
        step(wiki)
        print(step.__name__)
    look(base)
    print("look")


if __name__ == "__main__":
    try:
        main()
    except Wrong as wrong:
        sys.exit(f"dokuwiki: {wrong}")
