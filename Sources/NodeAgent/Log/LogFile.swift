import AgentWire
import FleetModel
import Glibc

/// A file that something writes the kernel's log to: a syslog, `journalctl -k -f` into a file or a
/// pipe. Followed over its replacement by another one of that name. The first time it is read from
/// its end: how old its lines are nobody knows. After that nothing is left out, but for what was
/// written to a file that was replaced while the agent was not there.
final class LogFile: LogSource {
    private let path: String
    private var file: Int32 = -1
    private var state = stat()
    private var offset: UInt64 = 0
    private var isFirst = true
    private var rest: [UInt8] = []

    private static let chunk = 64 << 10
    private static let lineBytes = 16 << 10

    init(path: String) { self.path = path }

    deinit { if file >= 0 { close(file) } }

    /// A file cannot be waited for; a pipe that nobody writes to would never let the agent sleep.
    let descriptor: Int32 = -1

    private var isFile: Bool { state.st_mode & S_IFMT == S_IFREG }

    func drain(
        told: LogPosition, _ take: (UnsafeRawBufferPointer, LogPosition, Bool, TimeSpan) -> Void
    ) -> Bool {
        if file < 0 { open(told) }
        guard file >= 0 else { return false }
        var isAtEnd = false
        for _ in 0..<16 where !isAtEnd {
            let part = [UInt8](unsafeUninitializedCapacity: LogFile.chunk) { buffer, count in
                count = max(0, read(file, buffer.baseAddress, LogFile.chunk))
            }
            isAtEnd = part.isEmpty
            cut(part, take)
        }
        // What a flood left behind in a file that was replaced is read first.
        if isFile, isAtEnd { follow() }
        return false
    }

    private func open(_ told: LogPosition) {
        file = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return }
        fstat(file, &state)
        offset = 0
        rest = []
        defer { isFirst = false }
        guard isFile else { return }
        switch told {
        case .file(UInt64(state.st_dev), UInt64(state.st_ino), let end)
        where end <= UInt64(state.st_size): offset = end
        // Another file took its place, or it was cut: all of it is new.
        case .file: offset = 0
        default: offset = isFirst ? UInt64(state.st_size) : 0
        }
        lseek(file, off_t(offset), SEEK_SET)
    }

    /// Where reading stands; nil for what has no places.
    var position: LogPosition? {
        guard file >= 0, isFile else { return nil }
        return .file(
            device: UInt64(state.st_dev), inode: UInt64(state.st_ino), offset: offset)
    }

    private func cut(
        _ part: [UInt8], _ take: (UnsafeRawBufferPointer, LogPosition, Bool, TimeSpan) -> Void
    ) {
        rest += part
        var start = 0
        while let end = rest[start...].firstIndex(of: 10) {
            offset += UInt64(end + 1 - start)
            hand(start..<end, take)
            start = end + 1
        }
        rest.removeFirst(start)
        // A line without an end must not fill the memory.
        guard rest.count > LogFile.lineBytes else { return }
        offset += UInt64(rest.count)
        hand(0..<rest.count, take)
        rest = []
    }

    private func hand(
        _ range: Range<Int>,
        _ take: (UnsafeRawBufferPointer, LogPosition, Bool, TimeSpan) -> Void
    ) {
        let end = position ?? .beginning
        rest[range].withUnsafeBytes { take($0, end, false, .zero) }
    }

    /// Turns to another file of the name, or to the beginning of one that was cut.
    private func follow() {
        var now = stat()
        guard stat(path, &now) == 0 else { return }
        if now.st_ino == state.st_ino, now.st_dev == state.st_dev {
            guard UInt64(now.st_size) < offset else { return }
            offset = 0
            rest = []
            lseek(file, 0, SEEK_SET)
        } else {
            close(file)
            file = -1
        }
    }
}
