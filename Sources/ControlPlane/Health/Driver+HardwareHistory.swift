import FleetModel
import Health
import HealthControl
import Store

// What hardware goes through is kept in rows as well, since the engine keeps only the last of it.
// They are written with the input that they follow from: a replay, which takes no entries, writes
// none of them again.
extension Driver {
    /// Keeps what the ledger has taken down.
    func keepHardware(_ entries: [LedgerEntry]) {
        guard !entries.isEmpty else { return }
        let (ledger, names) = (desk.engine.ledger, healthNames)
        for entry in entries {
            var row = HardwareRow(entry, names)
            row.serial = ledger.machines[entry.machine.index].identity(in: ledger).map {
                names.identity($0)
            }
            if let part = entry.part.map({ ledger.parts[$0.index] }) {
                row.part = part.id.rawValue
                row.device = row.device ?? part.index
                row.uuid = (part.uuid ?? part.boardSerial).map { names.identity($0) }
            }
            row.interface = entry.interface.map { names.identity($0) }
            pending.hardware.append(row)
        }
    }
}

extension MachineRecord {
    /// What tells it apart: its chassis' serial number, else an interface or a device.
    fileprivate func identity(in ledger: HardwareLedger) -> IdentityID? {
        chassis ?? nics.first
            ?? parts.lazy.compactMap { $0.flatMap { ledger.parts[$0.index].uuid } }.first
    }
}

extension HardwareRow {
    /// Of an entry, without what the machine and its device are known by.
    init(_ entry: LedgerEntry, _ names: HealthNames) {
        let machine = entry.machine.rawValue
        switch entry.record {
        case .fault(let fault):
            self.init(
                at: fault.at.wall, kind: .fault, machine: machine, node: names.node(fault.node),
                cause: names.cause(fault.cause),
                text: "\(names.cause(fault.cause)) (\(fault.severity)) asks for \(fault.action); "
                    + "rule \(names.rule(fault.rule)) of version \(names.version(fault.version))",
                line: entry.line)
        case .test(let test):
            let failed = test.outcome.failedTests.map(names.test).joined(separator: ", ")
            self.init(
                at: test.at.wall, kind: .test, machine: machine, node: names.node(test.node),
                text: "test of level \(test.outcome.level): \(test.outcome.verdict)"
                    + (failed.isEmpty ? "" : ", failed: \(failed)"))
        case .repair(let repair):
            let cause = repair.cause.map { names.cause($0) }
            self.init(
                at: repair.at.wall, kind: .repair, machine: machine,
                node: names.node(repair.node), cause: cause,
                text: "\(repair.action): " + (repair.outcome.map { "\($0)" } ?? "no answer")
                    + (cause.map { ", for \($0)" } ?? ""))
        case .job(let end, let node):
            let isOfHardware = end.isSuspect || end.cause == .hardware || end.cause == .network
            self.init(
                at: end.at.wall, kind: .job, machine: machine, node: names.node(node),
                cause: end.cause.name, job: end.job,
                text: "job \(end.job) ended: \(end.cause.name)"
                    + (end.isSuspect ? ", put down to it" : ""), isBrief: !isOfHardware)
        case .place(let place):
            let name = names.node(place.node)
            self.init(
                at: place.from.wall, kind: .place, machine: machine, device: place.index,
                node: name,
                text: "lives as \(name)" + (place.index.map { ", device \($0)" } ?? "")
                    + (place.seat.map { ": " + names.words($0) } ?? ""))
        case .left(let node, let moment):
            self.init(
                at: moment.wall, kind: .left, machine: machine, node: names.node(node),
                text: "is \(names.node(node)) no more")
        }
    }
}
