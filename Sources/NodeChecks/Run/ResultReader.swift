import FleetModel
import KubernetesJSON
import Qualification

/// Reads one result of a run that somebody else tells of.
struct ResultReader {
    /// Devices that the node has.
    let devices: Int32

    /// Figures and thresholds that one result may have.
    private static let mostFigures = 64
    /// Bytes of a note, and of a threshold's source.
    private static let mostTextBytes = 4096

    func read(_ object: inout StrictObject) throws(CheckedRun.Fault) -> CheckResult {
        let name = try object.text("check")
        guard let check = CheckID(name: name) else {
            throw object.fault("'\(name.prefix(100))' is no check", "check")
        }
        let statusName = try object.text("status")
        guard let status = CheckStatus(name: statusName) else {
            throw object.fault("'\(statusName.prefix(100))' is no status", "status")
        }
        var result = CheckResult(check, status)
        if object.has("device") {
            let most = Int64(max(devices, 1)) - 1
            result.device = Int32(try object.integer("device", 0...most))
        }
        result.notes = try object.texts("notes", most: CheckResult.notesKept)
        guard result.notes.allSatisfy({ $0.utf8.count <= ResultReader.mostTextBytes }) else {
            throw object.fault("a note is longer than \(ResultReader.mostTextBytes) bytes", "notes")
        }
        if object.has("code") {
            let text = try object.text("code")
            guard let code = DiagnosticCode(rawValue: text) else {
                throw object.fault("'\(text.prefix(100))' is no code", "code")
            }
            result.code = code
        }
        result.milliseconds = try object.integer("milliseconds", 0...Int64.max)
        for var entry in try object.objects("figures", most: ResultReader.mostFigures) {
            result.figures.append(try figure(&entry))
        }
        for var entry in try object.objects("thresholds", most: ResultReader.mostFigures) {
            result.thresholds.append(try threshold(&entry))
        }
        try judge(result, object)
        try object.end()
        return result
    }

    /// Whether the status is one that the figures allow.
    private func judge(
        _ result: CheckResult, _ object: StrictObject
    ) throws(CheckedRun.Fault) {
        guard result.status == .passed || result.status == .degraded else { return }
        for threshold in result.thresholds {
            guard let figure = result.figure(threshold.figure) else { continue }
            guard result.status.worse(threshold.judge(figure)) == result.status else {
                throw object.fault(
                    "says \(result.status.name), and \(threshold.words(about: figure))", "status")
            }
        }
    }

    private func figure(_ object: inout StrictObject) throws(CheckedRun.Fault) -> Figure {
        let id = try figureID("name", &object)
        let milli = try milli("value", &object)
        let unit = try object.text("unit")
        guard unit == id.unit else {
            throw object.fault("'\(unit.prefix(100))' is not \(id.unit)", "unit")
        }
        try object.end()
        return Figure(id, milli: milli)
    }

    private func threshold(_ object: inout StrictObject) throws(CheckedRun.Fault) -> Threshold {
        let id = try figureID("figure", &object)
        let milli = try milli(id.direction == .lower ? "most" : "least", &object)
        let isLearned = try object.boolean("learned")
        let source = try object.text("source")
        guard source.utf8.count <= ResultReader.mostTextBytes else {
            throw object.fault("is longer than \(ResultReader.mostTextBytes) bytes", "source")
        }
        try object.end()
        return Threshold(id, milli: milli, ThresholdSource(words: source, isLearned: isLearned))
    }

    /// Reads a line that is a result of the check `network`, of the node.
    static func network(_ bytes: [UInt8]) throws(CheckedRun.Fault) -> CheckResult {
        var object = StrictObject(line: 1)
        try object.scan(bytes)
        guard try object.text("kind") == "result" else {
            throw object.fault("is not 'result'", "kind")
        }
        let result = try ResultReader(devices: 0).read(&object)
        guard result.check == .network, result.device == nil else {
            throw object.fault("is not 'network'", "check")
        }
        return result
    }

    private func figureID(
        _ key: String, _ object: inout StrictObject
    ) throws(CheckedRun.Fault) -> FigureID {
        let name = try object.text(key)
        guard let id = FigureID(name: name) else {
            throw object.fault("'\(name.prefix(100))' is no figure", key)
        }
        return id
    }

    private func milli(
        _ key: String, _ object: inout StrictObject
    ) throws(CheckedRun.Fault) -> Int64 {
        let text = try object.number(key)
        guard let milli = FixedDecimal.milli(text.utf8) else {
            throw object.fault("'\(text.prefix(100))' is no number", key)
        }
        return milli
    }
}
