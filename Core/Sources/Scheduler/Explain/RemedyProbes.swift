import FleetModel

/// What a search for remedies asks of the state, without changing it.
extension Engine {
    /// Whether there would be a place for a gang if another one had ended.
    mutating func canPlace(_ request: GangRequest, without victim: Int) -> Bool {
        let mark = placer.fleet.checkpoint()
        for member in jobs[victim].members { placer.fleet.putBack(member.grant) }
        let isPlaceable = canPlace(request)
        placer.fleet.rollback(to: mark)
        return isPlaceable
    }

    /// Thousandths of GPUs that a gang holds at these positions.
    func heldMilli(_ slot: Int, in positions: Range<Int>) -> Int64 {
        var milli: Int64 = 0
        for member in jobs[slot].members
        where positions.contains(Int(placer.tree.positionOf[member.grant.node.index])) {
            milli += Int64(member.grant.devices.nonzeroBitCount) * Int64(member.grant.deviceMilli)
        }
        return milli
    }

    /// Members that would fit on a node beside what runs there if all of it were in service.
    func fitInService(_ node: Int, _ shape: Shape) -> Int {
        let fleet = placer.fleet
        guard fleet.present[node], shape.accepts(node, of: fleet) else { return 0 }
        var most = Int64(shape.potential(node, of: fleet, whenHealthy: true))
        let request = shape.request
        if request.devices > 0 {
            let offset = Int(fleet.deviceOffset[node])
            var whole = 0
            var parts: Int64 = 0
            for device in 0..<Int(fleet.deviceCount[node]) {
                let free = fleet.deviceFree[offset + device]
                if free == 1000 { whole += 1 }
                parts += Int64(free) / Int64(request.deviceMilli)
            }
            most = min(
                most, request.isFractional ? parts : Int64(whole / Int(request.devices)))
        }
        return Int(Shape.hostFit(request.host, fleet.hostFree[node], most))
    }

    /// The places of the level that a gang requires with most room for it once everything is in
    /// service, or the whole fleet.
    mutating func scopesWhenHealthy(of request: GangRequest) -> [DomainFinder.Place] {
        guard let level = request.topology.preference.requiredLevel else { return [.domain(0)] }
        let shape = leadRole(of: request).shape
        let tree = placer.tree
        var gain = [Int](repeating: 0, count: tree.domainCount)
        var nodeGains: [(gain: Int, position: Int)] = []
        for position in 0..<tree.nodeCount {
            let node = Int(tree.nodeAt[position])
            guard placer.fleet.drained[node] || placer.fleet.unhealthy[node] != 0 else { continue }
            let fit = fitInService(node, shape)
            nodeGains.append((fit, position))
            gain[Int(tree.leafOf[position])] += fit
        }
        guard level.index < tree.levelRanges.count else {
            return nodeGains.least(AnswerLimits.searchedDomains) {
                (-$0.gain, $0.position) < (-$1.gain, $1.position)
            }.map { .node($0.position) }
        }
        for domain in stride(from: tree.domainCount - 1, to: 0, by: -1) {
            gain[Int(tree.parent[domain])] += gain[domain]
        }
        let index = placer.index(of: shape)
        let affected = tree.levelRanges[level.index].filter { gain[$0] > 0 }
        return affected.least(AnswerLimits.searchedDomains) { left, right in
            (-index.domainFit[left] - gain[left], left)
                < (-index.domainFit[right] - gain[right], right)
        }.map { .domain($0) }
    }
}
