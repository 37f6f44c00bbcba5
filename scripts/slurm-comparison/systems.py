"""Slurm and Muster on one machine: started, given jobs, and ended by the ids of their processes."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time

PLACES = 8
STAMP = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **words) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const char *job = getenv("MUSTER_JOB");
    if (!job) job = getenv("SLURM_JOB_ID");
    char line[128];
    int length = snprintf(line, sizeof line, "%s %lld\n", job ? job : "?",
                          now.tv_sec * 1000000000LL + now.tv_nsec);
    int file = open(STAMPS, O_WRONLY | O_APPEND | O_CREAT, 0600);
    return file < 0 || write(file, line, length) != length;
}
"""

SLURM_CONF = """
ClusterName=compare
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={daemon}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
MaxJobCount=20000
ReturnToService=2
{tuning}
NodeName={host} NodeAddr=127.0.0.1 CPUs={places} RealMemory=1000 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""

# The second row: scheduling at once on every submission and end, no gathering of events.
TUNED = (
    "SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,"
    "bf_interval=1,default_queue_depth=1000,sched_max_job_start=0\n"
    "EpilogMsgTime=0\n"
    "CompleteWait=0\n"
    "PriorityType=priority/basic")


class Failure(Exception):
    """Something did not come up, or a job was lost."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_until(condition, what, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(0.005)


class Stamps:
    """The file that the jobs write to, read as it grows."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "stamps")
        self.program = os.path.join(folder, "stamp")
        self.offset = 0
        self.starts = {}
        open(self.path, "w").close()
        source = os.path.join(folder, "stamp.c")
        with open(source, "w") as file:
            file.write(STAMP)
        compiler = next((c for c in ("cc", "gcc", "clang") if shutil.which(c)), None)
        if compiler is None:
            raise Failure("no C compiler (cc, gcc or clang)")
        subprocess.run(
            [compiler, "-O1", f'-DSTAMPS="{self.path}"', "-o", self.program, source], check=True)

    def read(self):
        with open(self.path) as file:
            file.seek(self.offset)
            text = file.read()
        whole = text[:text.rfind("\n") + 1]
        self.offset += len(whole)
        for line in whole.splitlines():
            job, at = line.split()
            if job in self.starts:
                raise Failure(f"job {job} started twice")
            self.starts[job] = int(at)
        return self.starts

    def forget(self):
        self.read()
        self.starts = {}


class Processes:
    """What this script started, ended by id in reverse order."""

    def __init__(self):
        self.children = []

    def start(self, words, **options):
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        self.children.append(child)
        return child

    def stop(self):
        for child in reversed(self.children):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.children = []


class Slurm:
    """Slurm of one node, with its own munge, in a folder of its own."""

    def __init__(self, folder, name, tuning, stamps):
        self.name = name
        self.folder = folder
        self.stamps = stamps
        self.processes = Processes()
        for name in ("state", "spool"):
            os.mkdir(os.path.join(folder, name), 0o755)
        self.script = os.path.join(folder, "job")
        with open(self.script, "w") as file:
            file.write(f"#!{stamps.program}\n")
        self.host = socket.gethostname().split(".")[0]
        self.conf = os.path.join(folder, "slurm.conf")
        with open(self.conf, "w") as file:
            file.write(SLURM_CONF.format(
                folder=folder, host=self.host, controller=free_port(), daemon=free_port(),
                places=PLACES, tuning=tuning))
        self.environment = {**os.environ, "SLURM_CONF": self.conf}

    def start(self):
        key = os.path.join(self.folder, "munge.key")
        with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o400), "wb") as file:
            file.write(os.urandom(128))
        paths = {
            "socket": "munge.socket", "log-file": "munged.log", "pid-file": "munged.pid",
            "seed-file": "munged.seed"}
        self.daemon(
            ["munged", "--foreground", "--force", f"--key-file={key}"]
            + [f"--{name}={self.folder}/{file}" for name, file in paths.items()])
        wait_until(lambda: os.path.exists(f"{self.folder}/munge.socket"), "munged")
        self.daemon(["slurmctld", "-D", "-c", "-f", self.conf])
        self.daemon(["slurmd", "-D", "-N", self.host, "-f", self.conf])
        wait_until(lambda: self.ask("sinfo", "-h", "-o", "%t").strip() == "idle", "slurmd")

    def daemon(self, words):
        path = shutil.which(words[0], path="/usr/sbin:/usr/bin:" + os.environ.get("PATH", ""))
        self.processes.start(
            [path] + words[1:], env=self.environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)

    def ask(self, *words):
        return subprocess.run(
            words, env=self.environment, capture_output=True, text=True).stdout

    def submit(self):
        done = subprocess.run(
            ["sbatch", "--parsable", "--ntasks=1", "--output=/dev/null", "--chdir=/",
             self.script],
            env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"sbatch: {done.stderr.strip()}")
        return done.stdout.strip().split(";")[0]

    def stop(self):
        self.processes.stop()


class SlurmRun(Slurm):
    """The same by `srun`, for which Slurm looks for a place at once; a batch job waits for the
    next turn of the controller's loop, a second at best."""

    count = 0

    def submit(self):
        self.count += 1
        job = f"run-{self.count}"
        self.processes.start(
            ["srun", "--ntasks=1", "--chdir=/", self.stamps.program],
            env={**self.environment, "MUSTER_JOB": job}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        return job


class Muster:
    """`muster up` on this machine with virtual devices; submits over HTTP or by its command."""

    def __init__(self, folder, program, by_command, stamps):
        self.name = "Muster, muster submit" if by_command else "Muster, HTTP keep-alive"
        self.folder = folder
        self.program = program
        self.by_command = by_command
        self.stamps = stamps
        self.port = free_port()
        self.processes = Processes()
        self.connection = None

    def start(self):
        data = os.path.join(self.folder, "data")
        with open(os.path.join(self.folder, "muster.log"), "wb") as log:
            child = self.processes.start(
                [self.program, "up", "--backend", "local", "--devices", str(PLACES), "--data",
                 data, "--listen", f"127.0.0.1:{self.port}"], stdout=log, stderr=log)

        def is_ready():
            if child.poll() is not None:
                with open(os.path.join(self.folder, "muster.log")) as file:
                    raise Failure(f"muster up ended with {child.returncode}:\n{file.read()}")
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/readyz")
                return connection.getresponse().status == 200
            except OSError:
                return False

        wait_until(is_ready, "muster up", 60)
        with open(os.path.join(data, "admin.token")) as file:
            self.token = file.read().strip()
        self.environment = {
            **os.environ, "MUSTER_TOKEN": self.token,
            "MUSTER_SERVER": f"http://127.0.0.1:{self.port}"}
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.body = json.dumps(
            {"name": "stamp", "gpus": 1, "command": [self.stamps.program]}).encode()
        self.headers = {
            "Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}

    def submit(self):
        if self.by_command:
            done = subprocess.run(
                [self.program, "submit", "--name", "stamp", "--gpus", "1", "--json", "--",
                 self.stamps.program], env=self.environment, capture_output=True, text=True)
            if done.returncode != 0:
                raise Failure(f"muster submit: {done.stderr.strip()}")
            return str(json.loads(done.stdout)["id"])
        self.connection.request("POST", "/v1/jobs", self.body, self.headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status != 201:
            raise Failure(f"POST /v1/jobs: {answer.status} {text[:500]!r}")
        return str(json.loads(text)["id"])

    def stop(self):
        if self.connection:
            self.connection.close()
        self.processes.stop()
