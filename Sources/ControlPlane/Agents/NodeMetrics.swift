import AgentWire
import FleetModel
import HealthControl
import HealthSignals

/// The values that agents tell, and which start of its machine each was told of. Lost with the
/// process: every agent tells all of its values to a control plane that is new.
struct NodeMetrics {
    private var book = MetricBook()
    private var boots: [NodeID: BootID] = [:]

    /// Takes in that a node has said which start of its machine it is in.
    mutating func note(_ boot: BootID, of node: NodeID, into changes: inout [MetricChange]) {
        if let known = boots[node], known != boot { book.restart(node, into: &changes) }
        boots[node] = boot
    }

    /// Takes in what a node tells, which may be nothing but that it lives.
    mutating func note(
        _ samples: [AgentSample], of node: NodeID, signs: [MetricSign], at now: Instant,
        into changes: inout [MetricChange]
    ) {
        let readings = samples.compactMap { MetricReading($0) }
        book.note(readings, of: node, signs: signs, at: now, into: &changes)
    }

    /// Forgets a node.
    mutating func forget(_ node: NodeID) {
        book.forget(node)
        boots[node] = nil
    }
}

extension MetricReading {
    /// What an agent sampled; nil for what sits on a bus, about which there is no rule.
    init?(_ sample: AgentSample) {
        let place: MetricPlace
        switch sample.key.subject {
        case .host: place = .host
        case .device(let index): place = .device(index)
        case .named(let name): place = .named(name)
        case .bus: return nil
        }
        switch sample.key.signal {
        case .field(let number): self.init(place, .field(number), sample.value)
        case .counter(let name): self.init(place, .counter(name), sample.value)
        }
    }
}

extension Driver {
    /// Tells the health engine which rules about a node's metrics are met now, or no more. Values
    /// themselves are not journalled.
    func tell(_ changes: [MetricChange], of node: NodeID) {
        guard !changes.isEmpty else { return }
        tellHealth(.metrics(node, changes.map { desk.mark($0, of: node, at: now) }))
        showsHealth = true
    }
}
