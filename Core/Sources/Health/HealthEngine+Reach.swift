import FleetModel

// Nodes that cannot reach another one which is ready to answer. That may be the fault of either, or
// of rules that let nobody reach anybody: so nobody is blamed before others have reached whom this
// one called in vain.
extension HealthEngine {
    /// A node and a partner found no way to each other.
    mutating func miss(_ partner: NodeID, of id: NodeID, isDialled: Bool) {
        guard let node = self[id], var test = node.network, !node.track.isFaultedInProof else {
            return
        }
        if let index = test.unreached.firstIndex(where: { $0.partner == partner }) {
            test.unreached[index].isRepeated = test.unreached[index].isToBeRepeated && isDialled
        } else {
            test.unreached.append(NetworkMiss(partner: partner, isDialled: isDialled))
        }
        test.isWaitTold = false
        let isLong = test.against >= 2 || needsNetwork(test.own, node)
        test.until = clock.engine + patience(isLong)
        nodes[id.index]?.network = test
        guard test.against >= 2 else { return }
        noteFailure(of: node, test)
    }

    /// A node was reached by another one: whoever called it in vain before has to look at itself,
    /// and rules that let nobody reach anybody are not in force.
    mutating func noteReach(of partner: NodeID, from caller: NodeID) {
        guard let node = self[caller] ?? self[partner] else { return }
        for id in networked where id != caller && id != partner {
            guard let misses = self[id]?.network?.unreached,
                let index = misses.firstIndex(where: {
                    $0.partner == partner && $0.isDialled && !$0.isRefuted
                })
            else { continue }
            nodes[id.index]?.network?.unreached[index].isRefuted = true
            schedule(id, at: clock.engine)
        }
        guard let index = reaches.firstIndex(where: { $0.pool == node.pool }) else { return }
        let wasMute = reaches.remove(at: index).isMute
        if wasMute { tell(.reachesAgain(node.id)) }
    }

    /// Partners that other nodes under test called in vain, and that nobody has reached since.
    func doubtful(but id: NodeID) -> [NodeID] {
        networked.flatMap { other in
            other == id ? [] : self[other]?.network?.doubtful ?? []
        }
    }

    // MARK: Controls

    /// Whether a node under test waits for what this one shows.
    func isControl(_ id: NodeID) -> Bool {
        networked.contains { self[$0]?.network?.controls.contains(id) ?? false }
    }

    /// Has a node that works tested with its network, which goes to one that `node` called in vain.
    mutating func askForControl(_ node: NodeHealth, _ test: NetworkTest) {
        guard test.controls.count < NetworkTest.mostControls, !test.doubtful.isEmpty,
            !(test.controls.last.map(isUnderWay) ?? false),
            controlsUnderWay < max(1, mostHeldPartners)
        else { return }
        // Those that were met last are far from it, and so perhaps from what is wrong.
        let met = test.unreached.reversed().map(\.partner)
        let all = nodes.indices.map { NodeID($0) }
        guard let control = (met + all).first(where: { mayControl($0, node, test) }) else {
            return
        }
        nodes[node.id.index]?.network?.controls.append(control)
        nodes[control.index]?.isTestWanted = true
        schedule(control, at: clock.engine + HealthEngine.shortestDue)
        tell(.controlled(control, for: node.id))
    }

    /// Whether a node is free to show whom else `node` might have reached.
    private func mayControl(_ id: NodeID, _ node: NodeHealth, _ test: NetworkTest) -> Bool {
        guard id != node.id, !test.controls.contains(id), let other = self[id],
            other.pool == node.pool, test.doubtful.contains(where: { $0 != id })
        else { return false }
        return mayBeHeld(other)
    }

    /// How many nodes are tested, or soon will be, to show what others could have reached. One
    /// shows it for all that called the same partner in vain.
    private var controlsUnderWay: Int64 {
        let controls = networked.compactMap { self[$0]?.network?.controls.last }
        return Int64(Set(controls).count(where: isUnderWay))
    }

    /// Whether a node is tested, or soon will be, and may still reach somebody.
    private func isUnderWay(_ id: NodeID) -> Bool {
        guard let node = self[id] else { return false }
        if let test = node.network { return !test.awaitsProof }
        return node.isTestWanted && !node.isBusy || node.track.state == .qualifying
    }

    // MARK: Pools in which nobody reaches anybody

    /// Whether the network of a node is not tested, since nodes of its pool cannot reach each
    /// other.
    func isMute(_ node: NodeHealth) -> Bool {
        reaches.contains { $0.pool == node.pool && $0.isMute && clock.engine < $0.mutedUntil }
    }

    /// A node has reached nobody. One that worked, and was to show that others can be reached,
    /// says something of its whole pool.
    func isWitness(_ node: NodeHealth) -> Bool {
        node.track.testedFrom.takesWork && isControl(node.id)
    }

    /// Whether nobody is left whom a node may meet. One that is busy is left: an idle rack without
    /// a link must not speak for a pool that works.
    private func hasMetAll(_ node: NodeHealth, _ test: NetworkTest) -> Bool {
        test.meetings >= NetworkTest.mostPartners
            || !nodes.indices.contains { index in
                index != node.id.index && nodes[index]?.pool == node.pool
                    && nodes[index]?.hold == nil && nodes[index]?.track.state == .inService
                    && !test.met.contains(NodeID(index))
            }
    }

    /// A node has come to its end without reaching anybody, or has called two in vain. It says
    /// nothing of a pool that was not mute before it has met all that it may: those that others
    /// called in vain come first, and they may be the dead ones.
    mutating func noteFailure(of node: NodeHealth, _ test: NetworkTest) {
        let known = reaches.firstIndex { $0.pool == node.pool }
        if let known, reaches[known].isMute {
            reaches[known].mutedUntil = clock.engine + PoolReach.silence
            return
        }
        guard isWitness(node), hasMetAll(node, test) else { return }
        var reach = known.map { reaches[$0] } ?? PoolReach(pool: node.pool)
        guard !reach.failed.contains(node.id) else { return }
        reach.failed.append(node.id)
        if reach.failed.count >= PoolReach.mostFailed {
            reach.isMute = true
            reach.mutedUntil = clock.engine + PoolReach.silence
            tell(.mute(node.id))
            for id in networked where self[id]?.pool == node.pool {
                schedule(id, at: clock.engine)
            }
        }
        if let known { reaches[known] = reach } else { reaches.append(reach) }
    }
}
