import FleetModel

extension BreakerID {
    /// The name by which people close it.
    public var wireName: String {
        switch self {
        case .fleetWindow: "fleetWindow"
        case .fleetHeld: "fleetHeld"
        case .domain(let domain): "domain-\(domain)"
        case .machine(let machine): "machine-\(machine)"
        case .cause(let machine, let cause): "cause-\(machine)-\(cause)"
        }
    }
}

extension HoldReason {
    /// What holds back, where that counts something: the name of a breaker, or `repairs`.
    public var breakerName: String? {
        switch self {
        case .breaker(let breaker): breaker.wireName
        case .concurrentRepairs: "repairs"
        case .exhausted, .noProof, .policy, .byHand: nil
        }
    }

    /// When what it holds back goes on, and what people can do for that. `closesAt` is when its
    /// breaker closes by itself.
    public func releaseText(closesAt: Instant?) -> String {
        switch self {
        case .breaker(let breaker):
            let itself =
                closesAt.map { "by itself at \($0.utcText)" } ?? "not by itself"
            let forgiven = breaker.isAboutAttempts ? ", forgives its attempts" : ""
            return "goes on \(itself); at once when somebody closes the breaker "
                + "\(breaker.wireName)\(forgiven), or says `proceed` of this one"
        case .concurrentRepairs:
            return "goes on by itself when it is its turn; at once when somebody says `proceed`"
        case .exhausted:
            return "goes on when somebody says `repaired`, or `forgiveAttempts`"
        case .noProof:
            return "goes on when somebody says `test`, or hands the result of one in"
        case .policy: return "goes on when somebody says `repaired`"
        case .byHand:
            return "goes on when it tells the versions of its stack, or somebody says `repaired`"
        }
    }
}

extension ProposedAction {
    /// What is proposed, in words.
    public var text: String {
        switch self {
        case .takeOut: "it should go out of service"
        case .takeOutDevices(let devices):
            "devices should go out of service: "
                + (0..<64).filter { devices & (1 << UInt64($0)) != 0 }.map(String.init)
                .joined(separator: ", ")
        case .repair(let action): "it should be repaired: \(action)"
        case .prove: "it should be tested under load"
        case .giveUp: "it should be handed back: nothing is left to try"
        case .lookAfterAgent: "somebody should look after its agent"
        case .restack: "it should be brought to another stack (muster stacks says which)"
        }
    }
}

/// A step of a node or of one of its devices that is not done by itself.
public struct Proposal: Hashable, Sendable {
    /// The node.
    public var node: NodeID
    /// The device; nil for the node.
    public var device: Int32?
    /// The step.
    public var action: ProposedAction
    /// What keeps it from being done.
    public var why: HoldReason
}

extension HealthEngine {
    /// Every step that is held back now, in order of nodes. O(nodes).
    public var proposals: [Proposal] {
        var found: [Proposal] = []
        for case .some(let node) in nodes where node.isHeldBack {
            let tracks =
                [(nil, node.track)]
                + node.devices.enumerated().map {
                    (Optional(Int32($0.offset)), $0.element)
                }
            for (device, track) in tracks {
                guard let why = track.held else { continue }
                found.append(
                    Proposal(
                        node: node.id, device: device,
                        action: proposed(track, device, node, why), why: why))
            }
        }
        return found
    }

    private func proposed(
        _ track: HealthTrack, _ device: Int32?, _ node: NodeHealth, _ why: HoldReason
    ) -> ProposedAction {
        let stack = device == nil ? node.restack?.stack : nil
        switch why {
        case .noProof: return .prove
        case .byHand: return stack.map { .restack($0) } ?? .repair(track.rung)
        case .exhausted:
            return node.restack?.phase == .failed ? stack.map { .restack($0) } ?? .giveUp : .giveUp
        case .breaker, .concurrentRepairs, .policy:
            guard track.state.takesWork else { return .repair(track.rung) }
            return device.map { .takeOutDevices(1 << UInt64($0)) } ?? .takeOut
        }
    }

    /// When a breaker that is open closes by itself, by the wall's clock; nil when it does not.
    public func closes(_ breaker: BreakerID) -> Instant? {
        guard let tripped = breakers.tripped.first(where: { $0.id == breaker }) else { return nil }
        return breakers.resetTime(of: tripped, policy.breakers).map(clock.wallTime)
    }

    /// When what a reason holds back goes on, and what people can do for that.
    public func releaseText(_ why: HoldReason) -> String {
        guard case .breaker(let breaker) = why else { return why.releaseText(closesAt: nil) }
        return why.releaseText(closesAt: closes(breaker))
    }
}
