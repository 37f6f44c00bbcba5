import FleetModel

/// The life of a fault: what it does when it strikes and at each step after that.
extension FaultWorld {
    /// From the start of a gang on a dead link until it gives up.
    static let deadLinkTimeout = TimeSpan.seconds(60)
    /// From the deadline of a drain until the node is taken out, whoever is still there.
    static let drainSlack = TimeSpan.seconds(300)

    /// Lets the next fault strike, and says what it does; nil when it strikes what is broken or
    /// away already.
    public mutating func strike() -> (index: Int, effects: [FaultEffect])? {
        guard let index = takeNext() else { return nil }
        let fault = struck[index].fault
        let effects: [FaultEffect]
        switch fault.kind {
        case .node, .rack:
            effects = [
                .hits(fault.nodes, devices: nil), .changes(conditions.setOut(fault.nodes, true)),
                .continues(.ends, after: fault.repair),
            ]
        case .device: effects = breakDevice(fault)
        case .link:
            effects = [
                .continues(.noticed, after: model.diagnosis),
                .breaks(on: fault.nodes[0], spanningOnly: true),
            ]
        case .software:
            let jobs = jobs(on: fault.nodes)
            effects =
                jobs.isEmpty
                ? [] : [.crashes(JobID(rawValue: jobs[Int(fault.draw % UInt64(jobs.count))]))]
        case .corruption:
            effects = [.taints(fault.nodes[0]), .continues(.noticed, after: fault.detection)]
        case .slowNode:
            effects = [
                .changesSpeed(on: fault.nodes[0]), .continues(.noticed, after: fault.detection),
            ]
        }
        return (index, effects)
    }

    /// Takes the next step in the life of a fault, and says what it does. `instant` is when people
    /// and the engine hear of it.
    public mutating func advance(
        _ index: Int, _ step: FaultStep, at instant: Instant
    ) -> [FaultEffect] {
        let fault = struck[index].fault
        switch step {
        case .noticed: return notice(fault, at: instant)
        case .repairBegins:
            return [
                .hits(fault.nodes, devices: nil), .changes(conditions.setOut(fault.nodes, true)),
                .continues(.ends, after: fault.repair),
            ]
        case .ends:
            end(index)
            switch fault.kind {
            case .node, .rack: return [.changes(conditions.setOut(fault.nodes, false))]
            case .device: return [.changes(conditions.setBroken(fault.nodes[0], 0))]
            case .link, .corruption:
                return [.changes(conditions.setClosed(fault.nodes[0], false))]
            case .slowNode:
                return [
                    .changes(conditions.setClosed(fault.nodes[0], false)),
                    .changes(conditions.setOut(fault.nodes, false)),
                ]
            case .software: return []
            }
        }
    }

    /// What a gang meets that starts on these nodes, each given once.
    public func encounters(on nodes: [NodeID]) -> [FaultEncounter] {
        var encounters: [FaultEncounter] = []
        for node in nodes {
            guard let (index, kind) = fault(on: node) else { continue }
            if kind == .corruption { encounters.append(.taints) }
            if kind == .link, nodes.count > 1 {
                encounters.append(.breaks(fault: index, after: FaultWorld.deadLinkTimeout))
            }
        }
        return encounters
    }

    private mutating func breakDevice(_ fault: Fault) -> [FaultEffect] {
        let node = fault.nodes[0]
        let count = conditions.devices(of: node)
        guard count > 0 else { return [] }
        let device: UInt64 = 1 << (fault.draw % UInt64(count))
        return [
            .hits([node], devices: device), .changes(conditions.setBroken(node, device)),
            .continues(.ends, after: fault.repair),
        ]
    }

    private mutating func notice(_ fault: Fault, at instant: Instant) -> [FaultEffect] {
        let node = fault.nodes[0]
        switch fault.kind {
        case .link:
            return [
                .changes(conditions.setClosed(node, true)), .continues(.ends, after: fault.repair),
            ]
        case .corruption:
            return [
                .changes(conditions.setClosed(node, true)),
                .breaks(on: node, spanningOnly: false),
                .continues(.ends, after: fault.repair),
            ]
        case .slowNode:
            let grace = model.drainGrace
            return [
                .evacuates(node),
                .changes(conditions.setClosed(node, true, by: instant + grace)),
                .continues(.repairBegins, after: grace + stopDelay + FaultWorld.drainSlack),
            ]
        case .device, .node, .rack, .software: return []
        }
    }
}
