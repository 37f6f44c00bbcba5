"""Processes of a test cluster: started with a log, known by id and birth, ended for certain."""
import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None, use_errno=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent():
    """For a child before it becomes another program: the kernel kills it when its parent ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def adopt_orphans():
    """What descendants leave behind becomes ours, so that reap() can collect it."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)


def start(command, log, bound):
    """Starts a server in a session of its own; `bound` ties its life to this process."""
    with open(log, "ab") as file:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                start_new_session=True, cwd=os.path.dirname(log),
                                preexec_fn=die_with_parent if bound else None)


def listens(pid, port):
    """Whether the process itself has the port of 127.0.0.1, and not another one that was faster."""
    with open("/proc/net/tcp") as file:
        rows = [line.split() for line in file]
    sockets = {"socket:[%s]" % row[9] for row in rows
               if row[1] == "0100007F:%04X" % port and row[3] == "0A"}
    folder = "/proc/%d/fd" % pid
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            with contextlib.suppress(OSError):
                if os.readlink(os.path.join(folder, name)) in sockets:
                    return True
    return False


def birth(pid):
    """When the process began, in clock ticks since the machine did; None when it is no more.

    With the id it names one process: the kernel gives ids out again.
    """
    try:
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def kill(known, seconds=10):
    """Ends processes given as (pid, birth) and waits until they have; strangers are left alone."""
    deadline = time.monotonic() + seconds
    remaining = [(pid, born) for pid, born in known if born and birth(pid) == born]
    for pid, _ in remaining:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while remaining and time.monotonic() < deadline:
        time.sleep(0.01)
        reap()
        remaining = [(pid, born) for pid, born in remaining if birth(pid) == born]


def stop_descendants(spared, seconds=10):
    """Ends what this process and its children started, but for some ids: asks, waits, kills."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        told = set()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            reap()
            found = descendants(os.getpid()) - spared
            if not found:
                return
            for pid in found - told:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            told |= found
            time.sleep(0.01)


def descendants(root):
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(name))
    found, queue = set(), [root]
    while queue:
        for child in children.get(queue.pop(), ()):
            found.add(child)
            queue.append(child)
    return found


def peak_mib(pid):
    """The most memory that a process has had at a time, in MiB."""
    with open("/proc/%d/status" % pid) as file:
        for line in file:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    return 0


def reap():
    """Collects children that have ended, which would otherwise stay in the process table."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
