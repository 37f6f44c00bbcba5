import FleetModel
import Health
import KubernetesJSON
import Qualification

/// A whole run of `muster check --json` as somebody else tells it.
public struct CheckedRun: Sendable {
    /// When it began, by the clock of the machine that it tested.
    public var began: Instant
    /// What that machine is.
    public var facts: MachineFacts
    /// Its results, from which everything else follows.
    public var verdict: RunVerdict

    /// Bytes that a run may have.
    public static let mostBytes = 1 << 20
    /// Lines that a run may have: each check for each device, the node and the verdict.
    static let mostLines = CheckID.allCases.count * FleetLimits.devicesPerNode + 2

    /// The names of the checks that speak against the hardware.
    public var failedChecks: [String] {
        verdict.outcome.failedTests.compactMap { CheckID(rawValue: $0.rawValue)?.name }
    }

    /// What it found, to be judged anew.
    public var run: MachineRun { MachineRun(facts: facts, verdict: verdict) }

    /// Why lines are no run.
    public struct Fault: Error, Hashable, CustomStringConvertible {
        /// The line, counted from 1.
        public var line: Int
        /// The field, where it is one.
        public var field: String?
        /// What is wrong.
        public var words: String

        /// The fault in words, lower case and without a full stop.
        public var description: String {
            let place = field.map { ", the field '\($0)'" } ?? ""
            return "line \(line)\(place): \(words)"
        }
    }

    /// Reads the lines of one run. Whatever is not as this version writes it is refused: another
    /// version, unknown checks, statuses, figures and fields, values out of their bounds, and a
    /// verdict that its results do not lead to.
    public init(lines bytes: [UInt8]) throws(Fault) {
        guard bytes.count <= CheckedRun.mostBytes else {
            throw Fault(line: 1, words: "a run has at most \(CheckedRun.mostBytes) bytes")
        }
        var reader = RunReader()
        for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            try reader.read(Array(line))
        }
        self = try reader.end()
    }

    /// Reads what a run printed, with what it said to people in between.
    public init(output: [UInt8]) throws(Fault) {
        let lines = output.split(separator: UInt8(ascii: "\n")).filter {
            $0.first == UInt8(ascii: "{")
        }
        try self.init(lines: Array(lines.joined(separator: [UInt8(ascii: "\n")])))
    }

    init(began: Instant, facts: MachineFacts, verdict: RunVerdict) {
        self.began = began
        self.facts = facts
        self.verdict = verdict
    }
}
