"""A headless Chromium, driven over the DevTools protocol with the standard library alone."""

import base64
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request


class BrowserError(Exception):
    """The browser did not do what it was asked."""


class WebSocket:
    """The client's half of RFC 6455, as far as DevTools needs it: text messages, no extensions."""

    def __init__(self, url):
        _, _, rest = url.partition("://")
        address, _, path = rest.partition("/")
        host, _, port = address.partition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /{path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode())
        self.buffer = b""
        while b"\r\n\r\n" not in self.buffer:
            self._receive_more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise BrowserError(f"no websocket at {url}: {head[:80]!r}")

    def _receive_more(self):
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise BrowserError("the browser closed the connection")
        self.buffer += piece

    def _take(self, count):
        while len(self.buffer) < count:
            self._receive_more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def send(self, text):
        """Sends one text message."""
        payload = text.encode()
        self._send_frame(0x1, payload)

    def _send_frame(self, opcode, payload):
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
        # A mask is required of clients; its value is free, and zeros leave the payload as it is.
        self.socket.sendall(head + b"\0\0\0\0" + payload)

    def receive(self, timeout):
        """The next text message, or None when none comes in `timeout` seconds."""
        message = b""
        self.socket.settimeout(max(0.001, timeout))
        try:
            while True:
                if len(self.buffer) < 2:
                    self._receive_more()
                    continue
                self.socket.settimeout(30)
                first, second = self._take(2)
                size = second & 0x7F
                if size == 126:
                    size = struct.unpack("!H", self._take(2))[0]
                elif size == 127:
                    size = struct.unpack("!Q", self._take(8))[0]
                payload = self._take(size)
                opcode = first & 0x0F
                if opcode == 0x9:
                    self._send_frame(0xA, payload)
                elif opcode == 0x8:
                    raise BrowserError("the browser ended the connection")
                elif opcode in (0x0, 0x1):
                    message += payload
                    if first & 0x80:
                        return message.decode()
        except socket.timeout:
            return None


def find_chromium():
    """The path of a Chromium or Chrome, from $CHROMIUM or the usual names."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    for name in names:
        path = shutil.which(name) if name else None
        if path:
            return path
    raise BrowserError("no chromium found: apt-get install chromium, or set CHROMIUM")


class Browser:
    """One browser process with a fresh profile. Use it in a `with` statement."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="muster-browser-")
        # --force-color-profile keeps colours the same on every machine.
        self.process = subprocess.Popen(
            [find_chromium(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--hide-scrollbars",
             "--force-color-profile=srgb", "--remote-debugging-port=0",
             f"--user-data-dir={self.folder}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            self.port = self._wait_for_port()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_for_port(self):
        path = pathlib.Path(self.folder, "DevToolsActivePort")
        for _ in range(600):
            if path.exists() and path.read_text().count("\n"):
                return int(path.read_text().split("\n")[0])
            if self.process.poll() is not None:
                raise BrowserError(f"chromium ended with {self.process.returncode}")
            time.sleep(0.05)
        raise BrowserError("chromium did not open its port in 30 seconds")

    def page(self):
        """A new tab."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Page(json.load(answer)["webSocketDebuggerUrl"])

    def __exit__(self, *_):
        try:
            # Chromium's children are in its session's process group.
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Page:
    """One tab: commands, and the events that came meanwhile."""

    def __init__(self, url):
        self.socket = WebSocket(url)
        self.number = 0
        self.events = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.command(f"{domain}.enable")

    def command(self, method, **parameters):
        """Runs a command and returns its result."""
        self.number += 1
        number = self.number
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        end = time.monotonic() + 60
        while time.monotonic() < end:
            message = self._next(end - time.monotonic())
            if message is None or message.get("id") != number:
                continue
            if "error" in message:
                raise BrowserError(f"{method}: {message['error']['message']}")
            return message["result"]
        raise BrowserError(f"{method}: no answer in 60 seconds")

    def _next(self, timeout):
        text = self.socket.receive(timeout)
        if text is None:
            return None
        message = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message

    def listen(self, seconds):
        """Collects events for a time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._next(end - time.monotonic())

    def take_events(self):
        """The events since the last call."""
        taken, self.events = self.events, []
        return taken

    def evaluate(self, expression):
        """The value of a JavaScript expression; promises are waited for."""
        result = self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            text = details.get("exception", {}).get("description", details.get("text"))
            raise BrowserError(f"{text} in {expression[:120]}")
        return result["result"].get("value")

    def wait_for(self, expression, seconds=20, what=None):
        """Waits until an expression is true, and returns its value."""
        end = time.monotonic() + seconds
        while True:
            value = self.evaluate(expression)
            if value:
                return value
            if time.monotonic() > end:
                raise BrowserError(f"waited {seconds} s for {what or expression}")
            self.listen(0.1)

    def resize(self, width, height, scale=1):
        """Sets the size of the window in CSS pixels."""
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=height,
                     deviceScaleFactor=scale, mobile=False)

    def prefer(self, theme, motion="no-preference"):
        """Sets what the system prefers: `light` or `dark`."""
        self.command("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": theme},
            {"name": "prefers-reduced-motion", "value": motion}])

    def go(self, url):
        """Opens an address and waits until it is loaded."""
        self.command("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete'")

    def press(self, key, code=None, text=None):
        """Presses a key and lets go of it."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowLeft": 37, "ArrowUp": 38,
                 "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35}
        common = {"key": key, "code": code or key, "windowsVirtualKeyCode": codes.get(key, 0)}
        if key == "Enter":
            text = "\r"
        self.command("Input.dispatchKeyEvent", type="keyDown", **common,
                     **({"text": text} if text else {}))
        self.command("Input.dispatchKeyEvent", type="keyUp", **common)

    def screenshot(self, path):
        """Writes a PNG of the window."""
        data = self.command("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))
