import FleetModel

extension HardwareLedger {
    /// Finds out which machine a node is, and moves it there.
    ///
    /// The chassis' serial decides where it is told and nobody else who is there has it. Without
    /// one, the machine is that to which more than half of the devices belong, else most of the
    /// network interfaces. Devices go by their UUID, or by their board's serial where that is all
    /// there is. A device that another node has at the same time belongs to that one: the arrival
    /// is contested and gets none of it.
    public mutating func arrive(
        _ node: NodeID, _ told: HardwareReport, policy: ArrivalPolicy, at moment: Moment
    ) -> LedgerArrival {
        let report = told.within(limits: FleetLimits.devicesPerNode)
        var contradictions: [Contradiction] = []
        let chassis = usable(chassis: report.chassis, node, &contradictions)
        let found = knownParts(of: report, node, &contradictions)
        let nics = unique(report.nics.filter { !shared.contains($0) })
        let isNameless =
            report.chassis == nil && nics.isEmpty
            && report.devices.allSatisfy { $0.uuid == nil && $0.boardSerial == nil }
        let machine =
            identify(chassis, found, nics, node, &contradictions)
            ?? nameless(node, isNameless: isNameless)
            ?? (found.contains(where: \.isContested) ? present(node) : nil)
        var isContested = found.contains(where: \.isContested)
        if let serial = report.chassis, chassis == nil, !shared.contains(serial), !isContested {
            // Other devices under the serial of a chassis that is there: it tells nothing apart.
            // Without such devices nobody can say which of the two nodes is the machine.
            if found.contains(where: { $0.uuid != nil }) || areApart(serial, nics) {
                share(serial)
            } else {
                isContested = true
            }
        }
        let wasKnown = machine != nil
        let id = machine ?? add(MachineRecord.self)
        let isRenamed = machines[id.index].lastNode.map { $0 != node } ?? false
        adopt(chassis, nics, by: id)
        let replaced = fill(id, report, found, node, moment, wasKnown, &contradictions)
        name(id, node)
        if machines[id.index].history.places.last.map({ $0.node != node || $0.until != nil })
            ?? true
        {
            machines[id.index].history.enter(
                PlaceRecord(node: node, machine: id, index: nil, from: moment, until: nil),
                keeps: kept)
            hand(machines[id.index].history.places.last.map { .place($0) }, of: id)
        }
        let answering = Int32(clamping: report.devices.count)
        if answering < report.deviceCount {
            contradictions.append(.tooFewDevices(have: answering, expected: report.deviceCount))
        }
        return LedgerArrival(
            machine: id, parts: machines[id.index].parts, contradictions: contradictions,
            standing: standing(
                of: id, contradictions, isRenamed: isRenamed, isNew: !wasKnown, policy, moment),
            isRenamed: isRenamed, replacedDevices: replaced, isContested: isContested)
    }

    private func standing(
        of machine: MachineID, _ contradictions: [Contradiction], isRenamed: Bool, isNew: Bool,
        _ policy: ArrivalPolicy, _ moment: Moment
    ) -> Standing {
        let reasons = reasons(against: machine)
        if !reasons.isEmpty { return .knownBad(reasons, isRenamed: isRenamed) }
        if !contradictions.isEmpty { return .contradictory(contradictions) }
        guard !isNew, let proof = machines[machine.index].history.lastProof,
            moment.engine - proof.at.engine <= policy.proofLifetime
        else { return .new }
        // A device that came later than the proof was not a part of it.
        let areAllProved = machines[machine.index].parts.allSatisfy { part in
            part.map { parts[$0.index].history.lastProof != nil } ?? true
        }
        return areAllProved ? .knownGood(provedAt: proof.at) : .new
    }

    /// Whether the network interfaces of a node tell it apart from the machine that has the serial
    /// of its chassis: sleds of one enclosure say the same serial.
    private func areApart(_ serial: IdentityID, _ nics: [IdentityID]) -> Bool {
        guard let other = machineOfChassis[serial] else { return false }
        let theirs = machines[other.index].nics
        return !nics.isEmpty && !theirs.isEmpty && !nics.contains(where: theirs.contains)
    }

