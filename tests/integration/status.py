#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks a pool for its status page, without a web server between.

    status.py headers ADDRESS QUERY          the headers of the answer, one a line, as they came
    status.py head ADDRESS QUERY             of the answer to HEAD: how long its body is, and how many lines its headers
    status.py raw ADDRESS QUERY [NAME=VALUE …]  the whole answer
    status.py body ADDRESS QUERY             the body, after the page was read by a parser of its format
    status.py get ADDRESS QUERY FIELD        a field of the pool, out of the JSON page
    status.py hostile ADDRESS SCRIPT         while a request with bytes that break pages runs, every format
    status.py function ADDRESS SCRIPT        what fpm_get_status() gives, as "name type" lines
    status.py bare ADDRESS PATH              the answer to a request that names no script

The path of the page is /status, or $STATUS_PATH. Needs only the standard library.
"""
import base64
import json
import os
import re
import socket
import sys
import threading
import time
import xml.etree.ElementTree

import fcgi

PATH = os.environ.get("STATUS_PATH", "/status")


def ask(address, query, method="GET", **more):
    reply = fcgi.get(address, "/nowhere" + PATH, SCRIPT_NAME=PATH, QUERY_STRING=query, REQUEST_METHOD=method, **more)
    assert reply.ended, "no END_REQUEST"
    assert not reply.err, reply.err
    return reply


def parse(query, body):
    if "html" in query:
        assert body.startswith("<!DOCTYPE html") and body.endswith("</body></html>"), body
        return xml.etree.ElementTree.fromstring(body)
    if "xml" in query:
        return xml.etree.ElementTree.fromstring(body)
    if "json" in query:
        return json.loads(body)
    return body


def metrics_are_sound(body):
    names = [line.split()[0] for line in body.splitlines() if not line.startswith("#")]
    assert len(names) == len(set(names)) and body.endswith("# EOF\n"), body
    for name in names:
        assert f"# TYPE {name} " in body and f"# HELP {name} " in body, name


URI = "/x\"<b>&'\\é.php"
QUERY = 'a="<i>&b=\\'
USER = 'u<"&\\'


def process_of(parsed, query):
    if "json" in query:
        return next(p for p in parsed["processes"] if p["request uri"].startswith("/x"))
    return next(p for p in parsed.iter("process") if p.find("request-uri").text.startswith("/x"))


def hostile(address, script):
    def run():
        basic = "Basic " + base64.b64encode(f"{USER}:secret".encode()).decode()
        fcgi.get(address, script, SCRIPT_NAME=URI, QUERY_STRING=QUERY, HTTP_AUTHORIZATION=basic)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.4)

    # All on one connection, to the other worker: so that the one that runs the script is also seen idle.
    peer = fcgi.connect(address)

    def kept(query):
        peer.sendall(fcgi.request("/nowhere", flags=1, SCRIPT_NAME=PATH, QUERY_STRING=query))
        return fcgi.Reply(peer).body.decode()

    process = process_of(parse("json", kept("json&full")), "json")
    assert process["request uri"] == f"{URI}?{QUERY}", process
    assert process["user"] == USER and process["script"] == script and process["state"] == "Running", process
    assert process["last request cpu"] == 0 and process["last request memory"] == 0, process
    assert process["request duration"] > 300000, process
    process = process_of(parse("xml", kept("xml&full")), "xml")
    assert process.find("request-uri").text == f"{URI}?{QUERY}" and process.find("user").text == USER, process
    page = kept("html&full")
    assert "<td>/x&quot;&lt;b&gt;&amp;'\\é.php?a=&quot;&lt;i&gt;&amp;b=\\</td>" in page, page
    page = kept("full")
    assert f"request URI:          {URI}?{QUERY}\n" in page, page
    thread.join()
    process = process_of(parse("json", kept("json&full")), "json")
    assert process["state"] == "Idle" and process["last request memory"] >= 2 << 20, process
    assert 900000 < process["request duration"] < 3000000, process


def bare(address, path):
    params = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": path}
    with fcgi.connect(address) as peer:
        peer.sendall(fcgi.begin() + fcgi.record(fcgi.PARAMS, fcgi.pairs(params)) + fcgi.record(fcgi.PARAMS))
        peer.sendall(fcgi.record(fcgi.STDIN))
        reply = fcgi.Reply(peer)
    return reply.out.decode()


def function(address, script):
    status = json.loads(fcgi.get(address, script).body)
    assert len(status["procs"]) >= 1
    lines = [f"{name} {type(value).__name__}" for name, value in status.items()]
    mine = next(p for p in status["procs"] if p["request-uri"] != "-")
    return "\n".join(lines + [f" {name} {type(value).__name__}" for name, value in mine.items()])


def main(argv):
    what, address, rest = argv[1], argv[2], argv[3:]
    if what == "headers":
        print(ask(address, rest[0]).out.decode().partition("\r\n\r\n")[0].replace("\r", ""))
    elif what == "head":
        reply = ask(address, rest[0], method="HEAD")
        print(len(reply.body), reply.out.decode().count("\r\n"))
    elif what == "body":
        body = ask(address, rest[0]).body.decode()
        parse(rest[0], body)
        if "openmetrics" in rest[0]:
            metrics_are_sound(body)
        sys.stdout.write(body)
    elif what == "get":
        print(json.loads(ask(address, "json").body)[rest[0]])
    elif what == "raw":
        print(re.sub("\r", "", ask(address, rest[0], **dict(p.split("=", 1) for p in rest[1:])).out.decode()))
    elif what == "hostile":
        hostile(address, rest[0])
    elif what == "function":
        print(function(address, rest[0]))
    elif what == "bare":
        print(bare(address, rest[0]))


socket.setdefaulttimeout(20)
main(sys.argv)
