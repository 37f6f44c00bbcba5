"""Runs Muster with the rights of the manifests and no others."""
import os
import shutil
import tempfile
import time

from cluster import Cluster
import nodes
import tenancy
from plane import Plane

# The test cluster's user without rights of its own; it gets those of the service account.
USER = "muster"
WAIT_SECONDS = 60
DENIALS = ("forbidden", "is not followed", "cannot ")


def lend(connection):
    """The roles of the account, for the user as well."""
    group = "rbac.authorization.k8s.io"
    for kind, roles, place in (("ClusterRole", ("muster-read", "muster-act"), ""),
                               ("Role", ("muster-lease",), "namespaces/muster/")):
        for role in roles:
            connection.call(
                "POST", "/apis/%s/v1/%s%sbindings" % (group, place, kind.lower()), {
                    "metadata": {"name": "user-" + role},
                    "roleRef": {"apiGroup": group, "kind": kind, "name": role},
                    "subjects": [{"apiGroup": group, "kind": "User", "name": USER}]})


def pod(name, gpus):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {
        "schedulerName": "muster", "containers": [{
            "name": "main", "image": "none", "resources": {
                "limits": {"nvidia.com/gpu": str(gpus)}}}]}}


def wait_for(connection, path, is_right):
    """The object once it is right; else as it was at last."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        _, answer = connection.call("GET", path)
        if is_right(answer) or time.monotonic() > deadline:
            return answer
        time.sleep(0.1)


def waits(answer):
    return [each for each in answer["status"].get("conditions", [])
            if each["type"] == "PodScheduled" and each["status"] == "False"]


def accepted(answer):
    """The condition that says whether a Tenant or a Topology counts; empty before it is there."""
    return next((each for each in answer.get("status", {}).get("conditions", [])
                 if each["type"] == "Accepted"), {})


def check_objects(expect, connection):
    """Tenants and topologies are told whether they count. Some are there from before."""
    tenants = tenancy.place("tenants")
    connection.call("POST", tenants, tenancy.body("Tenant", "counts", {"namespaces": ["default"]}))
    counts = wait_for(connection, tenants + "/counts",
                      lambda seen: seen.get("status", {}).get("tenant") == "counts")
    # The pod that runs came before it, and stays what it was.
    expect(accepted(counts).get("status") == "True" and counts["status"].get("running") == 0,
           "a tenant is told that it counts, and what it uses", counts.get("status"))
    # Its parent is nobody.
    lost = wait_for(connection, tenants + "/good-1", lambda seen: accepted(seen).get("reason")
                    == "UnknownParent")
    expect(accepted(lost).get("status") == "False", "a tenant that cannot count is told why",
           accepted(lost).get("message"))
    topology = wait_for(connection, tenancy.place("topologies") + "/good-0", lambda seen: accepted(
        seen).get("reason") == "InForce")
    expect(accepted(topology).get("status") == "True", "a topology is told that it counts",
           accepted(topology).get("message"))
    events = "/api/v1/events?fieldSelector=involvedObject.name="
    for kind, name, reason in (("Tenant", "good-1", "UnknownParent"),
                               ("Topology", "good-1", "NotUsed")):
        seen = wait_for(connection, events + name + ",reason=" + reason,
                        lambda answer: answer["items"])["items"]
        expect(any(each["involvedObject"]["kind"] == kind for each in seen),
               "an event of the %s says so" % kind, seen[0]["message"] if seen else "")


def check(expect, connection, program):
    """One pod that fits is bound, one that does not is told so, and nothing was denied."""
    lend(connection)
    # Those that were made to be taken are guaranteed more than there is.
    for index, spec in enumerate(tenancy.GOOD_TENANTS):
        if "quota" in spec or "cells" in spec:
            connection.call("DELETE", "%s/good-%d" % (tenancy.place("tenants"), index))
    folder = os.environ["MUSTER_KUBE_FOLDER"]
    nodes.create(Cluster.load(folder), 2, 8)
    data = tempfile.mkdtemp(prefix="muster-manifests-")
    log = os.path.join(data, "log")
    plane = Plane(program, os.path.join(data, "data"), [
        "--backend", "kubernetes", "--kubeconfig", os.path.join(folder, "muster.kubeconfig"),
        "--log-level", "debug"], log)
    try:
        plane.start()
        if not expect(plane.wait_ready(), "runs with the rights of the roles alone"):
            with open(log) as file:
                print(file.read())
            return
        pods = "/api/v1/namespaces/default/pods"
        for name, gpus in (("fits", 8), ("waits", 9)):
            connection.call("POST", pods, pod(name, gpus))
        bound = wait_for(connection, pods + "/fits", lambda seen: seen["spec"].get("nodeName"))
        expect(bound["spec"].get("nodeName"), "binds a pod", bound["spec"].get("nodeName"))
        told = waits(wait_for(connection, pods + "/waits", waits))
        expect(told, "says in a pod's status why it waits", told[0]["message"] if told else "")
        events = "/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=waits"
        seen = wait_for(connection, events, lambda answer: answer["items"])["items"]
        expect(seen, "says so in an event", seen[0]["message"] if seen else "")
        check_objects(expect, connection)
        plane.stop()
        with open(log) as file:
            denied = [line.strip() for line in file if any(each in line for each in DENIALS)]
        expect(not denied, "nothing was denied", "; ".join(denied[:5]))
    finally:
        if plane.process.poll() is None:
            plane.kill()
        shutil.rmtree(data, ignore_errors=True)
