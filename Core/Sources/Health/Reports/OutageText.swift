import FleetModel

extension HealthEngine {
    /// Why a node is not in service, or which of its devices are not: its state, since when, and
    /// every decision that is kept, with what it rested on. Nil when it is not here.
    public func whyOut(_ id: NodeID, _ names: HealthNames) -> String? {
        guard let node = self[id] else { return nil }
        var lines = ["\(names.node(id)): " + text(node.track, names)]
        if let hold = node.hold {
            lines.append(
                hold == .refused
                    ? "  refused on arrival: it is known to be bad"
                    : "  contested: another node has some of its hardware")
        }
        if !node.cordonedBy.isEmpty {
            let actors = node.cordonedBy.map { names.text($0, in: names.actors, "actor") }
            lines.append("  cordoned by others: " + actors.joined(separator: ", "))
        }
        lines += node.track.decisions.map { "  " + text($0, names) }
        for (index, device) in node.devices.enumerated() where !device.state.takesWork {
            lines.append("  device \(index): " + text(device, names))
            lines += device.decisions.map { "    " + text($0, names) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func text(_ track: HealthTrack, _ names: HealthNames) -> String {
        var text = "\(track.state.name) since \(track.since.wall.utcText)"
        if let out = track.outSince, out != track.since {
            text += ", out of service since \(out.wall.utcText)"
        }
        if let cause = track.cause { text += ", because of \(names.cause(cause))" }
        if let held = track.held { text += "; held back: \(held.text)" }
        return text
    }

    private func text(_ decision: Decision, _ names: HealthNames) -> String {
        var text =
            "\(decision.at.wall.utcText)  \(decision.from.name) → \(decision.to.name): "
            + "\(decision.rule)"
        if let cause = decision.cause { text += ", \(names.cause(cause))" }
        if let rule = decision.catalogueRule {
            let version = names.version(decision.catalogueVersion)
            text += ", rule \(names.rule(rule)) of version \(version)"
        }
        if !decision.inputs.isEmpty {
            text += ", inputs " + decision.inputs.map(String.init).joined(separator: " ")
        }
        return text + ", policy \(decision.policyVersion)"
    }
}

extension HoldReason {
    /// The reason in words.
    public var text: String {
        switch self {
        case .breaker(.fleetWindow): "too much of the fleet went out in a short time"
        case .breaker(.fleetHeld): "too much of the fleet is out"
        case .breaker(.domain): "too much of its fault domain went out in a short time"
        case .breaker(.machine): "it was repaired too often"
        case .breaker(.cause): "it was repaired too often for the same cause"
        case .concurrentRepairs: "as many repairs as may run at a time are running"
        case .exhausted: "every repair was tried"
        case .noProof: "tests bring no proof"
        case .policy: "the policy leaves it to people"
        case .byHand: "nobody but people can do it"
        }
    }
}
