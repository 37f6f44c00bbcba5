import FleetModel
import KubernetesJSON
import Qualification

/// Learns thresholds from the lines of JSON that earlier runs wrote, of this and other machines.
public struct BaselineReader {
    /// What was learned.
    public private(set) var learned: LearnedBounds
    /// Results that were learned from.
    public private(set) var results = 0
    private var facts = MachineFacts()
    private var line = 0
    private let file: String

    /// Begins with nothing.
    public init(file: String, dropPercent: Int64 = 5) {
        self.file = file
        learned = LearnedBounds(dropPercent: dropPercent)
    }

    /// Reads a line. Throws `M0302` for what is no line of a run.
    public mutating func read(_ bytes: ArraySlice<UInt8>) throws(DiagnosticList) {
        line += 1
        guard bytes.contains(where: { $0 > 0x20 }) else { return }
        do throws(JSONFault) {
            try take(Array(bytes))
        } catch {
            throw DiagnosticList([
                Diagnostic(
                    .invalidField, file: file, line: line, message: error.description,
                    expected: "lines that `muster check --json` wrote")
            ])
        }
    }

    private mutating func take(_ bytes: [UInt8]) throws(JSONFault) {
        switch try BaselineReader.kind(bytes) {
        case "run": facts = try CheckTask.facts(in: bytes[...])
        case "result":
            let result = try ResultLine.read(bytes)
            // What failed is no example; what is slow is one, or slow fleets would learn nothing.
            guard result.status == .passed || result.status == .degraded else { return }
            results += 1
            for figure in result.figures {
                learned.learn(figure, of: facts.machine(of: result), facts.key(for: result))
            }
        default: break
        }
    }

    private static func kind(_ bytes: [UInt8]) throws(JSONFault) -> String {
        try JSONScanner.read(bytes) { (scanner) throws(JSONFault) in
            var kind = ""
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                if key == "kind" {
                    kind = try scanner.string()
                } else {
                    try scanner.skipValue()
                }
            }
            return kind
        }
    }
}
