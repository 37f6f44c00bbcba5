import ControlPlane
import FleetModel
import Health
import HealthControl
import Qualification
import Stacks
import Store

/// Writes the ledger of hardware as the API shows it.
public struct HardwareJSON: Sendable {
    let engine: HealthEngine
    let desk: HealthDesk
    let names: HealthNames

    /// Of a view.
    public init(_ view: FleetView) {
        desk = view.health.desk
        engine = desk.engine
        names = view.health.names
    }

    /// How many machines there are.
    public var count: Int { engine.ledger.machines.count }

    /// The machine of a serial number or another identity, of a node's name, or of a number such
    /// as `machine-3`; nil when there is none.
    public func machine(_ text: String) -> MachineID? {
        if let identity = names.identities.id(of: text),
            let machine = engine.ledger.machine(with: identity)
        {
            return machine
        }
        if let node = names.nodes.id(of: text) {
            if let machine = engine[node]?.machine { return machine }
            return engine.ledger.machines.filter { $0.lastNode == node }
                .max { $0.lastArrival < $1.lastArrival }?.id
        }
        guard text.hasPrefix("machine-"), let number = Int(text.dropFirst(8)),
            engine.ledger.machines.indices.contains(number)
        else { return nil }
        return MachineID(number)
    }

    /// Machines in the order in which they were first seen, from one on; only those with
    /// something against them when `isBadOnly`.
    public func page(
        from first: Int, limit: Int, isBadOnly: Bool
    ) -> (machines: [MachineID], next: Int?) {
        var found: [MachineID] = []
        for index in engine.ledger.machines.indices.dropFirst(first) {
            let id = MachineID(index)
            if isBadOnly, engine.ledger.reasons(against: id).isEmpty { continue }
            guard found.count < limit else { return (found, index) }
            found.append(id)
        }
        return (found, nil)
    }

    /// A machine in a line.
    public func write(_ id: MachineID, to json: inout JSONBytes) {
        json.object { json in summary(id, &json) }
    }

    private func summary(_ id: MachineID, _ json: inout JSONBytes) {
        let machine = engine.ledger.machines[id.index]
        let node = machine.node.flatMap { engine[$0] }
        json.member("machine", "machine-\(id)")
        json.member("chassis", machine.chassis.map { names.identity($0) })
        json.member("node", machine.node.map { names.node($0) })
        json.member("lastNode", machine.lastNode.map { names.node($0) })
        json.member("state", node.map { HealthJSON.token($0.track.state) } ?? "away")
        json.member("devices", machine.parts.count)
        json.member("score", engine.lemonScore(of: id))
        json.member("provedAt", time: machine.history.lastProof?.at.wall)
        json.key("open")
        json.array(engine.ledger.reasons(against: id)) { $0.string(reason($1)) }
        counts(machine.history.counts, &json)
    }

    /// Everything that is known of a machine, with a text for its provider. Lines of its kernel's
    /// log name processes, which are not everybody's to see: `told` are those that the text shows.
    public func writeAll(
        _ id: MachineID, withLines: Bool, told: [HardwareRow], to json: inout JSONBytes
    ) {
        let machine = engine.ledger.machines[id.index]
        let node = machine.node ?? machine.lastNode
        json.object { json in
            summary(id, &json)
            json.key("nics")
            json.array(machine.nics) { $0.string(names.identity($1)) }
            history(machine.history, &json)
            json.key("parts")
            json.array(machine.parts.enumerated()) { json, entry in
                json.object { json in
                    json.member("index", entry.offset)
                    guard let id = entry.element else { return }
                    let part = engine.ledger.parts[id.index]
                    json.member("uuid", part.uuid.map { names.identity($0) })
                    json.member("boardSerial", part.boardSerial.map { names.identity($0) })
                    json.member("slot", part.slot.map { names.identities.text($0) })
                    json.member("guid", part.guid.map { names.identity($0) })
                    seat(part.seat, &json)
                    fabric(part.fabric, &json)
                    json.member("provedAt", time: part.history.lastProof?.at.wall)
                    counts(part.history.counts, &json)
                    history(part.history, &json)
                }
            }
            json.key("lines")
            let lines = withLines ? machine.node.map { desk.lines(of: $0) } ?? [] : []
            json.array(lines) { json, line in
                json.object { json in
                    json.member("number", line.number)
                    json.member("time", time: line.at)
                    json.member("text", line.text)
                }
            }
            json.member("why", machine.node.flatMap { engine.whyOut($0, names) })
            let moment = engine.clock.moment
            json.member("ticket", node.map { ticket(id, $0, told, at: moment) })
        }
    }

