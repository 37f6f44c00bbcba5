import FleetModel
import Health
import HealthSignals
import Journal

/// What is remembered of one node's logs.
struct NodeWatch {
    /// A line that told something.
    struct Seen: Hashable {
        var number: Int64
        var at: Instant
        var code: String
        var text: String
    }

    /// A finding of the burst that is open, so that its end does not count it again.
    struct Told: Hashable {
        var scope: Health.FaultScope
        var cause: CauseID
        var action: Health.FaultAction
    }

    /// The machine whose logs these are.
    var machine: MachineID
    var parser = KernelLogParser()
    var bursts = FaultBursts()
    /// The last lines that told something, oldest first.
    var seen: [Seen] = []
    var told: [Told] = []
    var lines: Int64 = 0
    /// When the last fault was told, by the wall's clock.
    var lastFault = Instant.zero

    /// Digests of the last lines that told a fault and their time of the kernel, oldest first.
    var handedIn: [UInt64] = []

    /// Lines that are kept.
    static let seenKept = 16
    /// Digests that are kept: the faults of a log that is handed in again and again.
    static let handedInKept = 256
    /// Bytes of a line that are kept.
    static let lineBytes = 512

    /// Keeps the line that told a fault; of one that was read elsewhere what is left of it.
    mutating func keep(_ fault: LogFault, _ line: String?, at wall: Instant) {
        lines += 1
        let text = NodeWatch.shown(line ?? fault.remains)
        seen.append(Seen(number: lines, at: wall, code: fault.code.text, text: text))
        if seen.count > NodeWatch.seenKept { seen.removeFirst() }
        lastFault = max(lastFault, wall)
    }

    /// The text of a line by its number, while it is kept.
    func text(ofLine number: Int64) -> String? { seen.first { $0.number == number }?.text }

    /// The beginning of a line, with spaces in place of control characters.
    static func shown(_ line: String) -> String {
        var (text, bytes) = (String.UnicodeScalarView(), 0)
        for scalar in line.unicodeScalars {
            let isControl = scalar.value < 32 || (127..<160).contains(scalar.value)
            let shown = isControl ? " " : scalar
            bytes += UTF8.width(shown)
            guard bytes <= NodeWatch.lineBytes else { break }
            text.append(shown)
        }
        return String(text)
    }

    /// When a code was written last, by the wall's clock: lines of the past may be told later.
    func lastSeen(_ code: String) -> Instant {
        seen.lazy.filter { $0.code == code }.map(\.at).max() ?? lastFault
    }

    /// Whether a line with its time was not handed in yet, and remembers that it was.
    mutating func isNew(_ line: String) -> Bool {
        guard !hasSeen(line) else { return false }
        handedIn.append(NodeWatch.digest(of: line))
        if handedIn.count > NodeWatch.handedInKept { handedIn.removeFirst() }
        return true
    }

    /// Whether it is remembered that a line was handed in.
    func hasSeen(_ line: String) -> Bool { handedIn.contains(NodeWatch.digest(of: line)) }

    private static func digest(of line: String) -> UInt64 {
        var hasher = StateHasher()
        for byte in line.utf8 { hasher.add(Int32(byte)) }
        return hasher.digest
    }

    /// The numbers of kept lines of a code.
    func numbers(of code: String) -> [Int64] {
        seen.filter { $0.code == code }.suffix(Decision.inputsKept).map(\.number)
    }
}

extension NodeWatch.Seen: RecordValue {
    static var blank: Self { Self(number: 0, at: .zero, code: "", text: "") }
    mutating func pass(through coder: inout RecordCoder) {
        coder.field(&number)
        coder.field(&at)
        coder.field(&code)
        coder.field(&text)
    }
}

extension NodeWatch.Told: RecordValue {
    static var blank: Self { Self(scope: .node, cause: .failedTest, action: .nothing) }
    mutating func pass(through coder: inout RecordCoder) {
        coder.field(&scope)
        coder.field(&cause)
        coder.field(&action)
    }
}

extension NodeWatch: RecordValue {
    static var blank: NodeWatch { NodeWatch(machine: MachineID(0)) }
    mutating func pass(through coder: inout RecordCoder) {
        coder.field(&machine)
        coder.field(&parser)
        coder.field(&bursts)
        coder.list(&seen, limit: NodeWatch.seenKept, of: "lines of a node")
        coder.field(&told)
        coder.field(&lines)
        coder.field(&lastFault)
        // Digests came with the second version.
        if coder.version >= 2 {
            coder.list(&handedIn, limit: NodeWatch.handedInKept, of: "digests of lines")
        }
    }
}
