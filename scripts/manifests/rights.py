"""What Muster may do, once more and from the code, to be compared with what RBAC allows."""

ACCOUNT = ("muster", "muster")
NAMESPACES = ("muster", "elsewhere")
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")

# Group, resources, verbs. `resource/part` is a subresource.
READ = (
    ("", "nodes namespaces pods persistentvolumeclaims persistentvolumes", "list watch"),
    ("scheduling.k8s.io", "priorityclasses podgroups workloads", "list watch"),
    ("scheduling.x-k8s.io", "podgroups", "list watch"),
    ("scheduling.volcano.sh", "podgroups", "list watch"),
    ("scheduling.run.ai", "podgroups", "list watch"),
    ("batch", "jobs", "list watch"),
    ("jobset.x-k8s.io", "jobsets", "list watch"),
    ("leaderworkerset.x-k8s.io", "leaderworkersets", "list watch"),
    ("kubeflow.org", "pytorchjobs tfjobs xgboostjobs paddlejobs jaxjobs mpijobs", "list watch"),
    ("trainer.kubeflow.org", "trainjobs", "list watch"),
    ("ray.io", "rayclusters rayjobs", "list watch"),
    ("muster.dev", "tenants topologies", "list watch"),
    ("kueue.x-k8s.io", "topologies", "list watch"),
    ("kai.scheduler", "topologies", "list watch"),
)
ACT = (
    ("", "pods", "get delete"),
    ("", "pods/binding pods/eviction", "create"),
    ("", "pods/status", "patch"),
    ("", "events", "create"),
    ("events.k8s.io", "events", "create"),
    ("muster.dev", "tenants/status topologies/status", "patch"),
)
LEASES = ("coordination.k8s.io", "leases")
# In its own namespace alone: a lease for the first time, and the label of the leader's own pod.
OWN = {LEASES + ("create",), ("", "pods", "patch")}
# With overlays/checks, in the namespace of tests alone.
CHECKS_NAMESPACE = "muster-checks"
CHECKS = {("", "pods", "create"), ("", "pods/log", "get")}
# With overlays/logs.
LOGS = (("", "pods/log", "get"),)
# With overlays/repairs.
REPAIRS = (("", "nodes nodes/status", "patch"),)

# What an attacker would want most, by name, although the comparison of everything covers it.
FORBIDDEN = (
    ("", "secrets", "get list watch create update"),
    ("", "configmaps", "get list create update"),
    ("", "pods", "create update patch deletecollection"),
    ("", "pods/exec pods/attach pods/portforward pods/proxy pods/ephemeralcontainers", "create"),
    ("", "pods/log", "get"),
    ("", "nodes", "create update patch delete"),
    ("", "nodes/status", "patch update"),
    ("", "nodes/proxy", "get create"),
    ("", "namespaces", "create update patch delete"),
    ("", "serviceaccounts users groups", "impersonate"),
    ("", "serviceaccounts/token", "create"),
    ("", "persistentvolumes persistentvolumeclaims", "create update patch delete"),
    ("", "events", "update patch delete list"),
    ("batch", "jobs", "create update patch delete"),
    ("apps", "deployments daemonsets statefulsets", "get list create update patch delete"),
    ("rbac.authorization.k8s.io", "clusterroles roles", "bind escalate create update patch"),
    ("rbac.authorization.k8s.io", "clusterrolebindings rolebindings", "create update patch"),
    ("apiextensions.k8s.io", "customresourcedefinitions", "create update patch delete"),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "create update patch"),
    ("certificates.k8s.io", "certificatesigningrequests", "create"),
    ("muster.dev", "tenants topologies", "create update patch delete"),
    ("coordination.k8s.io", "leases", "list watch patch delete deletecollection"),
)


def rows(table):
    """Group, resource and verb, one by one."""
    return [(group, resource, verb) for group, resources, verbs in table
            for resource in resources.split() for verb in verbs.split()]


class Reviews:
    """Asks the API server what somebody may do (SubjectAccessReview, as `kubectl auth can-i`)."""

    def __init__(self, connection):
        self.connection = connection

    def allows(self, account, namespace, right, name=""):
        group, resource, verb = right
        base, _, part = resource.partition("/")
        return self.ask(account, {"resourceAttributes": {
            "namespace": namespace, "group": group, "resource": base, "subresource": part,
            "verb": verb, "name": name}})

    def allows_path(self, account, path):
        return self.ask(account, {"nonResourceAttributes": {"path": path, "verb": "get"}})

    def ask(self, account, attributes):
        namespace, name = account
        status, answer = self.connection.call(
            "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {
                "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
                "spec": {"user": "system:serviceaccount:%s:%s" % account, "groups": [
                    "system:serviceaccounts", "system:serviceaccounts:" + namespace,
                    "system:authenticated"], **attributes}})
        if status != 201:
            raise OSError("the review of %s was answered with %s: %s" % (name, status, answer))
        return answer["status"]["allowed"]


