"""What kustomize makes of the folders of deploy/kubernetes, and how a server can take it."""
import json
import os
import re
import shutil
import subprocess

SERVED_BEFORE = {"policy/v1": "policy/v1beta1"}


def run(command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def other_kubectl(own):
    """A kubectl of another version further down PATH, with another kustomize in it; else None."""
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep)
               if os.path.realpath(folder) != os.path.realpath(os.path.dirname(own))]
    return shutil.which("kubectl", path=os.pathsep.join(folders))


def split(text):
    """The documents of a stream as texts."""
    parts = re.split(r"(?m)^---[ \t]*$", text)
    return [part.strip("\n") + "\n" for part in parts if re.search(r"(?m)^kind:", part)]


def top(document, key):
    """The value of a key at the top of a document."""
    found = re.search(r"(?m)^%s:[ \t]*(\S+)[ \t]*$" % key, document)
    return found.group(1) if found else ""


def fit(document, served):
    """The document as this server can take it: Kubernetes 1.20 lacks some of what is in use."""
    version = top(document, "apiVersion")
    older = SERVED_BEFORE.get(version)
    if older and version not in served:
        return re.sub(r"(?m)^apiVersion:.*$", "apiVersion: " + older, document, count=1)
    # Indexed Jobs came with 1.21, as did policy/v1.
    if (version, top(document, "kind")) == ("batch/v1", "Job") and "policy/v1" not in served:
        return re.sub(r"(?m)^ *completionMode:.*\n", "", document)
    return document


def objects(text):
    """The objects of kubectl's JSON, which is one value, several, or a list."""
    decoder, found, text = json.JSONDecoder(), [], text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        found += value["items"] if value.get("kind") == "List" else [value]
        text = text[end:].strip()
    return found


def loose_definition(group, version, plural, kind):
    """A definition that takes every object, for kinds whose own is not at hand."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "%s.%s" % (plural, group), "annotations": {
            # Groups of Kubernetes' own projects have to name the decision that approved them.
            "api-approved.kubernetes.io": "unapproved, for tests"}},
        "spec": {"group": group, "scope": "Namespaced",
                 "names": {"plural": plural, "kind": kind},
                 "versions": [{
                     "name": version, "served": True, "storage": True, "schema": {
                         "openAPIV3Schema": {
                             "type": "object",
                             "x-kubernetes-preserve-unknown-fields": True}}}]}}
