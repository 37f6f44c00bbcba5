"""What must hold of repairs, whatever is killed: judged by what a control plane answers alone."""
import re
import time

from load import fail

# What asks for no proof.
HARMLESS = ("nothing", "restart", "watch")
# Nobody is asked for this: it begins by itself.
WAITS = "as many repairs as may run"
OUT = ("draining", "quarantined", "repairing", "proving")
MOVE = re.compile(r"^(?:device (\d+): )?(.+) → (.+) \((\w+)")


def is_for_people(part):
    """Whether a node or device waits for somebody to do something."""
    return bool(part["held"]) and not part["held"].startswith(WAITS)


class Fault:
    """What was told of a node, and may be in the ledger once."""

    def __init__(self, node, code, line, way):
        self.node, self.code, self.line, self.way = node, code, line, way
        self.is_acknowledged = False
        self.seen_at = None


class Judge:
    """Looks at one control plane again and again, over all its lives."""
    # The longest operation of the check takes three seconds, and a node pauses for four.
    BOUND = 60

    def __init__(self, plane):
        self.plane = plane
        self.faults = []
        self.out = {}
        # Where nodes are by the events, which come at once; readers' health is up to a second old.
        self.states = {}
        self.working = {}
        # When the last test began that could prove a node or a device.
        self.proofs = {}
        self.stuck = {}
        self.events = {}
        self.cursor = 0
        self.time = ""
        self.returns = []
        self.counts = {"looks": 0, "returns": 0, "operations gone on with": 0}

    def get(self, path):
        status, answer = self.plane.call("GET", path)
        if status != 200:
            raise OSError("%s answered %d" % (path, status))
        return answer

    def health(self):
        return {node["node"]: node for node in self.get("/v1/health")["out"]}

    # Before and after a life of the control plane.

    def begin_life(self):
        """The same operations go on under their numbers, and what was told once stands."""
        before, self.out, self.stuck = self.out, self.health(), {}
        for name, node in before.items():
            for operation in node["operations"]:
                now = self.out.get(name)
                since = self.since(node, operation["device"])
                if not since or not now or self.since(now, operation["device"]) != since:
                    continue
                if operation["id"] not in [each["id"] for each in now["operations"]]:
                    fail("%s: operation %d became %s" % (
                        name, operation["id"], now["operations"]))
                self.counts["operations gone on with"] += 1
        for event in self.get("/v1/events?after=%d&limit=1000" % max(0, self.cursor - 200))["events"]:
            known = self.events.get(event["id"])
            if known not in (None, event["text"]):
                fail("event %d was '%s' and is '%s'" % (event["id"], known, event["text"]))

    @staticmethod
    def since(node, device):
        """Since when a node or its device is in its state; None where that is not told."""
        if device is None:
            return node["state"], node["since"]
        return next(((each["state"], each["since"]) for each in node["devices"]
                     if each["index"] == device), None)

    def look(self):
        """Compares what several answers say of one moment."""
        self.read_events()
        self.find_workers()
        before = self.health()
        machines = self.get("/v1/hardware?limit=10000")["machines"]
        after = self.health()
        self.counts["looks"] += 1
        for machine in machines:
            name = machine["node"]
            if name not in before and name not in after and machine["open"]:
                fail("%s is in service with %s" % (name, machine["open"]))
        self.find_stuck(after)
        self.out = after
        return after

    def find_workers(self):
        """No node takes work while it is out. An event may be a moment earlier than the list."""
        states = dict(self.states)
        nodes = self.get("/v1/nodes")["nodes"]
        self.read_events()
        for node in nodes:
            name = node["name"]
            state = states.get((name, None))
            if state in OUT and state == self.states.get((name, None)) and node["state"] == "ready":
                self.working[name] = self.working.get(name, 0) + 1
                if self.working[name] == 5:
                    fail("%s is %s and takes work" % (name, state))
            else:
                self.working[name] = 0

    def find_stuck(self, out):
        """Nothing stands still: neither an operation nor a node that waits for none and nobody."""
        now, held = time.monotonic(), {}
        for name, node in out.items():
            for operation in node["operations"]:
                held[name, operation["id"]] = operation["what"]
            parts = [node] + node["devices"]
            if not node["operations"] and not any(is_for_people(part) for part in parts):
                held[name, node["since"]] = node["state"]
        self.stuck = {key: self.stuck.get(key, now) for key in held}
        for key, since in self.stuck.items():
            # A suspect that nobody can test at once waits for that, and takes work.
            if now - since > self.BOUND and held[key] != "suspect":
                fail("%s stands still: %s, for %d s" % (key[0], held[key], now - since))
                self.stuck[key] = now

    def read_events(self):
        while True:
            page = self.get("/v1/events?after=%d&limit=1000" % self.cursor)["events"]
            for event in page:
                self.events[event["id"]] = event["text"]
                self.cursor = event["id"]
                if event["at"] < self.time:
                    fail("event %d is of %s, and comes after one of %s" % (
                        event["id"], event["at"], self.time))
                self.time = event["at"]
                found = MOVE.match(event["text"]) if event["kind"] == "health" else None
                if not found:
                    continue
                self.states[event["node"], found.group(1)] = found.group(3)
                if found.group(3) in ("proving", "qualifying"):
                    self.proofs[event["node"], found.group(1)] = event["at"]
                if found.group(3) == "in service":
                    self.returns.append((event["node"], found.group(2), event["at"]))
            if not page:
                break
        while self.returns:
            name, origin, at = self.returns[0]
            if origin not in ("proving", "qualifying", "suspect", "unqualified"):
                fail("%s came from %s into service at %s" % (name, origin, at))
            self.check_trust(name)
            self.returns.pop(0)
            self.counts["returns"] += 1

    # The ledger.

    def check_trust(self, name):
        """Whatever of a node is in service has passed a loaded test since its last fault."""
        before = self.health().get(name)
        machine = self.get("/v1/hardware/" + name)
        after = self.health().get(name)
        if before != after or (after and after["state"] in OUT):
            return
        out = {device["index"] for device in after["devices"]} if after else set()
        for part in [machine] + machine["parts"]:
            if part.get("index") in out or (after and after["held"]):
                continue
            others = set() if part is not machine else {
                (fault["time"], fault["cause"])
                for device in machine["parts"] for fault in device["faults"]}
            last = max((fault["time"] for fault in part["faults"]
                        if fault["action"] not in HARMLESS
                        and (fault["time"], fault["cause"]) not in others), default=None)
            if last is None:
                continue
            passed = [test["time"] for test in part["tests"] if test["verdict"] == "passed"]
            what = "%s, part %s" % (name, part.get("index", "node"))
            # A job that fails there later takes a proof away; the test stands.
            proved = part["provedAt"] or max(passed, default="")
            if proved <= last or max(passed, default="") <= last:
                fail("%s is trusted: fault at %s, proof at %s, passed at %s" % (
                    what, last, part["provedAt"], passed))
                continue
            begun = max(self.proofs.get((name, None), ""),
                        self.proofs.get((name, str(part.get("index"))), ""))
            if begun < last:
                fail("%s is trusted for a proof begun at %s, before the fault at %s" % (
                    what, begun, last))

    def find_faults(self, name):
        """Notes which faults of a node have arrived, each of them once."""
        told = [fault for fault in self.faults if fault.node == name]
        machine = self.get("/v1/hardware/" + name)
        # A machine has those of its devices, too.
        found = [fault["cause"] for fault in machine["faults"]]
        for code in {fault.code for fault in told}:
            mine = [fault for fault in told if fault.code == code]
            count = found.count("XID %d" % code)
            if count > len(mine):
                fail("%s: XID %d was told %d times and is there %d times" % (
                    name, code, len(mine), count))
            for fault in mine[:count]:
                fault.seen_at = fault.seen_at or time.monotonic()
        return machine
