import AgentWire
import FleetModel
import Glibc

/// Where the kernel's log is read from.
protocol LogSource: AnyObject {
    /// What can be waited for; −1 when it has to be looked at again and again.
    var descriptor: Int32 { get }
    /// Where reading stands; nil where that is not to be kept, or not known yet.
    var position: LogPosition? { get }
    /// Reads what is there, up to a bound, and hands each line over: the line, where it ends,
    /// whether it was told before, and how long ago it was written. Returns whether the log lost
    /// lines before they were read.
    func drain(
        told: LogPosition, _ take: (UnsafeRawBufferPointer, LogPosition, Bool, TimeSpan) -> Void
    ) -> Bool
}

/// `/dev/kmsg`: each read is a record. The first one is the oldest that the kernel still has.
final class KernelLogDevice: LogSource {
    let descriptor: Int32
    /// The kernel itself knows what is left to read, from its oldest line on.
    let position: LogPosition? = nil
    private let boot: BootID

    /// Lines of one look, so that a flood does not keep the agent from everything else.
    private static let most = 2000

    /// Nil when it cannot be opened, with the reason in `errno`.
    convenience init?(path: String, boot: BootID) {
        let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        self.init(descriptor: file, boot: boot)
    }

    /// Reads an open file of which each read is a record.
    init(descriptor: Int32, boot: BootID) {
        self.descriptor = descriptor
        self.boot = boot
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func drain(
        told: LogPosition, _ take: (UnsafeRawBufferPointer, LogPosition, Bool, TimeSpan) -> Void
    ) -> Bool {
        var hasLost = false
        let now = Clock.monotonic()
        // The kernel gives a record as a whole or not at all; it has at most 8 KiB.
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { buffer in
            for _ in 0..<KernelLogDevice.most {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EPIPE {
                    // Overwritten. The next read gives the oldest record that is left.
                    hasLost = true
                    continue
                }
                guard count > 0 else { break }
                let bytes = UnsafeRawBufferPointer(
                    rebasing: UnsafeRawBufferPointer(buffer)[..<count])
                guard let record = KernelRecord(bytes) else { continue }
                let end = LogPosition.kernel(boot, sequence: record.sequence)
                let line = UnsafeRawBufferPointer(rebasing: bytes[..<record.lineBytes])
                let age = now.nanoseconds - record.microseconds * 1000
                take(
                    line, end, isTold(record.sequence, told),
                    TimeSpan(nanoseconds: max(0, age)))
            }
        }
        return hasLost
    }

    private func isTold(_ sequence: UInt64, _ told: LogPosition) -> Bool {
        guard case .kernel(boot, let last) = told else { return false }
        return sequence <= last
    }
}
