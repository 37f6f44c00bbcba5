"""Too much, too slow, or not HTTP at all: cut off, and nobody else notices."""

import threading
import time

from wire import check, expect

HUGE = 64 << 20


def status_of(received):
    """The status of the first answer in bytes; 0 when the server just closed."""
    words = received.split(b" ", 2)
    return int(words[1]) if received.startswith(b"HTTP/1.") and len(words) > 1 else 0


def head(server, method, path, *lines):
    text = [f"{method} {path} HTTP/1.1", f"Host: {server.authority}",
            f"Authorization: Bearer {server.token}", *lines, "", ""]
    return "\r\n".join(text).encode("latin-1")


@check("a body that is declared too large is refused before it is sent")
def declared(server):
    request = head(server, "POST", "/v1/jobs", "Content-Type: application/json",
                   f"Content-Length: {HUGE}")
    begin = time.monotonic()
    status = status_of(server.exchange(request + b'{"name":'))
    expect(status == 413, f"413 expected, not {status}")
    expect(time.monotonic() - begin < 5, "it took 5 s and more")
    server.is_alive()


@check("a chunked body that grows too large is cut off")
def chunked(server):
    sent, received = 0, b""
    with server.socket(10) as link:
        link.sendall(head(server, "POST", "/v1/jobs", "Content-Type: application/json",
                          "Transfer-Encoding: chunked"))
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        try:
            while sent < HUGE:
                link.sendall(chunk)
                sent += 0x10000
        except (ConnectionError, TimeoutError):
            pass
        expect(sent < HUGE, f"it took all of {HUGE} bytes")
        try:
            received = link.recv(65536)
        except (ConnectionError, TimeoutError):
            pass
    expect(status_of(received) in (0, 413), f"413 expected, not {received[:80]!r}")
    server.is_alive()


@check("a body of 2 MiB that is sent whole is answered with 413")
def whole(server):
    body = b'{"name": "x", "command": "' + b"x" * (2 << 20) + b'"}'
    answer = server.ask("POST", "/v1/jobs", body, {"Content-Type": "application/json"})
    # A server with a larger limit still finds the command too long.
    server.refuses(answer, {413, 422}, {"M0607", "M0204"})


BODIES = {
    "empty": b"", "cut off": b'{"name": "x"', "not JSON": b"\x00\x01\x02", "an array": b"[]",
    "a number": b"1", "null": b"null", "deep": b"[" * 100_000,
    "deep in a key": b'{"name":' * 50_000, "not UTF-8": b'{"name": "\xff\xfe"}',
    "a lone surrogate": b'{"name": "\\ud800"}', "a NUL": b'{"name": "a\\u0000b", "cpu": 1}',
    "a key twice": b'{"name": "a", "name": "b", "cpu": 1}', "an endless number":
    b'{"name": "a", "cpu": 1e999999}', "a large number": b'{"name": "a", "gpus": 99999999999999}',
    "a long number": b'{"name": "a", "gpus": ' + b"9" * 50_000 + b"}", "trailing text":
    b'{"name": "a", "cpu": 1} x', "NaN": b'{"name": "a", "cpu": NaN}',
    "many keys": b"{" + b",".join(b'"k%d":1' % n for n in range(20_000)) + b"}"}

YAMLS = {
    "aliases that multiply": b"x-a: &a [1,1,1,1,1,1,1,1,1]\n" + b"".join(
        b"x-%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9))
        for c in range(ord("b"), ord("l"))) + b"name: x\ncpu: 1\n",
    "a tag": b"name: !!python/object/apply:os.system [id]\ncpu: 1\n", "a tab": b"name:\tx\n\t- 1",
    "two documents": b"name: a\ncpu: 1\n---\nname: b\ncpu: 1\n", "a list": b"- 1\n",
    "itself": b"name: &a [*a]\n", "a colon": b": : :", "not UTF-8": b"name: \xff\n"}


@check("documents that are not documents are refused, with a reason")
def documents(server):
    for media, bodies in (("json", BODIES), ("yaml", YAMLS)):
        for what, body in bodies.items():
            for path in ("/v1/jobs?dryRun=true", "/v1/whatif"):
                begin = time.monotonic()
                answer = server.ask("POST", path, body, {"Content-Type": f"application/{media}"})
                try:
                    server.refuses(answer, {400, 413, 422})
                except Exception as error:
                    raise type(error)(f"{path}, {media}, {what}: {error}") from None
                took = time.monotonic() - begin
                expect(took < 5, f"{path}, {media}, {what}: took {took:.1f} s")
    server.is_alive()


class Slow(threading.Thread):
    """A connection that sends one byte at a time, until the server closes it."""

    def __init__(self, server, first, drip):
        super().__init__(daemon=True)
        self.server, self.first, self.drip = server, first, drip
        self.lived = None

    def run(self):
        begin = time.monotonic()
        try:
            with self.server.socket(1) as link:
                link.sendall(self.first)
                while time.monotonic() - begin < self.server.patience:
                    try:
                        if not link.recv(4096):
                            break
                    except TimeoutError:
                        if self.drip:
                            link.sendall(self.drip)
                else:
                    return
        except ConnectionError:
            pass
        self.lived = time.monotonic() - begin


