/// One entry of systemd's journal, as far as the agent asks for it.
public struct JournalEntry: Equatable, Sendable {
    /// Where it stands: the journal goes on behind it when asked to.
    public var cursor = ""
    /// Microseconds since the Unix epoch; 0 when it does not say.
    public var realtime: Int64 = 0
    /// Microseconds since the machine's start when the journal took it; 0 when it does not say.
    public var monotonic: Int64 = 0
    /// The same of when the kernel wrote it: before there was a journal, it may be.
    public var written: Int64 = 0
    /// The start of the machine in which it was written, in 32 digits.
    public var boot = ""
    /// How it came into the journal: `kernel`, `syslog`, `stdout` and others.
    public var transport = ""
    /// The program that wrote it.
    public var identifier = ""
    /// Its facility of syslog: another than 0 is of a program that writes into the kernel's log.
    public var facility: Int64 = 0
    /// The first line of what it says.
    public var message: [UInt8] = []

    /// Microseconds since the machine's start, by the one who wrote it if that is told.
    var uptime: Int64 { written > 0 ? written : monotonic }

    /// The entry in a form of which the parser knows who wrote it: a record of `/dev/kmsg`, or a
    /// line of syslog. Of another start of the machine no time is said, which would be one of this.
    func line(ofThisBoot isOfThisBoot: Bool) -> [UInt8] {
        if transport == "kernel" {
            let priority = min(max(facility, 0), 23) * 8 + 6
            let head = isOfThisBoot ? "\(priority),0,\(uptime),-;" : "<\(priority)>"
            return Array(head.utf8) + message
        }
        let program = identifier.isEmpty ? "-" : identifier
        return Array("<14>1 1970-01-01T00:00:00Z - \(program) - - - ".utf8) + message
    }
}

/// Takes what `journalctl --output=export` writes apart: fields one a line, `NAME=value`, or
/// `NAME`, the length in eight bytes and the value; an empty line ends the entry.
///
/// Bounded whatever comes: a field that is too long is passed over, and whatever is no field.
public struct JournalEntries: Sendable {
    /// Bytes of a field that are kept; the kernel's lines have at most a thousand.
    public static let fieldBytes = 16 << 10
    /// Bytes of a cursor that is kept; they have about 120.
    public static let cursorBytes = 240

    private var rest: [UInt8] = []
    private var entry = JournalEntry()
    /// The field whose value comes with its length, and the bytes that are still to come.
    private var binary: (name: [UInt8], left: UInt64, value: [UInt8])?
    /// Whether the rest of the line is passed over.
    private var isSkipping = false

    /// Nothing has come yet.
    public init() {}

    /// Takes some bytes, and hands over each entry that they complete.
    public mutating func take(_ bytes: [UInt8], _ found: (JournalEntry) -> Void) {
        rest += bytes
        var at = 0
        while step(&at, found) {}
        rest.removeFirst(at)
        guard rest.count > JournalEntries.fieldBytes else { return }
        rest = []
        isSkipping = true
    }

    /// Takes one line or value; false when it is not whole.
    private mutating func step(_ at: inout Int, _ found: (JournalEntry) -> Void) -> Bool {
        if binary != nil { return value(&at) }
        guard let end = rest[at...].firstIndex(of: 10) else { return false }
        let line = rest[at..<end]
        if isSkipping {
            isSkipping = false
            at = end + 1
        } else if line.isEmpty {
            at = end + 1
            if !entry.cursor.isEmpty { found(entry) }
            entry = JournalEntry()
        } else if let sign = line.firstIndex(of: UInt8(ascii: "=")) {
            at = end + 1
            set(line[..<sign], line[(sign + 1)...])
        } else if !JournalEntries.isName(line) {
            // What journalctl says to people, of a damaged file, say: it shares the pipe.
            at = end + 1
        } else {
            guard rest.count >= end + 9 else { return false }
            let length = (0..<8).reduce(UInt64(0)) {
                $0 | UInt64(rest[end + 1 + $1]) << UInt64(8 * $1)
            }
            binary = (Array(line), length, [])
            at = end + 9
        }
        return true
    }

    /// Whether a line can be the name of a field: capitals, digits and underscores, at most 64
    /// (systemd, Journal File Format).
    private static func isName(_ line: ArraySlice<UInt8>) -> Bool {
        line.count <= 64
            && line.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
    }

    /// Takes what there is of a value with a length.
    private mutating func value(_ at: inout Int) -> Bool {
        guard var field = binary else { return false }
        let count = Int(min(UInt64(rest.count - at), field.left))
        let room = max(0, JournalEntries.fieldBytes - field.value.count)
        field.value += rest[at..<at + min(count, room)]
        field.left -= UInt64(count)
        at += count
        binary = field
        // A line feed ends it.
        guard field.left == 0, at < rest.count else { return false }
        at += 1
        binary = nil
        set(field.name[...], field.value[...])
        return true
    }

    private mutating func set(_ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        func text(_ most: Int) -> String {
            value.count <= most ? String(decoding: value, as: UTF8.self) : ""
        }
        switch String(decoding: name.prefix(64), as: UTF8.self) {
        case "__CURSOR": entry.cursor = text(JournalEntries.cursorBytes)
        case "__REALTIME_TIMESTAMP": entry.realtime = Int64(text(20)) ?? 0
        case "__MONOTONIC_TIMESTAMP": entry.monotonic = Int64(text(20)) ?? 0
        case "_SOURCE_MONOTONIC_TIMESTAMP": entry.written = Int64(text(20)) ?? 0
        case "_BOOT_ID": entry.boot = text(40)
        case "_TRANSPORT": entry.transport = text(32)
        case "SYSLOG_IDENTIFIER": entry.identifier = text(64)
        case "SYSLOG_FACILITY": entry.facility = Int64(text(4)) ?? 0
        case "MESSAGE": entry.message = Array(value.prefix { $0 != 10 })
        default: break
        }
    }
}
