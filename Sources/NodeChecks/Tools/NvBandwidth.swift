import KubernetesJSON
import Qualification

/// The output of `nvbandwidth -j`.
public enum NvBandwidth {
    /// The tests whose slowest pair is a figure.
    private static let figures: [(test: String, figure: FigureID)] = [
        ("host_to_device_memcpy_ce", .hostToDevice), ("device_to_host_memcpy_ce", .deviceToHost),
        ("device_to_device_memcpy_read_ce", .peerCopy),
    ]

    /// Reads it. Throws for what is not JSON of that shape.
    public static func read(_ bytes: [UInt8]) throws(JSONFault) -> ToolFindings {
        try JSONScanner.read(bytes) { (scanner) throws(JSONFault) in
            var findings = ToolFindings()
            var isFound = false
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                guard key == "nvbandwidth" else {
                    try scanner.skipValue()
                    continue
                }
                isFound = true
                try root(&scanner, &findings)
            }
            guard isFound else { throw scanner.fault(.value("there is no 'nvbandwidth'")) }
            return findings
        }
    }

    private static func root(
        _ scanner: inout JSONScanner, _ findings: inout ToolFindings
    ) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "error":
                let words = try scanner.string()
                if !words.isEmpty { findings.note(.error, words) }
            case "testcases":
                try scanner.enterArray()
                while try scanner.nextElement() { try test(&scanner, &findings) }
            default: try scanner.skipValue()
            }
        }
    }

    private static func test(
        _ scanner: inout JSONScanner, _ findings: inout ToolFindings
    ) throws(JSONFault) {
        var (name, status, error) = ("", "", "")
        var slowest: Int64?
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "name": name = try scanner.string()
            case "status": status = try scanner.string()
            case "error": error = try scanner.string()
            case "bandwidth_matrix": slowest = try least(&scanner)
            default: try scanner.skipValue()
            }
        }
        switch status {
        case "Passed":
            findings.status = findings.status.worse(.passed)
            guard let slowest, let row = figures.first(where: { $0.test == name }),
                !findings.figures.contains(where: { $0.id == row.figure })
            else { return }
            findings.figures.append(Figure(row.figure, milli: slowest))
        case "Error": findings.note(.failed, "\(name) \(error)")
        // What it waives, the machine does not have.
        default: break
        }
    }

    /// The least number of a matrix, which has numbers as text and `N/A`.
    private static func least(_ scanner: inout JSONScanner) throws(JSONFault) -> Int64? {
        var least: Int64?
        try scanner.enterArray()
        while try scanner.nextElement() {
            try scanner.enterArray()
            while try scanner.nextElement() {
                let milli: Int64?
                switch try scanner.kind() {
                case .string: milli = FixedDecimal.milli(try scanner.string().utf8)
                case .number: milli = FixedDecimal.milli(try scanner.number().string.utf8)
                default:
                    try scanner.skipValue()
                    milli = nil
                }
                if let milli, milli > 0 { least = min(least ?? milli, milli) }
            }
        }
        return least
    }
}
