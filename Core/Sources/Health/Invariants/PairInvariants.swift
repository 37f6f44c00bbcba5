import FleetModel

extension HealthEngine {
    /// What must hold of tests between nodes: a partner is held for one outstanding test, and is
    /// free and in order as long.
    func checkPairs(_ broken: inout [String]) {
        let asked = operations.filter { $0.partner != nil }
        if pairs.sorted(by: { $0.id < $1.id }).map(\.id) != asked.map(\.id) {
            broken.append("the list of tests between nodes is off")
        }
        for operation in asked {
            guard let id = operation.partner, let partner = self[id] else {
                broken.append("operation \(operation.id.rawValue): with a node that is gone")
                continue
            }
            if self[operation.node]?.network == nil {
                broken.append("operation \(operation.id.rawValue): of no network test")
            }
            let isHeld = partner.lentTo == operation.node
            let isGuest = partner.network?.guest == operation.id
            if isHeld == isGuest {
                broken.append("operation \(operation.id.rawValue): its partner is not held for it")
            }
        }
        let tested = nodes.compactMap { $0 }.filter { $0.network != nil }.map(\.id)
        if networked.filter({ self[$0]?.network != nil }).sorted() != tested {
            broken.append("the list of nodes whose network is tested is off")
        }
        for case .some(let node) in nodes {
            if let other = node.lentTo {
                if !asked.contains(where: { $0.node == other && $0.partner == node.id }) {
                    broken.append("node \(node.id): held for no test")
                }
                if node.isBusy || node.track.state != .inService || node.network != nil {
                    broken.append("node \(node.id): held, and not free or not in order")
                }
            }
            guard let test = node.network else { continue }
            if node.track.state != .qualifying, node.track.state != .proving {
                broken.append("node \(node.id): a network test beside its life")
            }
            if let guest = test.guest, !asked.contains(where: { $0.id == guest }) {
                broken.append("node \(node.id): partner in no test")
            }
            if test.guest != nil, node.track.operation != nil {
                broken.append("node \(node.id): in two tests")
            }
            checkMisses(of: test, node.id, &broken)
        }
        for (index, reach) in reaches.enumerated() {
            if reach.failed.isEmpty || reach.failed.count > PoolReach.mostFailed {
                broken.append("a pool in which \(reach.failed.count) nodes reach nobody")
            }
            if reaches[..<index].contains(where: { $0.pool == reach.pool }) {
                broken.append("a pool is twice in the list of those without a network")
            }
        }
    }

    private func checkMisses(of test: NetworkTest, _ id: NodeID, _ broken: inout [String]) {
        let missed = Set(test.unreached.map(\.partner)).count
        if missed > NetworkTest.mostPartners || missed != test.unreached.count {
            broken.append("node \(id): called more partners than it may, or has one twice")
        }
        if test.controls.count > NetworkTest.mostControls || test.controls.contains(id) {
            broken.append("node \(id): has others asked that it may not")
        }
        if test.unreached.contains(where: {
            $0.isRefuted && !$0.isDialled || $0.isRepeated && !$0.isRefuted
        }) {
            broken.append("node \(id): did not call whom others reach")
        }
    }
}