def served(connection):
    """Groups with the resources and subresources that the server has."""
    found = set()
    paths = [("", "/api/v1")]
    for group in connection.call("GET", "/apis")[1]["groups"]:
        paths += [(group["name"], "/apis/" + version["groupVersion"])
                  for version in group["versions"]]
    for group, path in paths:
        status, answer = connection.call("GET", path)
        if status == 200:
            found |= {(group, resource["name"]) for resource in answer["resources"]}
    return found


def compare(expect, reviews, table, what, own=None):
    """Whether the account may do what is in the table, and nothing else that the server knows.

    `own` has the rights that it has in single namespaces beside that.
    """
    own = own or {"muster": OWN}
    namespaces = tuple(dict.fromkeys(NAMESPACES + tuple(own)))
    nobody = ("elsewhere", "nobody")
    wanted = set(rows(table))
    for right in sorted(wanted):
        refused = [namespace for namespace in NAMESPACES
                   if not reviews.allows(ACCOUNT, namespace, right)]
        if refused:
            expect(False, "%s: may %s" % (what, title(right)), "not in %s" % ", ".join(refused))
    missing = ["%s in %s" % (title(right), namespace) for namespace in own
               for right in sorted(own[namespace])
               if not reviews.allows(ACCOUNT, namespace, right)]
    expect(not missing, "%s: all rights in single namespaces" % what, ", ".join(missing))
    expect(True, "%s: all of %d needed rights were asked for" % (what, len(wanted)))
    candidates = served(reviews.connection) | {(group, resource)
                                               for group, resource, _ in rows(table)}
    asked, surplus = 0, []
    for group, resource in sorted(candidates):
        for verb in VERBS:
            right = (group, resource, verb)
            if right in wanted:
                continue
            for namespace in namespaces + ("",):
                asked += 1
                if right in own.get(namespace, ()):
                    continue
                if reviews.allows(ACCOUNT, namespace, right) and not reviews.allows(
                        nobody, namespace, right):
                    surplus.append("%s in %s" % (title(right), namespace or "all"))
    expect(not surplus, "%s: nothing else of %d possible rights" % (what, asked),
           ", ".join(surplus[:10]))
    forbidden = [title(right) for right in rows(FORBIDDEN) for namespace in namespaces + ("",)
                 if right not in own.get(namespace, ()) and right not in wanted
                 and reviews.allows(ACCOUNT, namespace, right)]
    expect(not forbidden, "%s: none of %d forbidden rights" % (what, len(rows(FORBIDDEN))),
           ", ".join(forbidden))


def hidden(objects):
    """Rules of a ClusterRole that asking for each right would not find: wildcards, single names."""
    return ["%s: %s" % (role["metadata"]["name"], rule) for role in objects
            if role["kind"] == "ClusterRole" for rule in role.get("rules") or []
            if "resourceNames" in rule or "nonResourceURLs" in rule
            or any("*" in rule.get(key, []) for key in ("apiGroups", "resources", "verbs"))]


def compare_leases(expect, reviews):
    """The lease of its own name in its own namespace, and no other."""
    may = [reviews.allows(ACCOUNT, "muster", LEASES + (verb,), name)
           for verb, name in (("create", ""), ("get", "muster"), ("update", "muster"))]
    expect(all(may), "may create, get and update the lease muster/muster", may)
    others = [
        (namespace, name, verb)
        for namespace, name in (("muster", "muster"), ("muster", "other"), ("muster", ""),
                                ("elsewhere", "muster"), ("kube-system", "kube-scheduler"),
                                ("", "muster"))
        for verb in VERBS
        if not (namespace == "muster" and verb == "create")
        and not (namespace == name == "muster" and verb in ("get", "update"))
        and reviews.allows(ACCOUNT, namespace, LEASES + (verb,), name)]
    expect(not others, "may do nothing else with leases", others or "")


def compare_paths(expect, reviews):
    """Discovery is Kubernetes' own gift to every account; what operators look at is not."""
    needed = [path for path in ("/api", "/apis", "/apis/batch/v1", "/version")
              if not reviews.allows_path(ACCOUNT, path)]
    expect(not needed, "may discover what is served", ", ".join(needed))
    more = [path for path in ("/metrics", "/logs", "/debug/pprof")
            if reviews.allows_path(ACCOUNT, path)]
    expect(not more, "may not look into the API server", ", ".join(more))


def title(right):
    group, resource, verb = right
    return "%s %s%s" % (verb, resource, "." + group if group else "")
