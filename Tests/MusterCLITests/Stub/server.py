"""A server that answers from a list and writes down what it is asked.

Run as: server.py FOLDER. FOLDER/answers.json is a list of rules, read anew for each request; the
first one that fits and is not used up answers. FOLDER/requests.jsonl gets one line per request, and
FOLDER/port the port.
"""

import json
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER = sys.argv[1]
LOCK = threading.Lock()
USED = {}


def path(name):
    return os.path.join(FOLDER, name)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        record = {
            "method": self.command,
            "target": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body,
        }
        with LOCK:
            with open(path("requests.jsonl"), "a") as file:
                file.write(json.dumps(record) + "\n")
            rule = self.rule()
        if rule is None:
            rule = {
                "status": 404,
                "body": {
                    "code": "M0604", "message": "there is nothing at '%s'" % self.path,
                    "detail": "", "hint": "",
                },
            }
        if rule.get("break"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if "stream" in rule:
            self.stream(rule)
        else:
            self.whole(rule)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def rule(self):
        with open(path("answers.json")) as file:
            rules = json.load(file)
        for index, rule in enumerate(rules):
            wanted = rule["path"]
            target = self.path if "?" in wanted else self.path.split("?")[0]
            if rule.get("method", "GET") != self.command or wanted != target:
                continue
            if USED.get(index, 0) >= rule.get("times", 1 << 30):
                continue
            USED[index] = USED.get(index, 0) + 1
            return rule
        return None

    def whole(self, rule):
        body = rule.get("body", "")
        text = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
        data = text.encode()
        self.send_response(rule.get("status", 200))
        if data:
            self.send_header("Content-Type", rule.get("type", "application/json; charset=utf-8"))
        for name, value in rule.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, rule):
        self.send_response(200)
        self.send_header("Content-Type", rule.get("type", "text/event-stream; charset=utf-8"))
        self.send_header("Connection", "close")
        # With a length that is not reached, the answer is one that broke.
        for name, value in rule.get("headers", {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.close_connection = True
        for piece in rule["stream"]:
            self.wfile.write(piece.encode())
            self.wfile.flush()
            time.sleep(rule.get("pause", 0.01))
        time.sleep(rule.get("linger", 0))


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
with open(path("port.new"), "w") as file:
    file.write(str(server.server_address[1]))
os.rename(path("port.new"), path("port"))
server.serve_forever()
