import FleetModel
import Health
import HealthControl
import Journal
import Store

extension Recovery {
    /// The health desk as of the last commit, and the number of the last batch that it was told.
    func desk(_ reader: StoreReader, _ base: Base) throws -> (HealthDesk, Int64) {
        var desk = base.desk
        var last = base.healthBatch
        var directives: [HealthDirective] = []
        try reader.forEachHealthBatch(after: last) { row in
            guard row.id == last + 1 else {
                throw Recovery.damage("batch \(last + 1) of the health journal is absent")
            }
            last = row.id
            let batch: DeskBatch
            do throws(SealedRecordError) {
                batch = try DeskBatch(row.bytes)
            } catch {
                throw Recovery.damage("batch \(row.id) of the health journal: \(error.message)")
            }
            for record in batch.records {
                // What is still to be done is asked for again by `resumed`.
                directives.removeAll(keepingCapacity: true)
                desk.apply(record.input, at: record.at, into: &directives)
            }
            guard desk.digest == batch.digest else {
                throw OperatingError(
                    .journalDivergence,
                    "the health journal was written by a version of muster that decides otherwise",
                    detail: "batch \(row.id) led to other decisions than recorded",
                    hint: "start the version that wrote it once and stop it with Ctrl-C; it "
                        + "leaves a snapshot that newer versions can read")
            }
        }
        return (desk, last)
    }

    /// A desk that knows nothing but names.
    static func desk(_ names: HealthNames) -> HealthDesk {
        var desk = HealthDesk()
        desk.names = names
        return desk
    }

    func healthNames(_ reader: StoreReader) throws -> HealthNames {
        var names = HealthNames()
        for name in try reader.names(.identity) { _ = names.identities.intern(name) }
        for name in try reader.names(.cause) { _ = names.causes.intern(name) }
        for name in try reader.names(.faultRule) { _ = names.rules.intern(name) }
        for name in try reader.names(.rulesVersion) { _ = names.versions.intern(name) }
        for name in try reader.names(.test) { _ = names.tests.intern(name) }
        for name in try reader.names(.actor) { _ = names.actors.intern(name) }
        return names
    }
}
