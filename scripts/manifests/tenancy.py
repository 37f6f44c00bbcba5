"""Tenants and topologies that the API server has to take, and others that it has to refuse."""
import os
import re

GROUP = "muster.dev"
KIND = "NVIDIA-H100-80GB-HBM3"

GOOD_TENANTS = (
    {},
    {"parent": "research"},
    {"quota": {KIND: {"guaranteed": 64, "limit": "128", "lend": "0.5", "weight": 3}}},
    {"quota": {KIND: {"guaranteed": "4 nodes", "limit": "2racks"}, "A100": {"limit": 0}}},
    {"quota": {KIND: {"guaranteed": "64 GPUs", "weight": 1000000}}},
    {"cells": {KIND: {"rack": 2, "host": 1}}},
    {"namespaces": ["language", "a"], "queues": ["urgent", "shared/Vision.2"]},
)
# The spec and the field that the refusal has to name.
BAD_TENANTS = (
    (None, "spec"),
    ({"parent": "Research"}, "spec.parent"),
    ({"parent": ""}, "spec.parent"),
    ({"parent": "research/language"}, "spec.parent"),
    ({"parent": ["research"]}, "spec.parent"),
    ({"quota": [KIND]}, "spec.quota"),
    ({"quota": {KIND: 64}}, "spec.quota." + KIND),
    ({"quota": {KIND: {"guaranteed": -1}}}, "spec.quota.%s.guaranteed" % KIND),
    ({"quota": {KIND: {"guaranteed": "-4 nodes"}}}, "spec.quota.%s.guaranteed" % KIND),
    ({"quota": {KIND: {"limit": "many"}}}, "spec.quota.%s.limit" % KIND),
    ({"quota": {KIND: {"limit": "4 whole nodes"}}}, "spec.quota.%s.limit" % KIND),
    ({"quota": {KIND: {"limit": "0.1234"}}}, "spec.quota.%s.limit" % KIND),
    ({"quota": {KIND: {"limit": {"nodes": 4}}}}, "spec.quota.%s.limit" % KIND),
    ({"quota": {KIND: {"lend": "1e3 GPUs"}}}, "spec.quota.%s.lend" % KIND),
    ({"quota": {KIND: {"lend": True}}}, "spec.quota.%s.lend" % KIND),
    ({"quota": {KIND: {"weight": 0}}}, "spec.quota.%s.weight" % KIND),
    ({"quota": {KIND: {"weight": 1000001}}}, "spec.quota.%s.weight" % KIND),
    ({"quota": {KIND: {"weight": "3"}}}, "spec.quota.%s.weight" % KIND),
    ({"cells": {KIND: {"rack": 0}}}, "spec.cells.%s.rack" % KIND),
    ({"cells": {KIND: {"rack": "2"}}}, "spec.cells.%s.rack" % KIND),
    ({"cells": {KIND: 2}}, "spec.cells." + KIND),
    ({"namespaces": "language"}, "spec.namespaces"),
    ({"namespaces": ["Language"]}, "spec.namespaces"),
    ({"namespaces": ["a", "b", "a"]}, "spec.namespaces[2]"),
    ({"queues": ["a/b/c"]}, "spec.queues"),
    ({"queues": ["urgent", "urgent"]}, "spec.queues[1]"),
)
GOOD_TOPOLOGIES = (
    {"preset": "aws"},
    {"levels": [{"label": "topology.kubernetes.io/zone"}]},
    {"levels": [{"name": "zone", "label": "zone"}, {"name": "rack", "label": "example.com/rack"},
                {"label": "kubernetes.io/hostname"}]},
)
BAD_TOPOLOGIES = (
    (None, "spec"),
    ({}, "spec"),
    ({"preset": "aws", "levels": [{"label": "zone"}]}, "spec"),
    ({"preset": "azure"}, "spec.preset"),
    ({"levels": []}, "spec.levels"),
    ({"levels": [{"name": "zone"}]}, "spec.levels"),
    ({"levels": [{"name": "zone", "label": ""}]}, "spec.levels"),
    ({"levels": [{"name": "zone", "label": "a/b/c"}]}, "spec.levels"),
    ({"levels": [{"name": "", "label": "zone"}]}, "spec.levels"),
    ({"levels": [{"name": "my zone", "label": "zone"}]}, "spec.levels"),
    ({"levels": [{"name": "node", "label": "zone"}]}, "spec.levels"),
    ({"levels": [{"name": "a", "label": "zone"}, {"name": "b", "label": "zone"}]},
     "spec.levels[1]"),
    ({"levels": [{"label": "level-%d" % index} for index in range(17)]}, "spec.levels"),
)
STATUS = {"observedGeneration": 1, "conditions": [{
    "type": "Accepted", "status": "True", "reason": "InForce", "message": "it is in force",
    "lastTransitionTime": "2026-01-01T00:00:00Z"}]}


