import AgentWire
import FleetModel
import Health
import HealthControl
import HealthSignals
import Qualification
import Stacks
import Store

extension ControlPlane: AgentEvents {
    /// Agents of nodes that are gone for so long begin anew when they come back.
    private static let marksKept = TimeSpan.seconds(30 * 86_400)

    /// The marks of agents that were heard in the last thirty days.
    public func marks() async throws -> [AgentMark] {
        try await perform { driver in
            let oldest = Instant(
                nanoseconds: driver.clock.now().nanoseconds - ControlPlane.marksKept.nanoseconds)
            driver.pending.others.append { try $0.deleteAgents(before: oldest) }
        }
        return try store.read { try $0.agents() }.map { try AgentMark($0) }
    }

    /// Keeps what follows from a message. Throws `M0604` for a node that is not in the fleet (yet):
    /// its agent keeps what it has and tries again.
    public func take(_ reception: AgentReception) async throws {
        try await perform { try $0.take(reception) }
    }
}

extension Driver {
    /// A node is told to live with every second message at most, not with each.
    private static let heardSeconds: Int64 = 45

    fileprivate func take(_ reception: AgentReception) throws {
        guard let node = view.directory.fleet.nodeNames.id(of: reception.node),
            view.nodes[node.index] != nil
        else {
            throw OperatingError(
                .notFound, "there is no node '\(reception.node.prefix(200))'",
                hint: "the name is that of the node in the fleet: `muster nodes` lists them")
        }
        now = max(now, clock.now())
        var faults: [SeenFault] = []
        var isToBeKept = false
        var samples: [AgentSample] = []
        var changes: [MetricChange] = []
        for event in reception.events {
            switch event {
            case .arrived(let report, let boot):
                metrics.note(boot, of: node, into: &changes)
                tellFaults(&faults, of: node)
                take(HardwareFacts(report), of: node, from: .agent)
                note(report.foundVersions, of: node, from: .watcher)
                isToBeKept = true
            case .record(let record):
                isToBeKept = true
                take(record, of: node, &faults)
            case .lost(let count):
                isToBeKept = true
                tell("health", node, "\(count) records of its agent are lost")
            case .samples(let told, _): samples += told
            case .heard: noteHeard(node)
            }
        }
        tellFaults(&faults, of: node)
        metrics.note(samples, of: node, signs: desk.signs(of: node), at: now, into: &changes)
        tell(changes, of: node)
        // What says nothing that counts may be taken twice.
        guard isToBeKept else { return }
        let row = AgentRow(reception.mark)
        pending.others.append { try $0.putAgent(row) }
    }

    private func take(_ record: AgentRecord, of node: NodeID, _ faults: inout [SeenFault]) {
        switch record.body {
        case .fault(let fault): faults.append(SeenFault(at: record.at, fault))
        case .repeated(let fault, let count):
            // No rule counts further.
            let told = Int(min(count, UInt64(FaultLimits.repetitionDepth)))
            faults += Array(repeating: SeenFault(at: record.at, fault), count: told)
        case .devicesSilent(let device):
            tellFaults(&faults, of: node)
            tellHealth(.devicesSilent(node, device: device.map(Int32.init)))
            showsHealth = true
        case .devicesAnswer: tell("health", node, "its devices answer again")
        case .logOverrun: tell("health", node, "lines of its kernel log were lost unread")
        }
    }

    private func tellFaults(_ faults: inout [SeenFault], of node: NodeID) {
        guard !faults.isEmpty else { return }
        tellHealth(.faults(node, faults))
        showsHealth = true
        faults = []
    }

    private func noteHeard(_ node: NodeID) {
        guard desk.engine[node] != nil else { return }
        hearing.note(node, at: now)
        let silence = desk.engine.silence(of: node, at: now)
        guard silence.map({ $0 >= .seconds(Driver.heardSeconds) }) ?? true else { return }
        tellHealth(.engine(.heard(node)))
    }
}

extension MachineReport {
    /// Its versions as parts of a stack. Others, such as that of the BIOS, are none.
    var foundVersions: [FoundVersion] {
        var found = versions.compactMap { told -> FoundVersion? in
            StackPart.allCases.first { $0.name == told.part }.map {
                FoundVersion($0, told.version, at: "agent")
            }
        }
        if let module = versions.first(where: { $0.part == "gdrdrv" }) {
            found.append(FoundVersion(.gdrcopy, module.version, at: "agent"))
        }
        for interface in interfaces where !interface.firmware.isEmpty {
            found.append(FoundVersion(.firmware, interface.firmware, at: interface.name))
        }
        return found
    }
}

extension HardwareFacts {
    /// What a machine says of itself.
    init(_ report: MachineReport) {
        self.init(
            chassis: report.chassisSerial,
            devices: report.devices.map { device in
                Device(
                    index: Int32(device.index), uuid: device.uuid, boardSerial: device.boardSerial,
                    slot: device.address?.text ?? device.slot, place: Place(device))
            },
            nics: report.interfaces.map(\.guid).filter { !$0.isEmpty },
            deviceCount: report.devicesOnBus.map(Int32.init))
        interfaces = report.interfaces.filter { !$0.guid.isEmpty }.map {
            Interface(guid: $0.guid, name: $0.name, slot: $0.address?.text ?? "")
        }
    }
}

extension HardwareFacts.Place {
    /// Where a device says that it sits; nil when it says nothing of that.
    fileprivate init?(_ device: ReportedDevice) {
        guard device.seat != nil || device.fabric != nil else { return nil }
        self.init()
        if let told = device.seat {
            guid = told.guid
            chassis = told.chassisSerial
            seat = DeviceSeat(
                slot: told.slot.map(Int32.init), tray: told.tray.map(Int32.init),
                host: told.host.map(Int32.init), module: told.module.map(Int32.init),
                peer: told.peer.map(Int32.init))
        }
        if let told = device.fabric {
            cluster = told.cluster
            clique = Int64(told.clique)
        }
    }
}
