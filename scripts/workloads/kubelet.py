"""What kubelets and the garbage collector's patience would do, for nodes without machines."""
import threading
import time

import api

RUN = "test/run-seconds"


class Kubelet:
    """Runs bound pods: they are Running at once, end as their annotations say, and go when they
    are deleted. One thread; `stop` ends it."""

    def __init__(self, cluster):
        self.connection = cluster.connect()
        self.began = {}
        self.ending = threading.Event()
        self.failing = set()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def fail(self, name):
        """The pod ends badly."""
        self.failing.add(name)

    def run(self):
        while not self.ending.is_set():
            try:
                status, answer = self.connection.call("GET", "/api/v1/pods?limit=5000")
                for pod in answer["items"] if status == 200 else []:
                    self.look(pod)
            except OSError:
                pass
            time.sleep(0.1)

    def look(self, pod):
        metadata = pod["metadata"]
        path = "/api/v1/namespaces/%s/pods/%s" % (metadata["namespace"], metadata["name"])
        if metadata.get("deletionTimestamp"):
            self.connection.call("DELETE", path, {"gracePeriodSeconds": 0})
            return
        phase = pod["status"].get("phase")
        if not pod["spec"].get("nodeName") or phase in ("Succeeded", "Failed"):
            return
        uid = metadata["uid"]
        if phase != "Running":
            self.began[uid] = time.monotonic()
            self.patch(path, {"phase": "Running", "conditions": [
                {"type": "Ready", "status": "True"}, {"type": "ContainersReady", "status": "True"}]})
            return
        limit = float(metadata.get("annotations", {}).get(RUN, "inf"))
        if metadata["name"] in self.failing:
            self.patch(path, self.ended("Failed", 1))
        elif time.monotonic() - self.began.setdefault(uid, time.monotonic()) >= limit:
            self.patch(path, self.ended("Succeeded", 0))

    @staticmethod
    def ended(phase, code):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return {"phase": phase, "containerStatuses": [
            {"name": "main", "image": "none", "imageID": "none", "ready": False,
             "restartCount": 0, "state": {"terminated": {
                 "exitCode": code, "startedAt": now, "finishedAt": now}}}]}

    def patch(self, path, status):
        self.connection.call("PATCH", path + "/status", {"status": status}, api.MERGE)

    def stop(self):
        self.ending.set()
        self.thread.join()
        self.connection.close()
