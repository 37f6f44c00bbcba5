import Health

/// What others are asked to do with a node.
enum RepairWork: Hashable {
    /// A repair of it, or of a device.
    case repair(FaultAction)
    /// To bring it to the stack of versions with this name.
    case install(String)

    private static let installing = "install:"

    /// Reads ``text``; nil for anything else.
    init?(_ text: String) {
        if text.hasPrefix(RepairWork.installing) {
            self = .install(String(text.dropFirst(RepairWork.installing.count)))
        } else if let action = RepairMark.actions.first(where: { "\($0)" == text }) {
            self = .repair(action)
        } else {
            return nil
        }
    }

    /// One word of a ``RepairNote``.
    var text: String {
        switch self {
        case .repair(let action): "\(action)"
        case .install(let stack): RepairWork.installing + stack
        }
    }

    /// What it is called in events.
    var described: String {
        switch self {
        case .repair(let action): "the repair \(action)"
        case .install(let stack): "the installation of the stack \(stack)"
        }
    }

    /// The stack's name; empty for repairs.
    var stack: String { if case .install(let stack) = self { stack } else { "" } }

    /// Whether nothing but the mark tells that it was done.
    var isKnownByMark: Bool {
        switch self {
        case .repair(let action): action == .reset
        case .install: true
        }
    }

    /// How long whoever acts on marks has, in milliseconds: less than the health engine waits, so
    /// that a mark is taken back before something else begins.
    var patience: Int64 {
        switch self {
        case .repair(.reset): 40 * 60_000
        case .repair(.reboot), .install: 2 * 3_600_000
        case .repair: 30 * 86_400_000
        }
    }
}
