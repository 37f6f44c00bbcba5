import FleetModel

extension HealthEngine {
    /// Everything that is wrong with the state; empty when all is well. O(state).
    public func checkInvariants() -> [String] {
        var broken: [String] = []
        checkNodes(&broken)
        checkOperations(&broken)
        checkPairs(&broken)
        checkWaiting(&broken)
        checkLedger(&broken)
        let serving = nodes.reduce(0) { $0 + ($1?.track.state.takesWork == true ? 1 : 0) }
        if losses.inService != Int64(serving) { broken.append("the count in service is off") }
        let contesting = nodes.compactMap { $0?.isContested == true ? $0?.id : nil }
        if contested != contesting {
            broken.append("the list of contested nodes is off")
        }
        var counted = CapacityBook()
        for case .some(let node) in nodes { counted.set(node.id, capacityEntry(of: node.id)) }
        for node in nodes {
            let domain = node.flatMap { faultDomain(of: $0) }
            if capacity.figures(for: domain) != counted.figures(for: domain) {
                broken.append("the book of capacity is off")
                break
            }
        }
        if !output.isEmpty { broken.append("directives were left behind") }
        return broken
    }

    private func checkNodes(_ broken: inout [String]) {
        for (index, slot) in nodes.enumerated() {
            guard let node = slot else { continue }
            let name = "node \(index)"
            if node.id.index != index { broken.append("\(name): another id") }
            guard ledger.machines.indices.contains(node.machine.index) else {
                broken.append("\(name): no such machine")
                continue
            }
            if ledger.machines[node.machine.index].node != node.id {
                broken.append("\(name): its machine is elsewhere")
            }
            if node.hold != nil, node.track.state.takesWork {
                broken.append("\(name): in service and not taken in")
            }
            let isLent = node.lentTo != nil
            if node.isCordoned != (node.hold != nil || !node.track.state.takesWork || isLent) {
                broken.append("\(name): the cordon is off")
            }
            if node.toldUnhealthy != node.unhealthyDevices {
                broken.append("\(name): the devices that were told are off")
            }
            if node.restack?.phase == .installing, !hasOperation(node.id) {
                broken.append("\(name): another stack is installed by nobody")
            }
            if node.restack != nil, node.track.state == .retired {
                broken.append("\(name): retired with an order for a stack")
            }
            if node.busyDevices != 0, !node.isBusy { broken.append("\(name): busy and not") }
            check(node.track, "\(name)", node, nil, &broken)
            for (device, track) in node.devices.enumerated() {
                check(track, "\(name), device \(device)", node, Int32(device), &broken)
            }
        }
    }

    private func check(
        _ track: HealthTrack, _ name: String, _ node: NodeHealth, _ device: Int32?,
        _ broken: inout [String]
    ) {
        let pending = operations.first { $0.id == track.operation }
        if track.operation != nil, pending?.node != node.id || pending?.device != device {
            broken.append("\(name): waits for an operation that is not there")
        }
        if track.state == .repairing, pending?.isRepair != true {
            broken.append("\(name): repairing without a repair")
        }
        let awaitsNetwork = device == nil && node.network != nil
        if track.state == .qualifying, pending.map(\.isRepair) ?? !awaitsNetwork {
            broken.append("\(name): qualifying without a test")
        }
        if track.state.takesWork, track.outSince != nil {
            broken.append("\(name): in service and out since")
        }
        if track.kept.count > HealthTrack.keptFindings
            || track.decisions.count > HealthTrack.keptDecisions
        {
            broken.append("\(name): keeps more than it may")
        }
    }

    private func checkOperations(_ broken: inout [String]) {
        for (operation, next) in zip(operations, operations.dropFirst())
        where operation.id >= next.id {
            broken.append("operations are out of order")
        }
        for operation in operations {
            guard let node = self[operation.node] else {
                broken.append("operation \(operation.id.rawValue): for a node that is gone")
                continue
            }
            let track = operation.device.map { node.devices[Int($0)] } ?? node.track
            if track.operation != operation.id {
                broken.append("operation \(operation.id.rawValue): nobody waits for it")
            }
            if operation.asks > policy.repair.asks, policyVersion == 1 {
                broken.append("operation \(operation.id.rawValue): asked too often")
            }
        }
    }

    private func checkWaiting(_ broken: inout [String]) {
        guard runningRepairs < Int(policy.breakers.concurrentRepairs) else { return }
        for case .some(let node) in nodes where node.isHeldBack {
            for track in [node.track] + node.devices
            where track.held == .concurrentRepairs && track.state == .quarantined {
                broken.append("node \(node.id): a repair waits and there is a place")
            }
        }
    }

    private func checkLedger(_ broken: inout [String]) {
        for machine in ledger.machines {
            if let node = machine.node, self[node]?.machine != machine.id {
                broken.append("machine \(machine.id): its node is another machine")
            }
            for (index, part) in machine.parts.enumerated() {
                guard let part else { continue }
                let record = ledger.parts[part.index]
                if record.machine != machine.id || Int(record.index) != index {
                    broken.append("machine \(machine.id): device \(index) is elsewhere")
                }
            }
            if machine.history.faults.count > Int(ledger.kept) && policyVersion == 1
                || machine.history.open.count > HardwareHistory.openKept
                || machine.attempts.count > MachineRecord.attemptsKept
            {
                broken.append("machine \(machine.id): keeps more than it may")
            }
        }
        for part in ledger.parts {
            guard let machine = part.machine else { continue }
            let places = ledger.machines[machine.index].parts
            if !places.indices.contains(Int(part.index)) || places[Int(part.index)] != part.id {
                broken.append("device \(part.id): its machine does not know it")
            }
        }
    }
}
