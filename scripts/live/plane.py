"""A control plane in a process of its own, for checks: start, call, stop, kill. Standard library."""
import http.client
import json
import os
import signal
import socket
import subprocess
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Plane:
    """One control plane with its data folder; may be started again after it has ended."""

    def __init__(self, program, data, options=(), log=None):
        self.program = program
        self.data = data
        self.options = list(options)
        self.port = free_port()
        self.process = None
        self.log = open(log, "ab") if log else subprocess.DEVNULL

    def start(self, wrapper=()):
        command = list(wrapper) + [
            self.program, "up", "--data", self.data, "--listen", "127.0.0.1:%d" % self.port,
            "--log-level", "warning"] + self.options
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log,
                                        stdin=subprocess.DEVNULL)

    def wait_ready(self, seconds=60):
        """Whether it answers that it is ready; no when it has ended."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            try:
                if self.call("GET", "/readyz")[0] == 200:
                    return True
            except OSError:
                pass
            time.sleep(0.01)
        return False

    def token(self):
        try:
            with open(os.path.join(self.data, "admin.token")) as file:
                return file.read().strip()
        except OSError:
            return ""

    def call(self, method, path, body=None, key=None, raw=False):
        """The status and the answer; OSError when there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {} if path == "/readyz" else {"Authorization": "Bearer " + self.token()}
            if body is not None:
                headers["Content-Type"] = "application/json"
            if key is not None:
                headers["Idempotency-Key"] = key
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               headers)
            answer = connection.getresponse()
            text = answer.read()
            if raw:
                return answer.status, text.decode(errors="replace")
            return answer.status, json.loads(text) if text else None
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=60):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=seconds)
        return self.process.returncode

    def check(self):
        """What `muster check-data` says: its JSON, and whether all is well."""
        done = subprocess.run([self.program, "check-data", "--data", self.data, "--json"],
                              capture_output=True, text=True)
        text = done.stdout.strip() + " " + done.stderr.strip()
        return (json.loads(done.stdout) if done.stdout else {}), done.returncode == 0, text

    def wait_for(self, job, states, seconds=60):
        """The job once it is in one of some states; None when that takes too long."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            status, answer = self.call("GET", "/v1/jobs/%s" % job)
            if status == 200 and answer["state"] in states:
                return answer
            time.sleep(0.02)
        return None


def wait_for(question, seconds, pause=0.05):
    """The first answer that is true, asked again and again; None when that takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(pause)
    return None


class Findings:
    """Checks, one line each."""

    def __init__(self):
        self.failed = 0

    def expect(self, is_right, text, detail=""):
        print(("ok      " if is_right else "FAILED  ") + text + (": " + str(detail) if detail else ""),
              flush=True)
        if not is_right:
            self.failed += 1
        return is_right
