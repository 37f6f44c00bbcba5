"""Users of a control plane that is killed: what they ask for and what they were promised."""
import threading
import time

FAILURES = []


def fail(text):
    FAILURES.append(text)
    print("FAILED: " + text, flush=True)


class Load:
    """Users who submit, cancel and hold jobs, and remember what was acknowledged."""

    def __init__(self, plane, random_source):
        self.plane = plane
        self.random = random_source
        self.acknowledged = {}
        self.unsure = []
        self.cancelled = {}
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.count = 0
        self.allowed = 0

    def document(self, number):
        draw = self.random.random()
        urgent = draw < 0.3
        job = {"name": "job-%d" % number, "gpus": self.random.choice([1, 1, 2, 4]),
               "members": self.random.choice([1, 1, 1, 2, {"min": 1, "max": 3}]),
               "preemptible": not urgent,
               "priority": 100 if urgent else 0, "grace": "2s",
               "retries": {"application": 3}, "minimumRunTime": "0s"}
        seconds = self.random.uniform(0.05, 0.6)
        if self.plane.backend == "local":
            job["command"] = [
                "/bin/sh", "-c",
                # Without another process, which a signal to the group would end as well.
                'w() { read t _ < /proc/uptime; '
                'echo "$1 $MUSTER_JOB $MUSTER_ATTEMPT $RANK $t" >> "$0"; }; '
                "trap 'w end; exit 143' TERM; w start; sleep %.2f & wait $!; w end" % seconds,
                self.plane.starts]
        else:
            job["runTime"] = "%ds" % int(seconds * 600)
        return job

    def run(self):
        while not self.stop.is_set():
            if self.count >= self.allowed:
                time.sleep(0.01)
                continue
            with self.lock:
                number = self.count
                self.count += 1
                repeated = self.unsure.pop() if self.unsure and self.random.random() < 0.5 else None
                document = repeated or self.document(number)
            key = document["name"]
            try:
                status, answer = self.plane.call("POST", "/v1/jobs", document, key)
                if status in (200, 201):
                    with self.lock:
                        known = self.acknowledged.get(key)
                        if known is not None and known != answer["id"]:
                            fail("the key %s became jobs %d and %d" % (key, known, answer["id"]))
                        self.acknowledged[key] = answer["id"]
                elif status not in (429, 503):
                    fail("submit answered %d: %s" % (status, answer))
                if self.random.random() < 0.15 and self.acknowledged:
                    with self.lock:
                        job = self.random.choice(list(self.acknowledged.values()))
                    action = self.random.choice(["cancel", "hold", "release"])
                    status, _ = self.plane.call("POST", "/v1/jobs/%d/%s" % (job, action), {})
                    if action == "cancel" and status == 202:
                        self.cancelled[job] = time.clock_gettime(time.CLOCK_BOOTTIME)
            except OSError:
                with self.lock:
                    self.unsure.append(document)
                time.sleep(0.02)
            time.sleep(self.random.uniform(0, 0.08))


def wait_for_all(plane, load):
    """Releases and waits until every job is over; gives all of them by number."""
    deadline = time.monotonic() + 600
    while True:
        status, open_jobs = plane.call("GET", "/v1/jobs?state=active&limit=1000")
        if status != 200:
            fail("the list of jobs answered %d" % status)
            return {}
        if not open_jobs["jobs"]:
            break
        for job in open_jobs["jobs"]:
            if job["held"]:
                plane.call("POST", "/v1/jobs/%d/release" % job["id"], {})
        if time.monotonic() > deadline:
            fail("jobs are not over after 600 s: %s" % [
                (job["id"], job["state"], job["reason"]) for job in open_jobs["jobs"][:5]])
            break
        time.sleep(0.3)
    jobs = {}
    cursor = ""
    while True:
        status, page = plane.call("GET", "/v1/jobs?limit=1000" + cursor)
        for job in page["jobs"]:
            jobs[job["id"]] = job
        if not page["next"]:
            return jobs
        cursor = "&cursor=" + page["next"]
