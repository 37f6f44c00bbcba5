"""What the manifests of pods have to be like."""

# Kubernetes' Pod Security Standards, level "restricted".
VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim",
           "projected", "secret"}
# The API server gives it to each namespace.
NAME = "kubernetes.io/metadata.name"
ENFORCE = "pod-security.kubernetes.io/enforce"
LISTENS = "--listen=0.0.0.0:7070"


def templates(value):
    """All pods and templates of pods inside of an object."""
    if isinstance(value, list):
        return [found for each in value for found in templates(each)]
    if not isinstance(value, dict):
        return []
    spec = value.get("spec")
    if isinstance(spec, dict) and "containers" in spec:
        return [value]
    return [found for each in value.values() for found in templates(each)]


def by_kind(objects, kind):
    return [each for each in objects if each["kind"] == kind]


def levels(objects):
    """The level that each namespace among the objects enforces."""
    return {each["metadata"]["name"]: each["metadata"].get("labels", {}).get(ENFORCE, "privileged")
            for each in by_kind(objects, "Namespace")}


def host_faults(spec):
    """What reaches the host: kept out by the levels "baseline" and "restricted" alike."""
    faults = ["spec." + key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    faults += ["spec.volumes: " + volume["name"] for volume in spec.get("volumes", [])
               if "hostPath" in volume]
    return faults + ["container %s: privileged" % container["name"]
                     for container in spec["containers"] + spec.get("initContainers", [])
                     if container.get("securityContext", {}).get("privileged")]


def admission_faults(spec, level):
    """What keeps a pod out of a namespace of a level."""
    if level == "privileged":
        return []
    return host_faults(spec) + (restricted_faults(spec) if level == "restricted" else [])


def restricted_faults(spec):
    """What keeps a pod from the level "restricted", and what is stricter here."""
    context = spec.get("securityContext", {})
    faults = ["spec." + key for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    faults += ["spec.volumes: " + volume["name"] for volume in spec.get("volumes", [])
               if not VOLUMES & set(volume)]
    if not context.get("runAsNonRoot") or not context.get("runAsUser"):
        faults.append("spec.securityContext.runAsNonRoot, runAsUser")
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        faults.append("spec.securityContext.seccompProfile")
    for container in spec["containers"] + spec.get("initContainers", []):
        own = container.get("securityContext", {})
        place = "container " + container["name"]
        if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
            faults.append(place + ": allowPrivilegeEscalation")
        if own.get("capabilities", {}).get("drop") != ["ALL"] or own["capabilities"].get("add"):
            faults.append(place + ": capabilities")
        if not own.get("readOnlyRootFilesystem"):
            faults.append(place + ": readOnlyRootFilesystem")
        if not {"cpu", "memory"} <= set(container.get("resources", {}).get("requests", {})):
            faults.append(place + ": resources.requests")
        if "memory" not in container.get("resources", {}).get("limits", {}):
            faults.append(place + ": resources.limits.memory")
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            if "httpGet" not in container.get(probe, {}):
                faults.append("%s: %s" % (place, probe))
    return faults


def selects(selector, labels):
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def check_installation(expect, name, objects):
    """That the parts of an installation fit together."""
    deployment = by_kind(objects, "Deployment")[0]
    template = deployment["spec"]["template"]
    faults = restricted_faults(template["spec"])
    expect(not faults, "%s: the pod is restricted" % name, ", ".join(faults))
    labels = template["metadata"]["labels"]
    selectors = {
        "Deployment": deployment["spec"]["selector"]["matchLabels"],
        "Service": by_kind(objects, "Service")[0]["spec"]["selector"],
        "PodDisruptionBudget": by_kind(objects, "PodDisruptionBudget")[0]["spec"]["selector"][
            "matchLabels"],
        "NetworkPolicy": by_kind(objects, "NetworkPolicy")[0]["spec"]["podSelector"][
            "matchLabels"]}
    # Which is true of the one that leads, once it does.
    leader = selectors["Service"].pop("muster.dev/leader", None)
    expect(leader == "true" and labels.get("muster.dev/leader") == "false"
           and "--leader-elect" in template["spec"]["containers"][0]["args"],
           "%s: the service finds the leader, and one is elected" % name)
    lost = [kind for kind, selector in selectors.items() if not selects(selector, labels)]
    expect(not lost, "%s: all select the pods of the Deployment" % name, ", ".join(lost))
    accounts = {each["subjects"][0]["name"] for kind in ("ClusterRoleBinding", "RoleBinding")
                for each in by_kind(objects, kind)}
    expect(accounts == {template["spec"]["serviceAccountName"]},
           "%s: the roles are those of the pod's account" % name, accounts)
    arguments = template["spec"]["containers"][0]["args"]
    ports = [port["containerPort"] for port in template["spec"]["containers"][0]["ports"]]
    expect(LISTENS in arguments and ports == [7070], "%s: it listens where it says" % name)
    return deployment, arguments


def check_agents(expect, name, objects):
    """That agents run everywhere, and have what they need of a node and nothing else."""
    daemons = by_kind(objects, "DaemonSet")[0]
    template = daemons["spec"]["template"]
    spec, labels = template["spec"], template["metadata"]["labels"]
    container = spec["containers"][0]
    context = container["securityContext"]
    allowed = {"spec.volumes: " + each for each in ("kernel-log", "sys", "kernel", "state")} | {
        "spec.securityContext.runAsNonRoot, runAsUser"} | {
        "container muster-agent: " + each for each in (
            "allowPrivilegeEscalation", "capabilities", "livenessProbe", "readinessProbe",
            "startupProbe")}
    faults = set(restricted_faults(spec))
    expect(faults == allowed, "%s: nothing is open but what the agent reads" % name,
           ", ".join(faults ^ allowed))
    mounts = {each["name"]: each.get("readOnly", False) for each in container["volumeMounts"]}
    writable = sorted(each for each, is_read_only in mounts.items() if not is_read_only)
    expect(context["readOnlyRootFilesystem"] and writable == ["state"],
           "%s: it writes nowhere but into its memory" % name, writable)
    expect({"operator": "Exists"} in spec["tolerations"], "%s: no taint keeps it away" % name)
    expect(spec["automountServiceAccountToken"] is False and not by_kind(objects, "ClusterRole"),
           "%s: it has no rights in the cluster" % name)
    policies = {each["metadata"]["name"]: each["spec"]
                for each in by_kind(objects, "NetworkPolicy")}
    own, door = policies["muster-agent"], policies["muster-agents-in"]
    out, way_in = own["egress"][0]["to"][0], door["ingress"][0]["from"][0]
    home = daemons["metadata"]["namespace"]
    scheme = "https" if name == "overlays/agents-tls" else "http"
    authorities = [each for each in container["args"] if each.startswith("--ca-file=")]
    expect(authorities == (["--ca-file=/etc/muster-agent/ca.crt"] if scheme == "https" else []),
           "%s: it trusts an authority only with TLS" % name, authorities)
    expect(selects(own["podSelector"]["matchLabels"], labels) and not own.get("ingress")
           and selects(way_in["podSelector"]["matchLabels"], labels)
           and way_in.get("namespaceSelector", {}).get("matchLabels") == {NAME: home}
           and out.get("namespaceSelector", {}).get("matchLabels") == {NAME: "muster"}
           and "--control-plane=%s://muster.muster.svc:7070" % scheme in container["args"],
           "%s: it reaches the control plane, and nobody reaches it" % name)
    asks = [each for each in container["args"] if each.startswith("--dcgm-exporter=")]
    way_out = policies.get("muster-agent-dcgm", {}).get("egress", [{}])[0]
    ports = [each["port"] for each in way_out.get("ports", [])]
    is_asking = name == "overlays/agents-dcgm"
    expect(len(asks) == is_asking and ports == ([9400] if is_asking else [])
           and all(":9400/metrics" in each for each in asks),
           "%s: it reaches an exporter only where it asks one" % name, asks)
    expect(home != "muster" and levels(objects).get(home) == "privileged",
           "%s: they have a namespace of their own that lets them in" % name, levels(objects))


def check_differences(expect, name, objects, deployment, arguments):
    """What an overlay is there for."""
    spec = deployment["spec"]
    volumes = {volume["name"]: volume for volume in spec["template"]["spec"]["volumes"]}
    acts = [role for role in by_kind(objects, "ClusterRole")
            if role["metadata"]["name"] == "muster-act" and role.get("rules")]
    expect(bool(acts) == (name != "overlays/dry-run") == ("--dry-run" not in arguments),
           "%s: it acts if and only if it is no dry run" % name)
    keeps = "persistentVolumeClaim" in volumes["data"] and "emptyDir" not in volumes["data"]
    is_single = name == "overlays/single-replica"
    expect(keeps == is_single and (spec["strategy"]["type"] == "Recreate") == is_single,
           "%s: it %s" % (name, "keeps its data" if is_single else "keeps nothing"))
    replicas = 1 if is_single or name == "overlays/dry-run" else 2
    expect(spec["replicas"] == replicas, "%s: replicas" % name, spec["replicas"])
    has_tls = any(each.startswith("--tls-key=") for each in arguments)
    expect(has_tls == (name == "overlays/tls") == ("--insecure-plaintext" not in arguments),
           "%s: it %s" % (name, "has TLS" if has_tls else "says that it has no TLS"))