    private mutating func usable(
        chassis: IdentityID?, _ node: NodeID, _ contradictions: inout [Contradiction]
    ) -> IdentityID? {
        guard let chassis, !shared.contains(chassis) else { return nil }
        guard let machine = machineOfChassis[chassis],
            let other = machines[machine.index].node, other != node
        else { return chassis }
        // Two nodes in one chassis, or a serial that was never set: either way it does not tell
        // them apart. The machine that has it keeps it.
        contradictions.append(.sharedChassis(chassis, with: other))
        return nil
    }

    /// The device of each report by position; nil for one that is new, or belongs to another node.
    private func knownParts(
        of report: HardwareReport, _ node: NodeID, _ contradictions: inout [Contradiction]
    ) -> [KnownPart] {
        var seen: [IdentityID] = []
        var claimed: [PartID] = []
        return report.devices.map { device in
            var uuid = device.uuid.flatMap { shared.contains($0) ? nil : $0 }
            let serial = device.boardSerial.flatMap { shared.contains($0) ? nil : $0 }
            if let repeated = uuid, seen.contains(repeated) {
                contradictions.append(.repeatedInReport(repeated))
                uuid = nil
            } else if let uuid {
                seen.append(uuid)
            }
            var known = KnownPart(part: nil, uuid: uuid, serial: serial, isContested: false)
            guard let part = part(uuid, serial), !claimed.contains(part) else {
                // A board that another device of the report is on says nothing of this one.
                known.hasVote = uuid != nil || serial.map { partOfSerial[$0] == nil } ?? false
                return known
            }
            claimed.append(part)
            if let machine = parts[part.index].machine, let other = machines[machine.index].node,
                other != node
            {
                contradictions.append(.sharedDevice(part, with: other))
                known.isContested = true
            } else {
                known.part = part
            }
            return known
        }
    }

    /// The device with a UUID; or, where that is not told or not known yet, with a board's serial.
    private func part(_ uuid: IdentityID?, _ serial: IdentityID?) -> PartID? {
        if let uuid, let part = partOfUUID[uuid] { return part }
        guard let part = serial.flatMap({ partOfSerial[$0] }) else { return nil }
        return uuid == nil || parts[part.index].uuid == nil ? part : nil
    }

    private func identify(
        _ chassis: IdentityID?, _ found: [KnownPart], _ nics: [IdentityID], _ node: NodeID,
        _ contradictions: inout [Contradiction]
    ) -> MachineID? {
        if let chassis, let machine = machineOfChassis[chassis] { return machine }
        let machine =
            majority(
                of: found.filter(\.hasVote).map { $0.part.flatMap { parts[$0.index].machine } },
                node)
            ?? majority(of: nics.map { machineOfNic[$0] }, node)
        guard let machine else { return nil }
        if let chassis, machines[machine.index].chassis.map({ $0 != chassis }) ?? false {
            contradictions.append(.otherChassis(machine, chassis))
            return nil
        }
        return machine
    }

    /// The machine that more than half of the votes name, if no other node is that machine.
    private func majority(of votes: [MachineID?], _ node: NodeID) -> MachineID? {
        let known = votes.compactMap { $0 }.sorted()
        // Whoever has more than half of all votes has the one in the middle of those cast.
        guard !known.isEmpty else { return nil }
        let middle = known[known.count / 2]
        let count = known.reduce(0) { $0 + ($1 == middle ? 1 : 0) }
        guard count * 2 > votes.count else { return nil }
        let other = machines[middle.index].node
        return other == nil || other == node ? middle : nil
    }

