import FleetModel
import Journal
import Scheduler
import Store

extension ControlPlane {
    /// Everything that the engine was told since the data folder was made, as one journal that
    /// `muster replay` checks.
    ///
    /// Throws `M0604` when the beginning is gone: snapshots have taken its place.
    public func exportJournal() throws -> [UInt8] {
        try store.read { reader in
            guard try reader.firstBatch() ?? 1 == 1 else {
                throw OperatingError(
                    .notFound, "the beginning of the journal is not kept any more",
                    detail: "snapshots have taken the place of what came before them",
                    hint: "the newest snapshot and the journal after it are in the data folder")
            }
            var writer: JournalWriter?
            var engine: Engine?
            var segment: Int64 = -1
            var source = JournalReader()
            try reader.forEachBatch(after: 0) { batch in
                if batch.segment != segment {
                    segment = batch.segment
                    source = JournalReader()
                }
                source.feed(batch.bytes)
                do throws(JournalError) {
                    if writer == nil, let header = try source.readHeader() {
                        writer = try JournalWriter(header: header)
                        engine = Engine(topology: header.topology, policy: header.policy)
                    }
                    while let record = try source.next() {
                        guard case .input(let input) = record else { continue }
                        var directives: [Directive] = []
                        engine?.apply(input.input, at: input.at, into: &directives)
                        try writer?.append(
                            input.input, at: input.at, decisionDigest: input.decisionDigest)
                    }
                } catch {
                    throw Recovery.damage("batch \(batch.id): \(error.message)")
                }
            }
            // Its end record has the hash of the state that a replay must come to.
            if let engine { writer?.end(stateHash: engine.stateHash()) }
            return writer?.takeBytes() ?? []
        }
    }
}
