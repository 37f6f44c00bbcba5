import FleetModel
import Health
import HealthSignals
import Journal
import Stacks

/// The inputs of one commit, as bytes with a check. Whoever stores them numbers them, so that one
/// that is absent is found.
public struct DeskBatch: Hashable, Sendable {
    /// What the desk was told, in order.
    public var records: [DeskRecord]
    /// The desk's ``HealthDesk/digest`` after them: where a replay has another one, it went another
    /// way.
    public var digest: UInt64

    /// Gathers a batch.
    public init(records: [DeskRecord], digest: UInt64) {
        self.records = records
        self.digest = digest
    }

    private static let magic = "MUSTERHB"
    /// The version of the form that is written. All before it are read, too. It has no third, so
    /// that what came with the fourth and later ones has one number here and in snapshots.
    public static let version: UInt32 = 6

    /// The bytes. Throws what the form cannot hold, such as an actor's name beyond its limit.
    public func bytes() throws(SealedRecordError) -> [UInt8] {
        try SealedRecord.seal(self, magic: DeskBatch.magic, version: DeskBatch.version)
    }

    /// Reads bytes back.
    public init(_ bytes: [UInt8]) throws(SealedRecordError) {
        self = try SealedRecord.open(
            bytes, as: DeskBatch.self, magic: DeskBatch.magic, version: DeskBatch.version,
            oldest: 1)
    }
}

extension DeskBatch: RecordValue {
    package static var blank: DeskBatch { DeskBatch(records: [], digest: 0) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&records)
        coder.field(&digest)
    }
}

extension HealthDesk {
    private static let magic = "MUSTERHS"
    /// The version of snapshots that is written. All before it are read, too.
    public static let snapshotVersion: UInt32 = 6

    /// The whole state as bytes, but for names, which are kept elsewhere. O(state).
    public func snapshotBytes() throws(SealedRecordError) -> [UInt8] {
        try SealedRecord.seal(
            DeskState(self), magic: HealthDesk.magic, version: HealthDesk.snapshotVersion)
    }

    /// Restores a desk from its snapshot and the names that were given out until then, or since.
    public init(snapshot: [UInt8], names: HealthNames) throws(SealedRecordError) {
        let state = try SealedRecord.open(
            snapshot, as: DeskState.self, magic: HealthDesk.magic,
            version: HealthDesk.snapshotVersion, oldest: 1)
        let engine: HealthEngine
        do throws(DiagnosticList) {
            engine = try HealthEngine.restored(from: state.engine)
        } catch {
            throw SealedRecordError(
                byteOffset: SealedRecord.headBytes,
                message: error.diagnostics.first?.message ?? "a state that cannot be",
                expected: error.diagnostics.first?.expected ?? "")
        }
        self.init(engine: engine, names: names, state)
    }
}

/// What a snapshot of a desk holds.
struct DeskState {
    var engine: HealthSnapshot
    var watches: [NodeWatch?] = []
    var digest: UInt64 = 0
    var rules = FaultRules()
    var kinds: [String] = []
    var signs: [[MetricSign]] = []
    var stacks = StackBook()
    var statements: [[FaultEvent]] = []
}

extension DeskState {
    init(_ desk: HealthDesk) {
        engine = desk.engine.snapshot
        watches = desk.watches
        digest = desk.digest
        rules = desk.rules
        kinds = desk.kinds
        signs = desk.signs
        stacks = desk.stacks
        statements = desk.statements
    }
}

extension DeskState: RecordValue {
    static var blank: DeskState { DeskState(engine: .blank) }
    mutating func pass(through coder: inout RecordCoder) {
        coder.field(&engine)
        coder.list(&watches, limit: FleetLimits.nodes, of: "watched nodes")
        coder.field(&digest)
        // A site's rules and stacks came with the second version.
        guard coder.version >= 2 else { return }
        coder.field(&rules)
        coder.list(&kinds, limit: FleetLimits.nodes, of: "kinds of nodes")
        coder.list(&signs, limit: FleetLimits.nodes, of: "nodes with metrics")
        coder.field(&stacks)
        // What other tools say came with the third.
        guard coder.version >= 3 else { return }
        coder.list(&statements, limit: FleetLimits.nodes, of: "nodes with statements")
    }
}
