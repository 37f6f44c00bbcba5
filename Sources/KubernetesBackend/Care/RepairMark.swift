import Health
import KubernetesObjects

/// How a repair, or another stack of versions, is asked for in a cluster: by something on the node
/// that others act on, such as an operator of the cloud.
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
    /// to be repaired, and for `all` where it is the node; `{stack}` for the name of the stack that
    /// is to be installed.
    public var value: String
    /// The value that a label has when it was done, with the same holes. Without one it is done
    /// when the mark is gone or another.
    public var done: String?

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

    /// Whether a stack can be asked for like this: as a reset, and only a label has a value that
    /// says when it was done.
    public var suitsInstallation: Bool {
        kind == .label || kind == .condition && done == nil
    }

    /// The value for what is to be done with a node, or a device of it.
    func value(_ work: RepairWork, of device: String?) -> String {
        RepairMark.fill(value, work, device)
    }

    private static func fill(_ text: String, _ work: RepairWork, _ device: String?) -> String {
        var text = text
        for (hole, value) in [("{device}", device ?? "all"), ("{stack}", work.stack)] {
            guard let place = text.range(hole) else { continue }
            text.replaceSubrange(place, with: value)
        }
        return text
    }

    /// Whether who acts on the mark has shown that it was done, of what is known by nothing else.
    func isTaken(on facts: NodeFacts, _ work: RepairWork, device: String?) -> Bool {
        if case .install = work, case .notReady = facts.readiness { return false }
        guard let done else { return !isSet(on: facts, work, device: device) }
        return facts.labels[key] == RepairMark.fill(done, work, device)
    }

    /// Whether a node is marked; annotations are not looked at.
    func isSet(on facts: NodeFacts, _ work: RepairWork, device: String?) -> Bool {
        let value = value(work, of: device)
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
