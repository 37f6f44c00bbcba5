/// Decoding of the seven registers of XID 74 (NVLink 3 and 4): NVIDIA's workbook of 2025-09-30,
/// bucket `WORKFLOW_NVLINK_ERR`. The first, third, fourth and fifth are in use.
public enum LinkFinding: UInt8, CaseIterable, Hashable, Comparable, Sendable {
    /// Can be ignored.
    case ignorable
    /// A count of corrected errors passed its threshold; work goes on.
    case threshold
    /// Follows from another fault.
    case sympathetic
    /// Worth a report when it repeats.
    case repeatable
    /// Nothing that the workbook lists.
    case unlisted
    /// An error of parity or ECC: hardware, when it comes more than twice on the same link.
    case parity
    /// A marginal signal.
    case signal
    /// Possibly hardware: connections, seating.
    case mechanical

    /// Orders by gravity.
    public static func < (left: LinkFinding, right: LinkFinding) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The word for people.
    public var name: String {
        switch self {
        case .ignorable: "can be ignored"
        case .threshold: "many corrected errors"
        case .sympathetic: "follows from another fault"
        case .repeatable: "worth a report when it repeats"
        case .unlisted: "not listed"
        case .parity: "parity or ECC"
        case .signal: "marginal signal"
        case .mechanical: "possibly mechanical"
        }
    }

    /// What each bit of each register means; registers are counted from 0.
    private static let bits: [(register: Int, finding: LinkFinding, bits: [Int])] = [
        (0, .ignorable, [0, 23, 30]), (0, .sympathetic, [1, 20]), (0, .parity, [4, 5]),
        (0, .mechanical, [8, 9, 12, 16, 17, 24, 28]), (0, .signal, [21, 22]),
        (0, .repeatable, [27, 29]),
        (2, .parity, [0, 1, 2, 6]), (2, .unlisted, [13]), (2, .repeatable, [16, 17, 18, 19]),
        (3, .sympathetic, [16, 17, 18]),
        (4, .parity, [18, 19, 21, 22, 24, 25, 27, 28]), (4, .threshold, [20, 23, 26, 29]),
    ]

    /// The gravest finding of the registers; nil when no bit is set or no register was printed.
    public static func decode(_ words: [UInt32]) -> LinkFinding? {
        var found: LinkFinding?
        for (register, word) in words.prefix(7).enumerated() where word != 0 {
            var rest = word
            for row in bits where row.register == register {
                for bit in row.bits where word >> UInt32(bit) & 1 == 1 {
                    rest &= ~(1 << UInt32(bit))
                    found = max(found ?? row.finding, row.finding)
                }
            }
            if rest != 0 { found = max(found ?? .unlisted, .unlisted) }
        }
        return found
    }

    /// How grave that makes the fault.
    var severity: FaultSeverity {
        switch self {
        case .ignorable, .threshold: .info
        case .sympathetic, .repeatable, .unlisted, .parity: .warning
        case .signal, .mechanical: .critical
        }
    }

    /// What to do.
    var action: FaultAction {
        switch self {
        case .ignorable: .none
        case .threshold: .watch
        case .sympathetic, .repeatable: .none
        case .unlisted: .unknown
        case .parity: .watch
        case .signal, .mechanical: .inspect
        }
    }
}
