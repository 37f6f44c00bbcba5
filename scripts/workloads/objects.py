"""Objects that users make, as small as they may be."""
HOST = "kubernetes.io/hostname"


def template(app, gpus, run=None, scheduler="muster", **spec):
    annotations = {} if run is None else {"test/run-seconds": str(run)}
    return {"metadata": {"labels": {"app": app}, "annotations": annotations},
            "spec": {"schedulerName": scheduler, "terminationGracePeriodSeconds": 1,
                     "containers": [{"name": "main", "image": "none", "resources": {
                         "limits": {"nvidia.com/gpu": str(gpus)} if gpus else {}}}], **spec}}


def job(name, count, gpus, run=None, **spec):
    """Members that come all at once and have an index each. Servers before 1.21 know no indexes,
    so that the pods say themselves that they are one gang."""
    pods = template(name, gpus, run, restartPolicy="Never", **spec.pop("pods", {}))
    pods["metadata"]["annotations"]["muster/gang"] = "whole"
    return ("/apis/batch/v1/namespaces/default/jobs", {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
        "spec": {"parallelism": count, "completions": count, "backoffLimit": 3,
                 "completionMode": "Indexed", "template": pods, **spec}})


def deployment(name, count, gpus, apart=False, **spec):
    pods = template(name, gpus, **spec)
    if apart:
        pods["spec"]["affinity"] = {"podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"labelSelector": {"matchLabels": {"app": name}}, "topologyKey": HOST}]}}
    return ("/apis/apps/v1/namespaces/default/deployments", {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": count, "selector": {"matchLabels": {"app": name}}, "template": pods}})


def stateful_set(name, count, gpus):
    return ("/apis/apps/v1/namespaces/default/statefulsets", {
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": name},
        "spec": {"replicas": count, "serviceName": name,
                 "selector": {"matchLabels": {"app": name}}, "template": template(name, gpus)}})


def daemon_set(name, cpu):
    pods = template(name, 0, scheduler="default-scheduler")
    pods["spec"]["containers"][0]["resources"] = {"requests": {"cpu": cpu}}
    return ("/apis/apps/v1/namespaces/default/daemonsets", {
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": pods}})


def budget(name, app, least):
    return ("/apis/policy/v1beta1/namespaces/default/poddisruptionbudgets", {
        "apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"minAvailable": least, "selector": {"matchLabels": {"app": app}}}})


def priority(name, value):
    return ("/apis/scheduling.k8s.io/v1/priorityclasses", {
        "apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
        "metadata": {"name": name}, "value": value})