def place(plural):
    return "/apis/%s/v1alpha1/%s" % (GROUP, plural)


def body(kind, name, spec):
    made = {"apiVersion": GROUP + "/v1alpha1", "kind": kind, "metadata": {"name": name}}
    return made if spec is None else {**made, "spec": spec}


def check_kind(expect, connection, kind, plural, good, bad):
    for index, spec in enumerate(good):
        status, answer = connection.call(
            "POST", place(plural), body(kind, "good-%d" % index, spec))
        is_kept = status == 201 and answer.get("spec") == spec
        expect(is_kept, "takes the %s %s" % (kind, spec), "" if is_kept else answer)
    for spec, field in bad:
        status, answer = connection.call("POST", place(plural), body(kind, "bad", spec))
        message = answer.get("message", "") if isinstance(answer, dict) else str(answer)
        causes = [cause.get("field", "") for cause in (answer.get("details") or {}).get(
            "causes", [])] if isinstance(answer, dict) else []
        is_named = status == 422 and (field in message or field in causes)
        expect(is_named, "refuses the %s %s" % (kind, spec), message)


def check_status(expect, connection, kind, plural):
    """Status is written by itself, is checked, and does not come with the object."""
    path = place(plural) + "/good-0"
    merge = "application/merge-patch+json"
    connection.call("PATCH", path, {"status": STATUS}, merge)
    _, answer = connection.call("GET", path)
    expect("status" not in answer, "%s: the status is not written with the object" % kind)
    status, answer = connection.call("PATCH", path + "/status", {"status": STATUS}, merge)
    expect(status == 200 and answer["status"] == STATUS, "%s: takes a status" % kind, status)
    broken = {"conditions": [{"type": "Accepted", "status": "Perhaps"}]}
    status, answer = connection.call("PATCH", path + "/status", {"status": broken}, merge)
    expect(status == 422 and "status.conditions" in answer["message"],
           "%s: refuses a condition that is none" % kind, answer.get("message"))


def words(path, *patterns):
    """What is matched in a source; None without the source."""
    if not os.path.exists(path):
        return None
    with open(path) as file:
        text = file.read()
    return {word for pattern in patterns for found in re.findall(pattern, text)
            for word in re.findall(r'"([^"]+)"', found)}


def fields(schema):
    """The names of all fields of a schema, at any depth."""
    found = set(schema.get("properties", {}))
    for inner in list(schema.get("properties", {}).values()) + [
            schema.get("items"), schema.get("additionalProperties")]:
        if isinstance(inner, dict):
            found |= fields(inner)
    return found


def check_sources(expect, connection, root):
    """The schemas have the fields that are decoded, and the presets that there are."""
    cases = r'case ((?:"[^"]+"(?:, )?)+):'
    for name, source, foreign in (
            ("tenants", "TenantObject", set()),
            # Kueue's and KAI's words for the same.
            ("topologies", "TopologyObject", {"alias", "nodeLabel"})):
        path = os.path.join(root, "Sources/KubernetesObjects/Tenancy/%s.swift" % source)
        read = words(path, cases)
        if read is None:
            expect(False, "%s.swift is where it should be" % source, path)
            continue
        _, answer = connection.call(
            "GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/%s.%s" % (name, GROUP))
        schema = answer["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
        expected = read - foreign - {"metadata", "spec", "status"}
        expect(fields(schema) == expected, "%s has the fields that %s reads" % (name, source),
               sorted(fields(schema) ^ expected) or "")
        if name == "topologies":
            presets = words(os.path.join(root, "Core/Sources/FleetModel/TopologyPresets.swift"),
                            r'\(\s*("[a-z]+"),\s*Topology\(')
            expect(set(schema["properties"]["preset"]["enum"]) == presets,
                   "topologies has the presets that there are", sorted(presets or []))


def check(expect, connection, root):
    check_kind(expect, connection, "Tenant", "tenants", GOOD_TENANTS, BAD_TENANTS)
    check_kind(expect, connection, "Topology", "topologies", GOOD_TOPOLOGIES, BAD_TOPOLOGIES)
    check_status(expect, connection, "Tenant", "tenants")
    check_status(expect, connection, "Topology", "topologies")
    check_sources(expect, connection, root)
