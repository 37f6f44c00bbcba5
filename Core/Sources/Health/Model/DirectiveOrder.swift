import FleetModel

extension [HealthDirective] {
    /// The same, with those that close something before those that open something.
    ///
    /// Each one may lead the scheduler to start what waits: an opened node must not bring work to
    /// another that is closed a moment later, perhaps because its test has begun. What is closed
    /// again at the end is not opened in between. Directives of one kind keep their order. O(n).
    public var closingFirst: [HealthDirective] {
        var closed: Set<NodeID> = []
        var kept: [HealthDirective] = []
        for directive in reversed() {
            switch directive {
            case .cordon(let node), .drain(let node, _): closed.insert(node)
            case .uncordon(let node) where closed.contains(node): continue
            default: break
            }
            kept.append(directive)
        }
        kept.reverse()
        return kept.filter(\.closesNode) + kept.filter { !$0.closesNode && !$0.opensNode }
            + kept.filter(\.opensNode)
    }
}

extension HealthDirective {
    fileprivate var closesNode: Bool {
        switch self {
        case .cordon, .drain: true
        default: false
        }
    }

    fileprivate var opensNode: Bool { if case .uncordon = self { true } else { false } }
}
