import AgentWire
import FleetModel
import Glibc

/// One of the logs that the agent follows: where its lines come from, and how far they are told.
///
/// It holds a source, which holds a file, so it is a class.
final class LogFollower {
    /// What the log is called in the agent's memory.
    let name: String
    private let open: () -> (any LogSource)?
    private var source: (any LogSource)?
    private var openAt: Instant
    private var intake: LogIntake
    /// Where reading stood at an instant, and how far the log was told then.
    private var mark: (at: Instant, read: LogPosition, told: LogPosition)?

    /// How often a log that cannot be waited for is looked at.
    private static let look = TimeSpan.seconds(1)
    /// How often a log that cannot be opened is tried again.
    private static let retry = TimeSpan.seconds(60)

    /// How long lines that told nothing wait until they need not be read again after a restart. By
    /// then a fault that goes over several lines is whole, and a flood is counted.
    static let settling = TimeSpan.seconds(300)

    /// A log that is opened at its first reading. `open` leaves in `errno` why it could not.
    init(
        name: String, position: LogPosition, now: Instant, open: @escaping () -> (any LogSource)?
    ) {
        self.name = name
        self.open = open
        openAt = now
        intake = LogIntake(position: position)
    }

    /// How far it is told.
    var position: LogPosition { intake.position }

    /// What can be waited for; −1 when it has to be looked at again and again.
    var descriptor: Int32 { source?.descriptor ?? -1 }

    /// When it is to be read though nothing may have come.
    func due(now: Instant) -> Instant {
        guard descriptor < 0 else { return intake.due }
        return min(intake.due, now + (source == nil ? LogFollower.retry : LogFollower.look))
    }

    /// Reads what is there. Returns what is to be told, and whether the position is to be kept
    /// though there is nothing to be told.
    func read(now: Instant) -> (told: [LogIntake.Told], hasMoved: Bool) {
        if source == nil, openAt <= now {
            source = open()
            if source == nil { Agent.say("\(name): \(String(cString: strerror(errno)))") }
            openAt = now + LogFollower.retry
        }
        var told: [LogIntake.Told] = []
        var hasMoved = false
        if let source {
            let wall = Clock.wall()
            let before = intake.position
            let hasLost = source.drain(told: before) { line, end, isTold, age in
                let at = Instant(nanoseconds: wall.nanoseconds - age.nanoseconds)
                told += intake.take(line, upTo: end, isTold: isTold, at: at, now: now)
            }
            if hasLost { told += intake.overrun(at: wall) }
            // Where a file is begun at its end is kept, so that a restart leaves nothing out.
            if told.isEmpty, before == .beginning, let start = source.position {
                intake.begin(at: start)
                hasMoved = true
            }
        }
        told += intake.flush(now: now)
        if settle(now: now) { hasMoved = true }
        return (told, hasMoved)
    }

    /// Goes on behind lines that told nothing and were read a while ago, so that a restart reads
    /// little. Whether that moved the position.
    private func settle(now: Instant) -> Bool {
        guard let read = source?.position else { return false }
        guard let last = mark, last.told == intake.position else {
            mark = (now, read, intake.position)
            return false
        }
        guard last.at + LogFollower.settling <= now, intake.due == .never else { return false }
        mark = (now, read, last.read)
        guard last.read != intake.position else { return false }
        intake.begin(at: last.read)
        return true
    }
}

extension LogFollower {
    /// The logs that options ask for, each from where it is told up to.
    static func all(
        _ options: AgentOptions, boot: BootID, told: LogPosition, now: Instant
    ) -> [LogFollower] {
        // The journal has the kernel's lines, too: of two sources one is left out.
        let hasDevice = options.kernelLogs.isEmpty && !options.hasJournal
        let paths = hasDevice ? ["/dev/kmsg"] : options.kernelLogs
        let names = paths + (options.hasJournal ? [journal] : [])
        return names.enumerated().map { index, name in
            let position = told.position(of: name, isFirst: index == 0)
            return LogFollower(name: name, position: position, now: now) {
                name == journal
                    ? Journal(boot: boot, hasKernel: paths.isEmpty) : source(name, boot)
            }
        }
    }

    /// Not a path of a log.
    private static let journal = "journalctl"

    private static func source(_ path: String, _ boot: BootID) -> (any LogSource)? {
        var state = stat()
        guard stat(path, &state) == 0 else { return nil }
        // A device gives records, anything else lines.
        guard state.st_mode & S_IFMT == S_IFCHR else { return LogFile(path: path) }
        return KernelLogDevice(path: path, boot: boot)
    }
}