    /// The machine that the node of this name was last. A report without any identity, as of a node
    /// that comes up without its devices, contradicts nothing; and a node that is there may only
    /// now say what it is.
    private func nameless(_ node: NodeID, isNameless: Bool) -> MachineID? {
        guard let machine = machine(lastOf: node) else { return nil }
        let now = machines[machine.index].node
        if isNameless { return now == nil || now == node ? machine : nil }
        return now == node && isAnonymous(machine) ? machine : nil
    }

    /// The machine that a node is now: one that is contested is no new one each time it is looked
    /// at again.
    private func present(_ node: NodeID) -> MachineID? {
        guard let machine = machine(lastOf: node), machines[machine.index].node == node else {
            return nil
        }
        return machine
    }

    /// Whether nothing but the node's name tells a machine from others.
    func isAnonymous(_ machine: MachineID) -> Bool {
        let record = machines[machine.index]
        return record.chassis == nil && record.nics.isEmpty
            && record.parts.allSatisfy { part in
                part.map { parts[$0.index].uuid == nil && parts[$0.index].boardSerial == nil }
                    ?? true
            }
    }

    private mutating func add(_: MachineRecord.Type) -> MachineID {
        let id = MachineID(machines.count)
        machines.append(MachineRecord(id: id, chassis: nil, nics: [], parts: []))
        return id
    }

    private mutating func adopt(_ chassis: IdentityID?, _ nics: [IdentityID], by id: MachineID) {
        if let chassis, machines[id.index].chassis == nil {
            machines[id.index].chassis = chassis
            machineOfChassis[chassis] = id
        }
        for nic in nics where !machines[id.index].nics.contains(nic) {
            guard machines[id.index].nics.count < HardwareReport.nicsKept else { break }
            if let owner = machineOfNic[nic] {
                // A card that moved, unless its machine is there and has it still.
                guard machines[owner.index].node == nil else { continue }
                machines[owner.index].nics.removeAll { $0 == nic }
            }
            machines[id.index].nics.append(nic)
            machineOfNic[nic] = id
        }
    }

    /// Puts the devices of a report into their places; returns where another one stood before.
    private mutating func fill(
        _ machine: MachineID, _ report: HardwareReport, _ found: [KnownPart], _ node: NodeID,
        _ moment: Moment, _ wasKnown: Bool, _ contradictions: inout [Contradiction]
    ) -> UInt64 {
        let before = machines[machine.index].parts
        var after = before
        while after.count < Int(report.deviceCount) { after.append(nil) }
        var here: [PartID] = []
        var strangers: Int32 = 0
        let named = found.compactMap(\.part)
        for (device, known) in zip(report.devices, found) where !known.isContested {
            let part = known.part ?? anonymous(device, before, named + here) ?? add(known)
            here.append(part)
            let last = parts[part.index].machine
            if let last, last != machine {
                contradictions.append(.movedDevice(part, from: last))
                remove(part, from: last)
            }
            if wasKnown, last != machine { strangers += 1 }
            settle(part, known, at: device, in: machine, node, moment)
        }
        // Where nothing answers, what belongs there may have fallen off the bus: it stays.
        for index in after.indices {
            if let part = after[index], here.contains(part) {
                after[index] = nil
            }
        }
        var replaced: UInt64 = 0
        for part in here {
            let index = Int(parts[part.index].index)
            if let old = after[index], old != part {
                leaveBehind(old, at: moment)
                replaced |= 1 << UInt64(index)
            } else if wasKnown, index < before.count, let old = before[index], old != part {
                replaced |= 1 << UInt64(index)
            }
            after[index] = part
        }
        machines[machine.index].parts = after
        if wasKnown, strangers > 0, !before.isEmpty {
            contradictions.append(.otherDevices(machine, count: strangers))
        }
        for case .some(let part) in after where !here.contains(part) {
            contradictions.append(.missingDevice(part))
        }
        return replaced
    }

