import KubernetesJSON

/// Lines that may be of the runs of several nodes, as `muster check across` prints them.
public struct SeveralRuns: Sendable {
    /// One of them.
    public struct Run: Sendable {
        /// What its node called itself.
        public var host: String
        /// Its lines, as they are.
        public var lines: [UInt8]
    }

    /// Each run, in order.
    public private(set) var runs: [Run] = []
    /// Whether there is anything but one run.
    public private(set) var isOfSeveral = false

    /// Splits lines. What is no line of a run is left to whoever reads a run.
    public init(_ bytes: [UInt8]) {
        var isInside = false
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let (kind, host) = SeveralRuns.look(Array(line))
            switch kind {
            case "run":
                if !runs.isEmpty { isOfSeveral = true }
                runs.append(Run(host: host, lines: []))
                isInside = true
            case "pair", "across":
                isOfSeveral = true
                isInside = false
            default: break
            }
            guard isInside else { continue }
            runs[runs.count - 1].lines += line + [UInt8(ascii: "\n")]
            if kind == "verdict" { isInside = false }
        }
    }

    private static func look(_ line: [UInt8]) -> (kind: String, host: String) {
        var (kind, host) = ("", "")
        // What is no JSON has no kind.
        try? JSONScanner.read(line) { (scanner) throws(JSONFault) in
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                switch key {
                case "kind": kind = try scanner.string()
                case "host": host = try scanner.string()
                default: try scanner.skipValue()
                }
            }
        }
        return (kind, host)
    }
}
