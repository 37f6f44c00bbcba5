import FleetModel
import Testing

@testable import Scheduler

/// Goal: nobody adds a stored property and forgets that snapshots need it, or changes what they
/// hold under the same version. Method: a survey of all types that the engine consists of, beside
/// what reflection says of them.
@Suite struct SnapshotCoverageTests {
    private static func survey() -> [SnapshotCoder.Surveyed] {
        var coder = SnapshotCoder(.surveying)
        coder.survey(Topology.self)
        coder.survey(Policy.self)
        coder.survey(Engine.self)
        return coder.surveyed
    }

    /// What reflection says is stored in a type; nil for enumerations and what is not our own.
    private static func properties(_ type: any SnapshotValue.Type) -> [Mirror.Child]? {
        func mirror<Value: SnapshotValue>(_ type: Value.Type) -> Mirror {
            Mirror(reflecting: Value.blank)
        }
        let known = mirror(type)
        guard known.displayStyle == .struct, !String(reflecting: type).hasPrefix("Swift.") else {
            return nil
        }
        return Array(known.children)
    }

    @Test func everyStoredPropertyIsPassed() {
        let surveyed = Self.survey()
        for entry in surveyed {
            guard let properties = Self.properties(entry.type) else { continue }
            let labels = properties.map { $0.label ?? "?" }
            #expect(
                labels.count == entry.fields,
                "\(entry.type) stores \(labels) but passes \(entry.fields) fields to snapshots")
        }
        // So that the survey cannot come to nothing.
        let names = Set(surveyed.map { String(describing: $0.type) })
        for name in ["Engine", "JobRecord", "JobSpec", "Reservation", "History", "Open", "Policy"] {
            #expect(names.contains(name), "\(name) was not surveyed")
        }
        #expect(names.count > 70)
    }

    /// A change here is a change of the format: count ``SnapshotFrame/version`` up, write down the
    /// new number, and say in docs/SNAPSHOT.md what is new.
    @Test func theLayoutBelongsToTheVersion() {
        var lines: [String] = []
        for entry in Self.survey() {
            let properties = Self.properties(entry.type) ?? []
            let texts = properties.map { "\($0.label ?? "?"): \(type(of: $0.value))" }
            lines.append("\(entry.type) \(texts.joined(separator: ", "))")
        }
        let text = lines.joined(separator: "\n")
        let layout = String(Crc32c.checksum(Array(text.utf8)), radix: 16)
        #expect(SnapshotFrame.version == 5)
        #expect(layout == "2cb2c0e4", "the layout is now \(text)")
    }
}
