#!/usr/bin/env python3
"""A gang that trains nothing, with a right answer: a ring all-reduce over plain sockets.

Every member adds numbers that depend on its rank and the step; a ring of sockets sums them up, as
NCCL does for gradients. What must come out is known in closed form, so that a step lost or done
twice shows. It keeps Muster's contract (docs/LOCAL.md): a checkpoint every few steps, one more and
exit code 0 after SIGTERM, resumption, a heartbeat, and exit codes that say what went wrong.

Standard library only. Also runs below mpirun, which numbers the processes itself.
"""

import argparse
import hashlib
import json
import os
import signal
import socket
import struct
import sys
import time

PRIME = (1 << 61) - 1
RETRY = 75  # a peer is gone: the same job may well succeed the next time
NEVER = 78  # the job is not what the checkpoint belongs to: no retry can mend that


def setting(*names, default=None):
    for name in names:
        if name in os.environ:
            return os.environ[name]
    return default


RANK = int(setting("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "RANK", default="0"))
SIZE = int(setting("OMPI_COMM_WORLD_SIZE", "WORLD_SIZE", default="1"))
ADDRESS = setting("MASTER_ADDR", default="127.0.0.1")
PORT = int(setting("MASTER_PORT", default="29500"))


def say(text):
    print(f"[{RANK}] {text}", flush=True)


# Messages: a length, then as many bytes.

def send(peer, data):
    peer.sendall(struct.pack("!I", len(data)) + data)


def receive(peer):
    def exactly(count):
        data = b""
        while len(data) < count:
            part = peer.recv(count - len(data))
            if not part:
                raise ConnectionError("a peer has closed its connection")
            data += part
        return data

    return exactly(struct.unpack("!I", exactly(4))[0])


class Ring:
    """This member's connections: from the one before it, and to the next."""

    def __init__(self, timeout):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(timeout)
        ports = self.exchange(listener.getsockname()[1], timeout)
        self.next = connect("127.0.0.1", ports[(RANK + 1) % SIZE], timeout)
        self.before, _ = listener.accept()
        for peer in (self.next, self.before):
            peer.settimeout(timeout)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.close()

    @staticmethod
    def exchange(port, timeout):
        """Rank 0 gathers everybody's port and tells all."""
        if RANK != 0:
            with connect(ADDRESS, PORT, timeout) as first:
                send(first, json.dumps([RANK, port]).encode())
                return json.loads(receive(first))
        ports, peers = {0: port}, []
        with socket.create_server((ADDRESS, PORT)) as meeting:
            meeting.settimeout(timeout)
            while len(ports) < SIZE:
                peer, _ = meeting.accept()
                peer.settimeout(timeout)
                rank, theirs = json.loads(receive(peer))
                ports[rank] = theirs
                peers.append(peer)
        table = [ports[rank] for rank in range(SIZE)]
        for peer in peers:
            send(peer, json.dumps(table).encode())
            peer.close()
        return table

    def pass_on(self, numbers):
        """Hands numbers to the next member and takes those of the one before."""
        data = struct.pack(f"!{len(numbers)}Q", *numbers)
        # Small enough for the sockets' buffers, so that all may send before any receives.
        send(self.next, data)
        data = receive(self.before)
        return list(struct.unpack(f"!{len(data) // 8}Q", data))

    def all_reduce(self, numbers):
        """The sum over all members, in 2 (n - 1) steps of a part each."""
        if SIZE == 1:
            return numbers
        bounds = [len(numbers) * part // SIZE for part in range(SIZE + 1)]
        parts = [numbers[bounds[p]:bounds[p + 1]] for p in range(SIZE)]
        for step in range(SIZE - 1):
            taken = (RANK - step - 1) % SIZE
            theirs = self.pass_on(parts[(RANK - step) % SIZE])
            parts[taken] = [(a + b) % PRIME for a, b in zip(parts[taken], theirs)]
        for step in range(SIZE - 1):
            parts[(RANK - step) % SIZE] = self.pass_on(parts[(RANK + 1 - step) % SIZE])
        return [number for part in parts for number in part]

    def broadcast(self, value):
        """Rank 0's value, for everybody."""
        if SIZE == 1:
            return value
        if RANK != 0:
            value = json.loads(receive(self.before))
        if RANK != SIZE - 1:
            send(self.next, json.dumps(value).encode())
        return value


def connect(address, port, timeout):
    """A connection, however late the other side comes up."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return socket.create_connection((address, port), timeout=timeout)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


# Checkpoints: whole or absent, and checked before they are believed.

def write_file(path, text):
    with open(path + ".new", "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)


def digest(step, weights):
    return hashlib.sha256(json.dumps([SIZE, step, weights]).encode()).hexdigest()


def save(folder, step, weights):
    state = {"size": SIZE, "step": step, "weights": weights, "digest": digest(step, weights)}
    write_file(os.path.join(folder, f"step-{step:09d}.json"), json.dumps(state))
    # The one before stays: should this one turn out broken, there is another.
    for name in checkpoints(folder)[:-2]:
        os.remove(os.path.join(folder, name))


def checkpoints(folder):
    return sorted(n for n in os.listdir(folder) if n.startswith("step-") and n.endswith(".json"))


def load(folder):
    for name in reversed(checkpoints(folder)):
        try:
            with open(os.path.join(folder, name)) as file:
                state = json.load(file)
            if state["size"] != SIZE:
                say(f"{name} is of {state['size']} members, not of {SIZE}")
                return {"step": -1}
            if state["digest"] == digest(state["step"], state["weights"]):
                return state
            say(f"{name} is damaged")
        except (OSError, ValueError, KeyError) as error:
            say(f"{name} cannot be read: {error}")
    return {"step": 0, "weights": None}


def answer(length, steps):
    """Every weight after so many steps, in closed form."""
    factor = (steps * (steps + 1) // 2) * (SIZE * (SIZE + 1) // 2)
    return [(index + 7) * factor % PRIME for index in range(length)]


def train(options, folder):
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    ring = Ring(options.timeout)
    state = ring.broadcast(load(folder) if RANK == 0 else None)
    if state["step"] < 0:
        return NEVER
    step, weights = state["step"], state["weights"] or [0] * options.length
    kept = step
    say(f"member {RANK} of {SIZE} begins at step {step}")
    progress = setting("MUSTER_PROGRESS_FILE")
    while step < options.steps:
        own = [(RANK + 1) * (step + 1) * (i + 7) % PRIME for i in range(options.length)]
        # The last number is a vote: members hear of their signals at different steps, and must
        # stop at the same one.
        total = ring.all_reduce(own + [len(told[:1])])
        weights = [(a + b) % PRIME for a, b in zip(weights, total)]
        step += 1
        is_told = total[-1] > 0
        if RANK == 0:
            if is_told or step % options.every == 0 or step == options.steps:
                save(folder, step, weights)
                kept = step
            if progress:
                write_file(progress, f"{step} {kept}\n")
        if is_told:
            say(f"stops at step {step}")
            return 0
        time.sleep(options.pause)
    if weights != answer(options.length, options.steps):
        say("WRONG: the sums are not what they must be")
        return 1
    say(f"right after {step} steps: {digest(step, weights)[:16]}")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=300, help="steps in all")
    parser.add_argument("--every", type=int, default=10, help="steps between two checkpoints")
    parser.add_argument("--length", type=int, default=1024, help="numbers to sum in each step")
    parser.add_argument("--pause", type=float, default=0.1, help="seconds after each step")
    parser.add_argument("--timeout", type=float, default=60, help="seconds to wait for a peer")
    options = parser.parse_args()
    folder = setting("MUSTER_CHECKPOINT_DIR", default=".")
    os.makedirs(folder, exist_ok=True)
    try:
        return train(options, folder)
    except (ConnectionError, socket.timeout) as error:
        say(f"a peer is gone: {error}")
        return RETRY


if __name__ == "__main__":
    sys.exit(main())
