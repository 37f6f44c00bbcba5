import Health
import KubernetesObjects

/// How a repair is asked for in a cluster: by something on the node that others act on, such as an
/// operator of the cloud.
public struct RepairMark: Hashable, Sendable {
    /// What is set.
    public enum Kind: String, CaseIterable, Sendable {
        /// A label.
        case label
        /// An annotation.
        case annotation
        /// A condition of the node's status.
        case condition
    }

    /// What is set.
    public var kind: Kind
    /// Its key, or the type of the condition.
    public var key: String
    /// Its value, or the condition's status. `{device}` stands for the UUID of the device that is
    /// to be repaired, and for `all` where it is the node.
    public var value: String

    /// Gathers a mark.
    public init(_ kind: Kind, _ key: String, _ value: String) {
        (self.kind, self.key, self.value) = (kind, key, value)
    }

    /// Reads `label:KEY=VALUE`, `annotation:KEY=VALUE` or `condition:TYPE=STATUS`; nil for anything
    /// else.
    public init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"),
            let kind = Kind(rawValue: String(text[..<colon]))
        else { return nil }
        let rest = text[text.index(after: colon)...]
        guard let equals = rest.firstIndex(of: "="), equals != rest.startIndex else { return nil }
        self.init(kind, String(rest[..<equals]), String(rest[rest.index(after: equals)...]))
        let isStatus = ["True", "False"].contains(value)
        guard !value.isEmpty, kind != .condition || isStatus else { return nil }
    }

    /// Repairs that marks can ask for.
    public static let actions: [FaultAction] = [.reset, .reboot, .replace]

    /// Whether a repair can be asked for like this. A reset leaves nothing behind to know it by:
    /// whoever does it takes the mark away, which is not seen of annotations.
    public func suits(_ action: FaultAction) -> Bool {
        RepairMark.actions.contains(action) && (action != .reset || kind != .annotation)
    }

    /// The value for a repair of a device, or of the node.
    func value(of device: String?) -> String {
        guard let hole = value.range("{device}") else { return value }
        return value[..<hole.lowerBound] + (device ?? "all") + value[hole.upperBound...]
    }

    /// Whether a node is marked; annotations are not looked at.
    func isSet(on facts: NodeFacts, device: String?) -> Bool {
        let value = value(of: device)
        return switch kind {
        case .label: facts.labels[key] == value
        case .condition: facts.conditions.contains { $0.type == key && $0.status == value }
        case .annotation: true
        }
    }
}

extension String {
    /// Where a text is found first.
    fileprivate func range(_ text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) {
                return start..<index(start, offsetBy: text.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
