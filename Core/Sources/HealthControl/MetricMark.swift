import FleetModel
import Health
import HealthSignals
import Journal

/// What a health desk is told when a rule about a metric is met, or is met no more.
public struct MetricMark: Hashable, Sendable {
    /// The rule, and where on the node.
    public var sign: MetricSign
    /// What it means; nil when the rule is met no more.
    public var fault: SeenFault?

    /// Pairs both.
    public init(_ sign: MetricSign, _ fault: SeenFault?) {
        self.sign = sign
        self.fault = fault
    }
}

extension HealthDesk {
    /// What a change of a node's metrics is to the desk: of the part that it is of, as far as the
    /// node has said where that sits.
    public func mark(_ change: MetricChange, of node: NodeID, at now: Instant) -> MetricMark {
        guard let event = change.event else { return MetricMark(change.sign, nil) }
        var fault = LogFault(.event(event))
        fault.text = String(change.text.prefix(FaultLimits.textBytes))
        switch change.sign.place {
        case .host: break
        case .named(let name): fault.interface = name
        case .device(let index):
            fault.instance = Int32(index)
            let device = engine[node]?.report.devices.first { $0.index == Int32(index) }
            fault.device = device?.slot.flatMap { PCIAddress(text: names.identities.text($0)) }
            if let uuid = device?.uuid {
                fault.identity = DeviceIdentity(uuid: names.identities.text(uuid))
            }
        }
        return MetricMark(change.sign, SeenFault(at: now, fault))
    }

    /// The rules about a node's metrics that are met, as far as was told.
    public func signs(of node: NodeID) -> [MetricSign] {
        signs.indices.contains(node.index) ? signs[node.index] : []
    }

    /// Signs of a node that are kept.
    static let signsKept = MetricBook.tracks

    /// Keeps which rules are met, and gives the faults of those that were not before.
    mutating func keep(_ marks: [MetricMark], of node: NodeID) -> [SeenFault] {
        while signs.count <= node.index { signs.append([]) }
        var faults: [SeenFault] = []
        for mark in marks {
            let known = signs[node.index].firstIndex(of: mark.sign)
            guard let fault = mark.fault else {
                if let known { signs[node.index].remove(at: known) }
                continue
            }
            guard known == nil, signs[node.index].count < HealthDesk.signsKept else { continue }
            signs[node.index].append(mark.sign)
            faults.append(fault)
        }
        return faults
    }
}

extension MetricMark: RecordValue {
    package static var blank: MetricMark { MetricMark(.blank, nil) }
    package mutating func pass(through coder: inout RecordCoder) {
        coder.field(&sign)
        coder.field(&fault)
    }
}