    /// The text for the provider, with the versions that the machine is known to have now.
    private func ticket(
        _ id: MachineID, _ node: NodeID, _ told: [HardwareRow], at moment: Moment
    ) -> String {
        let found = engine.ledger.machines[id.index].node.flatMap {
            desk.stacks.versions(of: $0)?.found
        }
        return engine.ledger.evidence(of: id, node: node, at: moment).ticketText(
            names, versions: found?.map { "\($0.part.name) \($0.version.text)" } ?? [],
            told: told.reversed().compactMap { row in row.line.map { (row.at, $0) } })
    }

    private func counts(_ counts: HistoryCounts, _ json: inout JSONBytes) {
        json.key("counts")
        json.object { json in
            json.member("faults", counts.faults)
            json.member("severeFaults", counts.severeFaults)
            json.member("passedTests", counts.passedTests)
            json.member("failedTests", counts.failedTests)
            json.member("repairs", counts.repairs)
            json.member("jobs", counts.jobs)
            json.member("blamedJobs", counts.blamedJobs)
            json.member("places", counts.places)
            json.member("outages", counts.outages)
        }
    }

    private func history(_ history: HardwareHistory, _ json: inout JSONBytes) {
        json.member("isRetired", history.isRetired)
        json.member("repairedAt", time: history.repairedAt?.wall)
        json.key("faults")
        json.array(history.faults) { json, fault in
            json.object { json in
                json.member("time", time: fault.at.wall)
                json.member("cause", names.cause(fault.cause))
                json.member("severity", "\(fault.severity)")
                json.member("action", "\(fault.action)")
                json.member("rule", names.rule(fault.rule))
                json.member("version", names.version(fault.version))
                json.member("node", names.node(fault.node))
            }
        }
        json.key("tests")
        json.array(history.tests) { json, test in
            json.object { json in
                json.member("time", time: test.at.wall)
                json.member("level", "\(test.outcome.level)")
                json.member("verdict", "\(test.outcome.verdict)")
                json.member("failed", test.outcome.failedTests.map { names.test($0) })
                json.member("node", names.node(test.node))
            }
        }
        json.key("repairs")
        json.array(history.repairs) { json, repair in
            json.object { json in
                json.member("time", time: repair.at.wall)
                json.member("action", "\(repair.action)")
                json.member("outcome", repair.outcome.map { "\($0)" })
                json.member("cause", repair.cause.map { names.cause($0) })
            }
        }
        json.key("jobs")
        json.array(history.jobs) { json, job in
            json.object { json in
                json.member("time", time: job.at.wall)
                json.member("job", job.job.rawValue)
                json.member("cause", job.cause.name)
                json.member("isSuspect", job.isSuspect)
            }
        }
        json.key("places")
        json.array(history.places) { json, place in
            json.object { json in
                json.member("node", names.node(place.node))
                seat(place.seat, &json)
                json.member("from", time: place.from.wall)
                json.member("until", time: place.until?.wall)
            }
        }
    }

    private func seat(_ seat: DeviceSeat?, _ json: inout JSONBytes) {
        guard let seat else { return json.member("seat", String?.none) }
        json.key("seat")
        json.object { json in
            json.member("chassis", seat.chassis.map { names.identities.text($0) })
            json.member("slot", seat.slot.map(Int.init))
            json.member("tray", seat.tray.map(Int.init))
            json.member("host", seat.host.map(Int.init))
            json.member("module", seat.module.map(Int.init))
            json.member("peer", seat.peer.map(Int.init))
        }
    }

    private func fabric(_ fabric: FabricPlace?, _ json: inout JSONBytes) {
        guard let fabric else { return json.member("fabric", String?.none) }
        json.key("fabric")
        json.object { json in
            json.member("cluster", names.identities.text(fabric.cluster))
            json.member("clique", fabric.clique)
        }
    }

    private func reason(_ reason: BadReason) -> String {
        switch reason {
        case .retiredMachine: "retired"
        case .retiredDevice(let part): "device \(engine.ledger.parts[part.index].index): retired"
        case .openFault(let fault): names.cause(fault.cause)
        case .openDeviceFault(let part, let fault):
            "device \(engine.ledger.parts[part.index].index): \(names.cause(fault.cause))"
        }
    }
}
