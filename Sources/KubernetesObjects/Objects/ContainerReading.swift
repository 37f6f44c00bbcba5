import KubernetesJSON

/// A container of a pod's spec, as far as accounting needs it.
struct ContainerReading {
    /// A port, and whether it is one of the node by itself.
    struct Port {
        var port: HostPort
        var isOfHost: Bool
    }

    private(set) var requests = ResourceAmounts()
    private(set) var isSidecar = false
    private(set) var ports: [Port] = []

    static func read(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> ContainerReading {
        var container = ContainerReading()
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "resources":
                container.requests = try requests(&scanner, "\(path).resources", &problems)
            case "restartPolicy": container.isSidecar = try scanner.text() == "Always"
            case "ports":
                try scanner.elements(of: "\(path).ports", &problems) {
                    _, scanner, problems throws(JSONFault) in
                    try container.readPort(&scanner, "\(path).ports", &problems)
                }
            default: try scanner.skipValue()
            }
        }
        return container
    }

    /// `requests` of a `resources` object, and `limits` of extended resources.
    static func requests(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> ResourceAmounts {
        var (requests, limits) = (ResourceAmounts(), ResourceAmounts())
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "requests":
                requests = try ResourceAmounts.read(&scanner, "\(path).requests", &problems)
            case "limits":
                limits = try ResourceAmounts.read(&scanner, "\(path).limits", &problems)
            default: try scanner.skipValue()
            }
        }
        // The API server gives a container that only has limits the same requests, so that a CPU
        // request that is zero here was written so. Extended resources cannot be overcommitted.
        for entry in limits.others.entries where requests.others[entry.name] == 0 {
            requests.others[entry.name] = entry.count
        }
        return requests
    }

    private mutating func readPort(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var (host, container): (Int64, Int64) = (0, 0)
        var (transport, address) = ("TCP", "")
        try scanner.fields(of: path, &problems) { key, scanner, _ throws(JSONFault) in
            switch key {
            case "hostPort": host = try scanner.integer()
            case "containerPort": container = try scanner.integer()
            case "protocol": transport = try scanner.string()
            case "hostIP": address = try scanner.string()
            default: try scanner.skipValue()
            }
        }
        let port = host > 0 ? host : container
        guard (1...65_535).contains(port) else { return }
        ports.append(
            Port(
                port: HostPort(port: Int32(port), transport: transport, address: address),
                isOfHost: host > 0))
    }
}

extension ResourceAmounts {
    /// Reads quantities by resource name. One that cannot be read is said and left out.
    static func read(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem],
        ofNode: Bool = false
    ) throws(JSONFault) -> ResourceAmounts {
        var amounts = ResourceAmounts()
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            let name = key.string
            let text =
                try scanner.kind() == .number
                ? try scanner.number().string : try scanner.string()
            guard let quantity = Quantity(text) else {
                problems.append(FieldProblem("\(path)[\(name)]", "'\(text)' is not a quantity"))
                return
            }
            amounts.set(name, quantity, ofNode: ofNode)
        }
        return amounts
    }
}