def slow(server, what, first, drip):
    links = [Slow(server, first, drip) for _ in range(40)]
    for link in links:
        link.start()
    worst = 0
    while any(link.is_alive() for link in links):
        begin = time.monotonic()
        server.is_alive()
        worst = max(worst, time.monotonic() - begin)
        time.sleep(0.5)
    left = sum(link.lived is None for link in links)
    expect(not left, f"{left} of 40 connections {what} live after {server.patience} s")
    expect(worst < 2, f"others wait {worst:.1f} s meanwhile")


@check("slow headers are cut off, and others are served meanwhile")
def slow_headers(server):
    slow(server, "with slow headers", b"GET /v1/fleet HTTP/1.1\r\nHost: " +
         server.authority.encode() + b"\r\nX-Slow: ", b"a")


@check("slow bodies are cut off, and others are served meanwhile")
def slow_bodies(server):
    slow(server, "with slow bodies", head(
        server, "POST", "/v1/jobs", "Content-Type: application/json", "Content-Length: 1000"), b" ")


@check("slow chunks are cut off, and others are served meanwhile")
def slow_chunks(server):
    slow(server, "with slow chunks", head(
        server, "POST", "/v1/jobs", "Content-Type: application/json",
        "Transfer-Encoding: chunked"), b"1\r\n \r\n")


@check("connections that say nothing are cut off, and others are served meanwhile")
def half_open(server):
    slow(server, "that say nothing", b"", b"")


@check("a stream whose reader stops reading does not hold others up")
def stalled_reader(server):
    links = [server.socket(5) for _ in range(20)]
    try:
        for link in links:
            link.sendall(head(server, "GET", "/v1/live", "Accept: text/event-stream"))
        for _ in range(20):
            begin = time.monotonic()
            server.is_alive()
            expect(time.monotonic() - begin < 2, "others wait 2 s and more")
    finally:
        for link in links:
            link.close()


def garbage(server):
    """What is not HTTP, or HTTP that two readers would understand in two ways."""
    own = f"Host: {server.authority}\r\n".encode()
    get = b"GET /healthz HTTP/1.1\r\n" + own
    post = b"POST /v1/jobs HTTP/1.1\r\n" + own + b"Content-Type: application/json\r\n"
    return {
        "noise": bytes(range(256)) * 8, "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03",
        "no version": b"GET /\r\n\r\n", "version 3": b"GET / HTTP/3.0\r\n" + own + b"\r\n",
        "no host": b"GET /v1/fleet HTTP/1.1\r\n\r\n",
        "two hosts": b"GET /v1/fleet HTTP/1.1\r\n" + own + b"Host: evil.example\r\n\r\n",
        "two lengths": post + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
        "a length and chunks": post + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0"
        b"\r\n\r\n", "a negative length": post + b"Content-Length: -1\r\n\r\n",
        "a length in words": post + b"Content-Length: many\r\n\r\n",
        "chunks of no size": post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        "an unknown coding": post + b"Transfer-Encoding: gzip\r\n\r\n",
        "a space before the colon": get + b"X-A : 1\r\nContent-Length : 5\r\n\r\n",
        "a line without colon": get + b"nonsense\r\n\r\n", "a NUL": get + b"X: a\x00b\r\n\r\n",
        "a long line": get + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
        "many lines": get + b"".join(b"X-%d: 1\r\n" % n for n in range(5000)) + b"\r\n",
        "a long path": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + own + b"\r\n",
        "CONNECT": b"CONNECT evil.example:443 HTTP/1.1\r\n" + own + b"\r\n",
        "another's address": b"GET http://evil.example/v1/fleet HTTP/1.1\r\n"
        b"Host: evil.example\r\n\r\n"}


@check("what is not HTTP is answered with 4xx or closed")
def not_http(server):
    for what, data in garbage(server).items():
        status = status_of(server.exchange(data, timeout=3))
        allowed = status == 0 or 400 <= status < 500 or status in (501, 505)
        # What may be read as a plain request may be answered as one.
        if what in ("many lines", "a long line"):
            allowed = allowed or status == 200
        expect(allowed, f"{what}: {status}")
    server.is_alive()


@check("garbage behind a request does not reach the request's answer")
def pipelined_garbage(server):
    request = head(server, "GET", "/v1/whoami")
    received = server.exchange(request + b"\x00\xffnonsense\r\n\r\n" * 20, timeout=3)
    expect(status_of(received) in (0, 200, 400), f"{received[:80]!r}")
    expect(received.count(b"HTTP/1.1 200") <= 1, "the garbage was answered with 200")
    server.is_alive()


@check("requests that come in one piece are answered in order")
def pipelined(server):
    request = head(server, "GET", "/v1/whoami")
    last = head(server, "GET", "/v1/fleet", "Connection: close")
    received = server.exchange(request * 20 + last)
    count = received.count(b"HTTP/1.1 200")
    expect(count == 21, f"{count} of 21 answers")
    expect(received.rfind(b'"capacity"') > received.rfind(b'"role"'), "the last is not the last")
