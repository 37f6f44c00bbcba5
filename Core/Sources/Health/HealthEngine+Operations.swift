import FleetModel

extension HealthEngine {
    /// Asks for something under a new id.
    mutating func ask(_ kind: OperationKind, of node: NodeID, device: Int32?) -> OperationID {
        let id = OperationID(nextOperation)
        nextOperation += 1
        let operation = Operation(
            id: id, node: node, device: device, kind: kind, begunAt: moment, askedAt: moment,
            asks: 1)
        operations.append(operation)
        output.append(operation.directive)
        return id
    }

    /// Whether an operation waits for its answer. One that was taken back since it was asked for
    /// need not be carried out.
    public func isOutstanding(_ id: OperationID) -> Bool { place(of: id) != nil }

    /// Where an operation is among those that are outstanding, which are in the order of their ids.
    /// O(log n): tests of a whole fleet are outstanding together.
    func place(of id: OperationID) -> Int? {
        var (low, high) = (0, operations.count)
        while low < high {
            let middle = (low + high) / 2
            if operations[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < operations.count && operations[low].id == id ? low : nil
    }

    /// What a node and its devices wait for. Each operation is waited for by one of them.
    func operations(of node: NodeHealth) -> [Operation] {
        ([node.track] + node.devices).compactMap(\.operation).compactMap(place)
            .map { operations[$0] }
    }

    func hasOperation(_ node: NodeID) -> Bool {
        guard let node = self[node] else { return false }
        return node.track.operation != nil || node.devices.contains { $0.operation != nil }
    }

    mutating func late(_ id: OperationID, on node: NodeID) {
        counters.lateAnswers += 1
        tell(.lateAnswer(node, id))
    }

    /// Asks again for what has had no answer for too long, and gives up in the end.
    mutating func tendOperations(of node: NodeID) {
        guard let known = self[node] else { return }
        for operation in operations(of: known) {
            guard operation.due(policy.repair) <= clock.engine,
                let index = place(of: operation.id)
            else { continue }
            if operation.asks < policy.repair.asks {
                operations[index].asks += 1
                operations[index].askedAt = moment
                tell(.askedAgain(node, operation.id, asks: operation.asks + 1))
                output.append(operation.directive)
                continue
            }
            operations.remove(at: index)
            tell(.lostOperation(node, operation.id))
            switch operation.kind {
            case .repair(let action): finish(operation, action, .failed)
            case .restack(let stack): finish(operation, stack, .failed)
            case .qualify(let level, _, _), .pair(_, let level):
                finish(operation, .noAnswer(level))
            }
        }
    }

    /// The level that proves what was wrong and what was done.
    private func level(
        for track: HealthTrack, need: FaultAction, isArrival: Bool
    )
        -> QualificationLevel
    {
        let action = max(track.performed, need, track.rung)
        let level = policy.repair.levels[Int(action.rawValue)]
        return isArrival ? max(level, policy.arrival.level) : level
    }

    /// Begins the test of a node on arrival or after a repair.
    mutating func beginTest(of node: NodeHealth, from state: HealthState) -> Bool {
        guard !node.isBusy, !hasOperation(node.id), isReady(node.track, node.id, nil) else {
            return false
        }
        let isArrival = state == .unqualified
        let level = max(
            level(for: node.track, need: need(of: node), isArrival: isArrival),
            node.restack?.phase == .installed ? node.restack?.level ?? .seconds : .seconds)
        let outside = HealthEngine.components(of: node)
        let components = node.devices.reduce(node.track.components.union(outside)) {
            $1.isOut ? $0.union($1.components) : $0
        }
        return begin(
            level, components, devices: node.answering & node.allDevices, of: node, nil,
            isArrival ? .arrivalTested : nil)
    }

    /// Begins the test of one device of a node that works.
    mutating func beginTest(of index: Int, of node: NodeHealth, from state: HealthState) -> Bool {
        let track = node.devices[index]
        guard !hasOperation(node.id), isReady(track, node.id, Int32(index)) else { return false }
        let level = level(for: track, need: track.wanted, isArrival: state == .unqualified)
        return begin(
            level, track.components.union(.ofOneDevice), devices: 1 << UInt64(index), of: node,
            Int32(index), state == .unqualified ? .hardwareReplaced : nil)
    }

    /// Begins the test of an idle node that is suspect, if that takes little from the fleet.
    mutating func beginIdleTest(of node: NodeHealth) -> Bool {
        guard wantsIdleTest(node), !node.isBusy, !hasOperation(node.id) else { return false }
        // Faults of its devices come first.
        guard !node.devices.contains(where: { $0.wanted.takesOut && $0.held == nil }) else {
            return false
        }
        if let tested = node.idleTestedAt,
            clock.engine - tested < policy.suspicion.idleTestInterval, !node.isTestWanted
        {
            return false
        }
        guard hasRoom(toTest: node) else { return false }
        let devices = node.answering & node.allDevices & ~node.unhealthyDevices
        guard devices != 0 || node.devices.isEmpty else { return false }
        nodes[node.id.index]?.idleTestedAt = clock.engine
        nodes[node.id.index]?.isTestWanted = false
        return begin(
            policy.suspicion.idleLevel, HealthEngine.components(of: node), devices: devices,
            of: node, nil, .idleTest)
    }

    /// Whether the fleet can do without a node while it is tested. Where a test is asked for of a
    /// node that nothing is suspected of, people have judged that, or it is one of the few that
    /// show whom others can reach.
    ///
    /// Half of what may be out is left to faults, and nine tenths of it to those and to suspects.
    /// Small fleets never have that much: there one node is tested at a time, a suspect while it is
    /// within what may be out, and any while nothing is out.
    private func hasRoom(toTest node: NodeHealth) -> Bool {
        if node.isTestWanted, node.suspicion == nil { return true }
        let figures = capacity.figures(for: nil)
        let limit = max(
            Int64(policy.breakers.leastDevices),
            figures.total * Int64(policy.breakers.heldMilli) / 1000)
        let out = figures.out + Int64(node.units - node.unitsOut)
        let isSuspected = node.isTestWanted || node.suspicion != nil
        if out * 2 <= limit { return isSuspected || testedWhileIdle * 10 < limit }
        return figures.out == 0 || isSuspected && testedWhileIdle == 0 && out <= limit
    }

    /// Devices of nodes that worked until their test, which goes on: also of those that wait for
    /// another node, and have nothing outstanding meanwhile. O(tests).
    private var testedWhileIdle: Int64 {
        func units(_ id: NodeID, isWaiting: Bool) -> Int64 {
            guard let node = self[id], node.track.state == .qualifying,
                node.track.testedFrom.takesWork,
                !isWaiting || node.network != nil && node.track.operation == nil
            else { return 0 }
            return Int64(node.units)
        }
        let asked = operations.filter { !$0.isRepair && $0.device == nil }
        return asked.reduce(0) { $0 + units($1.node, isWaiting: false) }
            + networked.reduce(0) { $0 + units($1, isWaiting: true) }
    }

    /// Something started on a node while its idle test was being asked for: the work goes first,
    /// and the node is tested when it idles again.
    mutating func giveUpIdleTest(of id: NodeID) {
        guard let node = self[id], node.track.state == .qualifying, node.track.testedFrom.takesWork
        else { return }
        let operation: Operation
        if let test = node.network {
            giveUpNetwork(of: id)
            operation = test.own
        } else {
            guard let index = node.track.operation.flatMap(place) else { return }
            operation = operations.remove(at: index)
            change(id, nil) { $0.operation = nil }
        }
        nodes[id.index]?.idleTestedAt = nil
        // Without a suspicion and a time for it somebody had asked for it.
        let wasAskedFor = node.suspicion == nil && !isTestDue(node)
        nodes[id.index]?.isTestWanted = wasAskedFor
        withoutAnswer(operation, node.track)
    }

    /// Whether a test may begin now; asks people when tests bring nothing.
    private mutating func isReady(_ track: HealthTrack, _ node: NodeID, _ device: Int32?) -> Bool {
        if track.fruitlessTests >= policy.repair.fruitlessTests {
            hold(node, device, .prove, why: .noProof)
            return false
        }
        return track.testNotBefore <= clock.engine
    }

    private mutating func begin(
        _ level: QualificationLevel, _ components: ComponentSet, devices: UInt64,
        of node: NodeHealth, _ device: Int32?, _ rule: DecisionRule?
    ) -> Bool {
        let track = device.map { node.devices[Int($0)] } ?? node.track
        if let rule {
            let grounds = Grounds(OperationID(nextOperation), of: track)
            guard move(node.id, device, to: .qualifying, rule, grounds) else { return false }
        }
        let id = ask(
            .qualify(level, devices: devices, components: components), of: node.id, device: device)
        let from = track.state
        change(node.id, device) { track in
            track.operation = id
            track.testedFrom = from
            track.isFaultedInProof = false
        }
        return true
    }
}
