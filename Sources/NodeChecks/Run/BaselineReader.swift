import FleetModel
import Health
import KubernetesJSON
import Qualification

/// Learns thresholds from the lines of JSON that earlier runs wrote, of this and other machines,
/// and from those that a control plane wrote of what it has learned.
///
/// Which runs are examples, and which of their figures, is ``MachineRun/teach(_:identity:)``'s to
/// say, as it is for a control plane.
public struct BaselineReader {
    /// What was learned.
    public private(set) var learned: LearnedBounds
    /// Runs that were read to their verdict, and those of them that taught something.
    public private(set) var runs = (read: 0, taught: 0)
    /// Thresholds that were read.
    public private(set) var thresholds = 0
    private let overridesDrops: Bool
    private var facts = MachineFacts()
    private var level = QualificationLevel.seconds
    private var results: [CheckResult] = []
    private var line = 0
    private let file: String

    /// Begins with nothing.
    ///
    /// - Parameter drops: How much worse than usual is right; nil for what the lines say, and else
    ///   the usual drop.
    public init(file: String, drops: DropRules? = nil) {
        self.file = file
        overridesDrops = drops != nil
        learned = LearnedBounds(drops: drops ?? DropRules())
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
                    expected: "lines that `muster check --json` or `muster health thresholds "
                        + "--export` wrote")
            ])
        }
    }

    private mutating func take(_ bytes: [UInt8]) throws(JSONFault) {
        let mark = try BaselineReader.mark(bytes)
        switch mark.kind {
        case "run":
            facts = try CheckTask.facts(in: bytes[...])
            level = mark.level ?? .seconds
            results = []
        case "result": results.append(try ResultLine.read(bytes))
        case "verdict":
            let run = MachineRun(
                facts: facts,
                verdict: RunVerdict(
                    results: results, level: level, devices: facts.deviceCount,
                    isComplete: mark.isComplete))
            results = []
            runs.read += 1
            if !run.teach(&learned, identity: "").isEmpty { runs.taught += 1 }
        case ThresholdLine.kind:
            // A figure of a newer version is passed over.
            guard var line = try ThresholdLine.read(bytes) else { return }
            thresholds += 1
            if overridesDrops { line.reference.dropPercent = learned.drops[line.figure] }
            learned.take(line.reference, of: line.figure, line.key)
        default: break
        }
    }

    /// What a line is, and what of it the others need.
    private struct Mark {
        var kind = ""
        var level: QualificationLevel?
        var isComplete = false
    }

    private static func mark(_ bytes: [UInt8]) throws(JSONFault) -> Mark {
        try JSONScanner.read(bytes) { (scanner) throws(JSONFault) in
            var mark = Mark()
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                switch key {
                case "kind": mark.kind = try scanner.string()
                case "level": mark.level = QualificationLevel(name: try scanner.string())
                case "complete": mark.isComplete = try scanner.boolean()
                default: try scanner.skipValue()
                }
            }
            return mark
        }
    }
}
