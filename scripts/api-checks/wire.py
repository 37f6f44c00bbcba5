"""Requests to the server under test, by the standard library, and what a check may say of them."""

import http.client
import json
import socket
import ssl
import time
import urllib.parse

CHECKS = []


class Failed(Exception):
    """The server did not do what it should."""


def check(name):
    """Enters a function of a `Server` into the list of checks."""
    def enter(function):
        CHECKS.append((name, function))
        return function
    return enter


def expect(condition, text):
    if not condition:
        raise Failed(text)


class Answer:
    """One response, read to its end."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failed(f"the body of {self.status} is not JSON: {self.body[:200]!r}") from None

    def __str__(self):
        return f"{self.status} {self.body[:300].decode(errors='replace')}"


class Server:
    """Where the server is, and a token of an admin."""

    def __init__(self, url, token, patience):
        parts = urllib.parse.urlsplit(url)
        self.url = url.rstrip("/")
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self.authority = parts.netloc
        self.token = token
        # The longest that a connection which sends too slowly may live.
        self.patience = patience
        self.context = None
        if parts.scheme == "https":
            # Self-signed certificates are usual on a server under test.
            self.context = ssl.create_default_context()
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE

    def connection(self, timeout=30):
        if self.context:
            return http.client.HTTPSConnection(
                self.host, self.port, timeout=timeout, context=self.context)
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def socket(self, timeout=30):
        plain = socket.create_connection((self.host, self.port), timeout=timeout)
        return self.context.wrap_socket(plain) if self.context else plain

    def headers(self, token, more):
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        headers.update(more or {})
        return headers

    def ask(self, method, path, body=None, headers=None, token="", timeout=30):
        """One request on a connection of its own. `token`: "" for the admin's, None for none."""
        headers = self.headers(self.token if token == "" else token, headers)
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        connection = self.connection(timeout)
        try:
            connection.putrequest(method, path, skip_host="Host" in headers,
                                  skip_accept_encoding=True)
            if body is not None:
                headers.setdefault("Content-Length", str(len(body)))
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise Failed(f"{method} {path[:80]}: no answer: {error!r}") from None
        finally:
            connection.close()

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def refuses(self, answer, statuses, codes=None):
        """The answer is an error of one of these statuses, in the envelope."""
        statuses = {statuses} if isinstance(statuses, int) else set(statuses)
        expect(answer.status in statuses, f"{sorted(statuses)} expected, not {answer}")
        kind = answer.headers.get("Content-Type", "").split(";")[0].strip()
        expect(kind == "application/json", f"an error of the type '{kind}': {answer}")
        error = answer.json
        known = {"code", "message", "detail", "hint", "diagnostics"}
        for key in ("code", "message", "detail", "hint"):
            expect(isinstance(error.get(key), str), f"the error has no text '{key}': {answer}")
        expect(set(error) <= known, f"the error has other keys: {answer}")
        if codes:
            codes = {codes} if isinstance(codes, str) else set(codes)
            expect(error["code"] in codes, f"the code {sorted(codes)} expected, not {answer}")
        return error

    def exchange(self, data, timeout=15):
        """Sends bytes as they are; all that comes back until the server closes or falls silent."""
        received = b""
        with self.socket(timeout) as link:
            try:
                link.sendall(data)
                while chunk := link.recv(65536):
                    received += chunk
            except (TimeoutError, ConnectionError):
                pass
        return received

    def is_alive(self):
        answer = self.get("/healthz", token=None, timeout=10)
        expect(answer.status == 200, f"/healthz after it: {answer}")

    # MARK: Things to try requests on

    def leaves(self):
        """Two tenants that may have jobs; gives the server a tree of two if it has none."""
        tenants = self.get("/v1/tenants").json["tenants"]
        leaves = [tenant["name"] for tenant in tenants if tenant["isLeaf"]]
        if len(leaves) < 2:
            tree = {"tenants": [{"name": "check-a"}, {"name": "check-b"}]}
            answer = self.ask("PUT", "/v1/tenants", tree)
            expect(answer.status == 200, f"needs two tenants, and could not make them: {answer}")
            leaves = ["check-a", "check-b"]
        return leaves[:2]

    def held_job(self, tenant, token="", key=None, **more):
        """A job that waits until it is cancelled."""
        name = f"check-{time.monotonic_ns()}"
        document = {"name": name, "tenant": tenant, "cpu": "1m", "hold": True, "command": "true"}
        document.update(more)
        headers = {"Idempotency-Key": key} if key else None
        return self.ask("POST", "/v1/jobs", document, headers, token)

    def new_job(self, tenant, token="", **more):
        answer = self.held_job(tenant, token, **more)
        expect(answer.status == 201, f"a job could not be submitted: {answer}")
        return answer.json

    def cancel(self, *jobs):
        for job in jobs:
            self.ask("POST", f"/v1/jobs/{job}/cancel", {})