    /// The device that stood in the same place, where one of the two tells no identity: what says
    /// nothing of itself (as before the driver's library has answered) is no other one, and one
    /// without an identity only tells now what it is.
    private func anonymous(
        _ device: DeviceReport, _ before: [PartID?], _ taken: [PartID]
    ) -> PartID? {
        guard Int(device.index) < before.count, let part = before[Int(device.index)],
            !taken.contains(part)
        else { return nil }
        let saysNothing = device.uuid == nil && device.boardSerial == nil
        let wasNameless = parts[part.index].uuid == nil && parts[part.index].boardSerial == nil
        return saysNothing || wasNameless ? part : nil
    }

    private mutating func add(_ known: KnownPart) -> PartID {
        let id = PartID(parts.count)
        parts.append(
            PartRecord(
                id: id, uuid: known.uuid, boardSerial: known.serial, machine: nil, index: 0,
                slot: nil))
        if let uuid = known.uuid { partOfUUID[uuid] = id }
        if let serial = known.serial, partOfSerial[serial] == nil { partOfSerial[serial] = id }
        return id
    }

    private mutating func settle(
        _ part: PartID, _ known: KnownPart, at device: DeviceReport, in machine: MachineID,
        _ node: NodeID, _ moment: Moment
    ) {
        let last = parts[part.index].history.places.last
        let isSamePlace =
            last.map {
                $0.node == node && $0.machine == machine && $0.index == device.index
                    && $0.until == nil
                    && !($0.seat.map { $0.differs(from: device.seat) } ?? false)
            } ?? false
        let before = isSamePlace ? last?.seat : nil
        parts[part.index].seat = device.seat.map { $0.completed(by: before) } ?? before
        let guid = device.guid.flatMap { shared.contains($0) ? nil : $0 }
        parts[part.index].guid = guid ?? parts[part.index].guid
        parts[part.index].fabric = device.fabric ?? parts[part.index].fabric
        parts[part.index].machine = machine
        parts[part.index].index = device.index
        parts[part.index].slot = device.slot
        if parts[part.index].uuid == nil, let uuid = known.uuid {
            parts[part.index].uuid = uuid
            partOfUUID[uuid] = part
        }
        if parts[part.index].boardSerial == nil, let serial = known.serial {
            parts[part.index].boardSerial = serial
            // The same rule as after a restore: of several, the one that was known first.
            if partOfSerial[serial].map({ part < $0 }) ?? true { partOfSerial[serial] = part }
        }
        guard !isSamePlace else {
            guard var place = last, place.seat != parts[part.index].seat else { return }
            // What says only now where it sits has sat there before; its rows do not say so yet.
            place.seat = parts[part.index].seat
            parts[part.index].history.seat(place.seat)
            place.from = moment
            return hand(.place(place), of: machine, part)
        }
        parts[part.index].history.enter(
            PlaceRecord(
                node: node, machine: machine, index: device.index, seat: device.seat,
                from: moment, until: nil),
            keeps: kept)
        hand(parts[part.index].history.places.last.map { .place($0) }, of: machine, part)
    }

    private mutating func remove(_ part: PartID, from machine: MachineID) {
        let places = machines[machine.index].parts
        for index in places.indices where places[index] == part {
            machines[machine.index].parts[index] = nil
        }
    }

    /// Another device stands in its place: it belongs to no machine until it is seen again.
    private mutating func leaveBehind(_ part: PartID, at moment: Moment) {
        if let machine = parts[part.index].machine,
            let place = parts[part.index].history.places.last, place.until == nil
        {
            hand(.left(place.node, at: moment), of: machine, part)
        }
        parts[part.index].machine = nil
        parts[part.index].history.leave(at: moment)
    }

    private func unique(_ identities: [IdentityID]) -> [IdentityID] {
        var seen: [IdentityID] = []
        for identity in identities where !seen.contains(identity) { seen.append(identity) }
        return seen
    }
}

/// What the ledger knows of one device of a report.
private struct KnownPart {
    var part: PartID?
    var uuid: IdentityID?
    var serial: IdentityID?
    var isContested: Bool
    /// Whether it says anything about which machine it is.
    var hasVote = true
}
