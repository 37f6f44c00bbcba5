import FleetModel
import Health
import KubernetesJSON
import Qualification

/// A run in words and as JSON.
public enum CheckReport {
    /// The version of the lines of JSON.
    public static let version: Int64 = 1

    // MARK: Lines of JSON

    /// The first line: what the node is, what is run, and since when.
    public static func begin(
        _ facts: MachineFacts, level: QualificationLevel, at began: Instant
    ) -> String {
        line { object in
            object.member("kind", "run")
            object.member("version", version)
            object.member("at", began.utcText)
            object.member("level", level.name)
            facts.write(into: &object)
        }
    }

    /// The last line: what it all means.
    public static func end(_ verdict: RunVerdict, milliseconds: Int64) -> String {
        let outcome = verdict.outcome
        return line { object in
            object.member("kind", "verdict")
            object.member("status", verdict.status.name)
            object.member("outcome", name(outcome.verdict))
            object.member("complete", verdict.isComplete)
            object.member("level", verdict.level.name)
            object.member("loaded", outcome.isLoaded)
            object.member("components", names(outcome.components))
            object.array("devices") { write(outcome.devices, into: &$0) }
            object.array("failedDevices") { write(outcome.failedDevices, into: &$0) }
            object.member(
                "failedChecks",
                outcome.failedTests.compactMap { CheckID(rawValue: $0.rawValue)?.name })
            object.object("counts") { counts in
                for status in CheckStatus.allCases {
                    let count = verdict.results.count { $0.status == status }
                    counts.member(status.name, Int64(count))
                }
            }
            object.member("milliseconds", milliseconds)
        }
    }

    private static func line(_ body: (inout JSONWriter) -> Void) -> String {
        String(decoding: JSONWriter.object(body), as: UTF8.self)
    }

    private static func write(_ mask: UInt64, into array: inout JSONWriter) {
        for index in 0..<64 where mask & 1 << UInt64(index) != 0 { array.integer(Int64(index)) }
    }

    /// The outcome in output.
    public static func name(_ verdict: QualificationVerdict) -> String {
        switch verdict {
        case .passed: "passed"
        case .failed: "failed"
        case .inconclusive: "inconclusive"
        }
    }

    /// The components in output.
    public static func names(_ components: ComponentSet) -> [String] {
        let all: [(ComponentSet, String)] = [
            (.device, "device"), (.deviceMemory, "deviceMemory"), (.deviceLink, "deviceLink"),
            (.pcie, "pcie"), (.network, "network"), (.host, "host"), (.disk, "disk"),
        ]
        return all.filter { components.contains($0.0) }.map(\.1)
    }

    // MARK: Words

    /// What the node is.
    public static func heading(_ facts: MachineFacts, level: QualificationLevel) -> String {
        var words = [facts.host.isEmpty ? "this machine" : facts.host]
        words.append("\(facts.cores) × \(facts.processor.isEmpty ? "core" : facts.processor)")
        if let model = facts.devices.first?.model {
            words.append("\(facts.devices.count) × \(model)")
        }
        return words.joined(separator: ", ") + ", level \(level.name)"
    }

    /// One result: a line, and further ones for what is wrong beside the first.
    public static func row(_ result: CheckResult) -> [String] {
        let place = result.device.map { " \($0)" } ?? ""
        let isFine = result.status == .passed || result.status == .notApplicable
        let figures = result.figures.map { "\($0.id.name) \($0.text)" }
        let first = isFine ? figures + result.notes : Array(result.notes.prefix(1)) + figures
        let code = result.code.map { " (\($0.rawValue))" } ?? ""
        let head = padded(result.status.words, 15) + padded(result.check.name + place, 19)
        var lines = [head + first.joined(separator: "; ") + code]
        if !isFine {
            let indent = String(repeating: " ", count: 34)
            lines += result.notes.dropFirst().map { indent + $0 }
        }
        return lines
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    /// What it all means.
    public static func summary(_ verdict: RunVerdict) -> String {
        let outcome = verdict.outcome
        let counts = CheckStatus.allCases.compactMap { status -> String? in
            let count = verdict.results.count { $0.status == status }
            return count > 0 ? "\(count) \(status.words)" : nil
        }
        var words = "\(name(outcome.verdict)): " + counts.joined(separator: ", ")
        let loaded = names(outcome.components)
        words +=
            loaded.isEmpty
            ? "; nothing was proved under load"
            : "; proved under load: " + loaded.joined(separator: ", ")
        return words
    }
}
