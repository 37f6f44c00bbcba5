import FleetModel
import Journal
import Scheduler

/// Runs a journal through a fresh engine and compares what it decides with what was recorded.
public struct JournalReplay {
    /// What a replay found.
    public enum Verdict: Hashable, Sendable {
        /// Every decision and state was the same; the final state hash.
        case same(stateHash: UInt64, records: Int64)
        /// From this record (counted from 1) on it differs.
        case differs(record: Int64, what: String)
    }

    private var reader = JournalReader()
    private var engine: Engine?
    private var digest = DirectiveDigest()
    private var directives: [Directive] = []
    private var verdict: Verdict?

    /// Starts a replay.
    public init() {}

    /// Inputs replayed.
    public var inputs: Int { engine?.counters.inputs ?? 0 }

    /// Takes the next bytes of the journal and replays what is whole. Throws when it is damaged.
    public mutating func feed(_ bytes: [UInt8]) throws(JournalError) {
        reader.feed(bytes)
        try replayWhole()
    }

    /// Ends the journal. Throws when it is damaged or cut off.
    public mutating func finish() throws(JournalError) -> Verdict {
        try replayWhole()
        try reader.finish()
        guard let verdict else { preconditionFailure("a whole journal has an end record") }
        return verdict
    }

    private mutating func replayWhole() throws(JournalError) {
        while let record = try reader.next() {
            if engine == nil, let header = reader.header {
                guard header.policy.isWellFormed else {
                    throw JournalError(
                        .journalHeader, recordNumber: 0, byteOffset: 0,
                        message: "the policy has a number outside its limits",
                        expected: "spans and bounds that a scheduler can work with")
                }
                engine = Engine(topology: header.topology, policy: header.policy)
            }
            if isSettled { continue }
            replay(record)
        }
    }

    private var isSettled: Bool {
        if case .differs = verdict { true } else { false }
    }

    private mutating func replay(_ record: JournalRecord) {
        let number = Int64(reader.recordCount)
        switch record {
        case .input(let input):
            directives.removeAll(keepingCapacity: true)
            engine?.apply(input.input, at: input.at, into: &directives)
            for directive in directives { digest.add(directive) }
            if digest.digest != input.decisionDigest {
                verdict = .differs(
                    record: number,
                    what: "the decisions on input \(inputs) are not the recorded ones")
            }
        case .checkpoint(let hash):
            if engine?.stateHash() != hash {
                verdict = .differs(
                    record: number, what: "the state is not the recorded one")
            }
        case .end(let hash, _):
            let own = engine?.stateHash() ?? 0
            verdict =
                own == hash
                ? .same(stateHash: own, records: number)
                : .differs(record: number, what: "the final state is not the recorded one")
        }
    }
}
