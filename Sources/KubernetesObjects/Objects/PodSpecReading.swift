import KubernetesJSON

/// Reads `spec` of a pod: what its containers ask for can be summed up only at the end.
struct PodSpecReading {
    private var containers: [ContainerRequest] = []
    private var initContainers: [ContainerRequest] = []
    private var overhead = ResourceAmounts()
    private var podLevel: ResourceAmounts?
    private var usesHostNetwork = false
    private var containerPorts: [HostPort] = []
    private var ephemeralVolumes: [String] = []

    /// Reads the spec into a pod.
    mutating func read(
        _ scanner: inout JSONScanner, into pod: inout Pod, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var (reading, read) = (self, pod)
        try scanner.fields(of: "spec", &problems) { key, scanner, problems throws(JSONFault) in
            if try reading.readScheduling(key, &scanner, &read, &problems) { return }
            if try read.rules.read(key, &scanner, &problems) { return }
            switch key {
            case "containers":
                try reading.readContainers("spec.containers", &scanner, &read, &problems)
            case "initContainers":
                try reading.readContainers("spec.initContainers", &scanner, &read, &problems)
            case "overhead":
                reading.overhead = try ResourceAmounts.read(&scanner, "spec.overhead", &problems)
            case "resources":
                reading.podLevel = try ContainerReading.requests(
                    &scanner, "spec.resources", &problems)
            case "hostNetwork": reading.usesHostNetwork = try scanner.boolean()
            case "volumes": try reading.readVolumes(&scanner, &read, &problems)
            case "resourceClaims":
                try scanner.elements(of: "spec.resourceClaims", &problems) {
                    _, scanner, _ throws(JSONFault) in
                    try scanner.skipValue()
                    read.usesResourceClaims = true
                }
            case "topologySpreadConstraints":
                try PodSpecReading.readSpread(&scanner, &read, &problems)
            default: try scanner.skipValue()
            }
        }
        (self, pod) = (reading, read)
    }

    /// Sums up what the containers ask for, once all of the pod was read.
    func finish(_ pod: inout Pod) {
        pod.resources = .ofPod(
            containers: containers, initContainers: initContainers, overhead: overhead,
            podLevel: podLevel)
        // With the node's network every port of a container is one of the node.
        if usesHostNetwork { pod.hostPorts += containerPorts }
        pod.claims += ephemeralVolumes.map { "\(pod.metadata.name)-\($0)" }
    }

    private mutating func readScheduling(
        _ key: JSONText, _ scanner: inout JSONScanner, _ pod: inout Pod,
        _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> Bool {
        switch key {
        case "schedulerName":
            if let name = try scanner.optionalString("spec.schedulerName", &problems) {
                pod.schedulerName = name
            }
        case "nodeName": pod.nodeName = try scanner.optionalString("spec.nodeName", &problems)
        case "priority":
            pod.priority = try scanner.optionalInteger("spec.priority", &problems)
                .map { Int32(clamping: $0) }
        case "priorityClassName":
            pod.priorityClassName = try scanner.optionalString("spec.priorityClassName", &problems)
        case "preemptionPolicy":
            pod.preemptionPolicy = PreemptionPolicy(rawValue: try scanner.string())
        case "schedulingGates":
            var gates: [String] = []
            try scanner.elements(of: "spec.schedulingGates", &problems) {
                _, scanner, problems throws(JSONFault) in
                try scanner.fields(of: "spec.schedulingGates", &problems) {
                    key, scanner, _ throws(JSONFault) in
                    guard key == "name" else { return try scanner.skipValue() }
                    gates.append(try scanner.string())
                }
            }
            pod.gates = gates
        case "schedulingGroup", "workloadRef":
            // Of the two fields one is absent or `null`.
            pod.group = try Pod.GroupLink.read(&scanner, &problems) ?? pod.group
        case "activeDeadlineSeconds":
            pod.activeDeadlineSeconds = try scanner.optionalInteger(
                "spec.activeDeadlineSeconds", &problems)
        case "terminationGracePeriodSeconds":
            pod.terminationGraceSeconds = try scanner.optionalInteger(
                "spec.terminationGracePeriodSeconds", &problems)
        default: return false
        }
        return true
    }

    private mutating func readContainers(
        _ path: String, _ scanner: inout JSONScanner, _ pod: inout Pod,
        _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var read: [ContainerReading] = []
        try scanner.elements(of: path, &problems) { index, scanner, problems throws(JSONFault) in
            read.append(try ContainerReading.read(&scanner, "\(path)[\(index)]", &problems))
        }
        let requests = read.map { ContainerRequest($0.requests, isSidecar: $0.isSidecar) }
        if path == "spec.containers" { containers = requests } else { initContainers = requests }
        for container in read {
            pod.hostPorts += container.ports.filter(\.isOfHost).map(\.port)
            containerPorts += container.ports.filter { !$0.isOfHost }.map(\.port)
        }
    }

    private mutating func readVolumes(
        _ scanner: inout JSONScanner, _ pod: inout Pod, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var (claims, ephemeral): ([String], [String]) = ([], [])
        try scanner.elements(of: "spec.volumes", &problems) {
            _, scanner, problems throws(JSONFault) in
            var (name, isEphemeral) = ("", false)
            try scanner.fields(of: "spec.volumes", &problems) {
                key, scanner, problems throws(JSONFault) in
                switch key {
                case "name": name = try scanner.string()
                case "ephemeral":
                    isEphemeral = !scanner.takeIfNull()
                    if isEphemeral { try scanner.skipValue() }
                case "persistentVolumeClaim":
                    try scanner.fields(of: "spec.volumes.persistentVolumeClaim", &problems) {
                        key, scanner, _ throws(JSONFault) in
                        guard key == "claimName" else { return try scanner.skipValue() }
                        claims.append(try scanner.string())
                    }
                default: try scanner.skipValue()
                }
            }
            if isEphemeral { ephemeral.append(name) }
        }
        pod.claims = claims
        ephemeralVolumes = ephemeral
    }

    private static func readSpread(
        _ scanner: inout JSONScanner, _ pod: inout Pod, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var mustSpread = false
        try scanner.elements(of: "spec.topologySpreadConstraints", &problems) {
            _, scanner, problems throws(JSONFault) in
            try scanner.fields(of: "spec.topologySpreadConstraints", &problems) {
                key, scanner, _ throws(JSONFault) in
                guard key == "whenUnsatisfiable" else { return try scanner.skipValue() }
                if try scanner.text() == "DoNotSchedule" { mustSpread = true }
            }
        }
        pod.mustSpread = mustSpread
    }
}

extension Pod.GroupLink {
    fileprivate static func read(
        _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> Pod.GroupLink? {
        var link = Pod.GroupLink()
        try scanner.fields(of: "spec.schedulingGroup", &problems) {
            key, scanner, problems throws(JSONFault) in
            switch key {
            case "podGroupName", "name":
                // A `null` here is the other, absent, kind of group.
                let name = try scanner.string()
                if !name.isEmpty { link.name = name }
            case "podGroup": link.template = try scanner.string()
            case "podGroupReplicaKey": link.replica = try scanner.string()
            default: try scanner.skipValue()
            }
        }
        return link.name.isEmpty ? nil : link
    }
}
