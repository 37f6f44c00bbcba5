import KubernetesJSON

// What a pod's status says of how it ends.
extension Pod {
    /// How a container ended.
    public struct ContainerEnd: Hashable, Sendable {
        /// Its name.
        public var container: String
        /// Its exit code.
        public var code: Int32
        /// The signal that ended it, where the runtime tells it.
        public var signal: Int32?
        /// Why, in a word: `Error`, `OOMKilled`, `StartError`.
        public var reason: String
        /// When, in whole seconds of its node's clock.
        public var finishedAt: Timestamp?
    }

    /// That somebody makes a pod end for another reason than its own.
    public struct Disruption: Hashable, Sendable {
        /// Who or why, in a word: `EvictionByEvictionAPI`, `TerminationByKubelet`.
        public var reason: String
        /// For people.
        public var message: String
        /// Since when, in whole seconds.
        public var since: Timestamp?
    }

    mutating func note(_ end: ContainerEnd?) {
        if let end, end.code != 0 || end.signal != nil { failures.append(end) }
    }

    /// Reads the status of a container; nil when it has not ended.
    static func readEnd(
        _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> ContainerEnd? {
        var name = ""
        var end: ContainerEnd?
        try scanner.fields(of: "status.containerStatuses", &problems) {
            key, scanner, problems throws(JSONFault) in
            switch key {
            case "name": name = try scanner.string()
            case "state":
                try scanner.fields(of: "status.containerStatuses.state", &problems) {
                    key, scanner, problems throws(JSONFault) in
                    guard key == "terminated" else { return try scanner.skipValue() }
                    end = try readTerminated(&scanner, &problems)
                }
            default: try scanner.skipValue()
            }
        }
        end?.container = name
        return end
    }

    private static func readTerminated(
        _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> ContainerEnd? {
        let path = "status.containerStatuses.state.terminated"
        var (code, signal): (Int64?, Int64?)
        var end = ContainerEnd(container: "", code: 0, reason: "")
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "exitCode": code = try scanner.integer()
            case "signal": signal = try scanner.optionalInteger(path + ".signal", &problems)
            case "reason": end.reason = try scanner.string()
            case "finishedAt":
                let text = try scanner.optionalString(path + ".finishedAt", &problems)
                end.finishedAt = text.flatMap { Timestamp($0.utf8) }
            default: try scanner.skipValue()
            }
        }
        guard let code = code.flatMap({ Int32(exactly: $0) }) else { return nil }
        end.code = code
        end.signal = signal.flatMap { Int32(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil }
        return end
    }
}
