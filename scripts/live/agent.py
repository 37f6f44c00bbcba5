"""The agent of a made-up machine, in a process of its own: start, write to its log, kill."""
import os
import signal
import subprocess


class Agent:
    """One agent with its state folder and its kernel's log; may be started again."""

    def __init__(self, command, node, port, token_file, folder):
        self.node = node
        self.log = os.path.join(folder, "kernel.log")
        self.talk = os.path.join(folder, "talk")
        self.process = None
        self.lines = 0
        for name in ("root/sys", "root/proc"):
            os.makedirs(os.path.join(folder, name))
        open(self.log, "w").close()
        self.command = list(command) + [
            "--control-plane", "http://127.0.0.1:%d" % port, "--token-file", token_file,
            "--node", node, "--kernel-log", self.log, "--root", os.path.join(folder, "root"),
            "--nvml", "none", "--state-folder", os.path.join(folder, "state"), "--interval", "5"]

    def has_begun(self):
        """Whether it knows where its log began: what was written earlier is nobody's."""
        try:
            # Its first memory has no place of the log; the one after that has.
            with open(os.path.join(os.path.dirname(self.log), "state/spill"), "rb") as memory:
                return len(memory.read()) > 38
        except OSError:
            return False

    def start(self):
        with open(self.talk, "ab") as talk:
            self.process = subprocess.Popen(self.command, stdout=talk, stderr=talk,
                                            stdin=subprocess.DEVNULL)

    def write(self, text):
        """One line of the kernel."""
        self.lines += 1
        with open(self.log, "a") as file:
            file.write("[%12.6f] %s\n" % (100 + self.lines, text))

    def kill(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
