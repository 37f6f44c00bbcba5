import AgentWire
import CLinux
import FleetModel
import Glibc

/// systemd's journal, followed by a child `journalctl`: the kernel's lines of it, unless something
/// else tells these, and the Fabric Manager's.
///
/// The child is killed with the agent, and started anew behind the last entry when it ends. It may
/// be held by a disk that hangs, before it is a `journalctl` or after it was killed: nobody waits
/// for that, and while it is so there is no other.
final class Journal: LogSource {
    private let boot: BootID
    private let hasKernel: Bool
    private var process: pid_t = 0
    /// Where the child says why it is no `journalctl`; −1 without a child.
    private var failures: Int32 = -1
    /// Whether the child was killed and is still there.
    private var isLeaving = false
    private var entries = JournalEntries()
    private var cursor = ""
    private var isFirst = true
    /// Whether this child has given anything.
    private var hasGiven = false
    /// Whether the next child is asked for what came after a time: the last one gave nothing, it
    /// may be for an entry that the journal does not know.
    private var goesByTime = false
    /// When the entry was written behind which that child begins, which is told already; below all
    /// times otherwise. In microseconds since the Unix epoch. The clock may be set back later.
    private var floor = Int64.min
    /// Why there was no child last time.
    private var trouble: String?
    private var pause = Journal.shortest
    private var startAt = Instant.zero
    private(set) var descriptor: Int32 = -1

    private static let name = "journalctl"
    private static let units = ["nvidia-fabricmanager.service"]
    private static let shortest = TimeSpan.seconds(1)
    private static let longest = TimeSpan.seconds(60)
    private static let chunk = 32 << 10

    /// Nothing is started yet. `hasKernel` is whether the kernel's lines are wanted of it.
    init(boot: BootID, hasKernel: Bool) {
        (self.boot, self.hasKernel) = (boot, hasKernel)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if failures >= 0 { close(failures) }
        guard process > 0 else { return }
        kill(process, SIGKILL)
        waitpid(process, nil, WNOHANG)
    }

    /// Where the last entry stands that was read.
    var position: LogPosition? { cursor.isEmpty ? nil : .journal(cursor: cursor) }

    func drain(
        told: LogPosition, _ take: (UnsafeRawBufferPointer, LogPosition, Bool, TimeSpan) -> Void
    ) -> Bool {
        let now = Clock.monotonic()
        if isFirst, case .journal(let last) = told { cursor = last }
        isFirst = false
        if isLeaving { reap() }
        if process == 0, startAt <= now { start(now: now) }
        guard descriptor >= 0 else { return false }
        let wall = Clock.wall()
        for _ in 0..<16 {
            var part = [UInt8](repeating: 0, count: Journal.chunk)
            let count = read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { break }
            guard count > 0 else {
                end(now: now)
                break
            }
            entries.take(Array(part[..<count])) { entry in
                hasGiven = true
                guard entry.realtime > floor else { return }
                cursor = entry.cursor
                let isOfThisBoot = BootID(text: entry.boot) == boot && entry.uptime > 0
                let age = age(of: entry, isOfThisBoot, now: now, wall: wall)
                entry.line(ofThisBoot: isOfThisBoot).withUnsafeBytes {
                    take($0, .journal(cursor: entry.cursor), false, age)
                }
            }
        }
        return false
    }

    /// By the clock that nobody sets, if the entry is of this start of the machine.
    private func age(
        of entry: JournalEntry, _ isOfThisBoot: Bool, now: Instant, wall: Instant
    ) -> TimeSpan {
        let (micros, end) =
            isOfThisBoot ? (entry.uptime, now) : (entry.realtime, wall)
        let (nanoseconds, isOver) = micros.multipliedReportingOverflow(by: 1000)
        guard micros > 0, !isOver else { return .zero }
        let (age, isLess) = end.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return TimeSpan(nanoseconds: isLess ? 0 : max(0, age))
    }

    /// What the child is asked for: all behind the last entry; without one, of this start of the
    /// machine.
    static func words(after cursor: String, goesByTime: Bool, hasKernel: Bool) -> [String] {
        let seconds = goesByTime ? time(of: cursor).map { $0 / 1_000_000 } : nil
        let place = cursor.isEmpty ? "--boot" : "--after-cursor=" + cursor
        var words = [
            name, "--follow", "--no-tail", "--quiet", "--no-pager", "--output=export",
            "--output-fields=MESSAGE,_TRANSPORT,SYSLOG_IDENTIFIER,SYSLOG_FACILITY,"
                + "_SOURCE_MONOTONIC_TIMESTAMP",
            seconds.map { "--since=@\($0)" } ?? place,
        ]
        var matches = units.map { "_SYSTEMD_UNIT=" + $0 }
        if hasKernel { matches.append("_TRANSPORT=kernel") }
        for (index, match) in matches.enumerated() {
            if index > 0 { words.append("+") }
            words.append(match)
        }
        return words
    }

    /// When the entry of a cursor was written, in microseconds since the Unix epoch: its field `t`.
    static func time(of cursor: String) -> Int64? {
        cursor.split(separator: ";").first { $0.hasPrefix("t=") }
            .flatMap { Int64($0.dropFirst(2), radix: 16) }
    }

    private func start(now: Instant) {
        startAt = now + pause
        pause = min(Journal.longest, TimeSpan(nanoseconds: 2 * pause.nanoseconds))
        entries = JournalEntries()
        hasGiven = false
        floor = goesByTime ? Journal.time(of: cursor) ?? .min : .min
        var ends: [Int32] = [-1, -1]
        guard clinux_open_pipe(&ends, 64 << 10) == 0 else {
            return note("no pipe: \(String(cString: strerror(errno)))")
        }
        let words = Journal.words(after: cursor, goesByTime: goesByTime, hasKernel: hasKernel)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        let child = "/".withCString { directory in
            arguments.withUnsafeMutableBufferPointer { arguments in
                var program = clinux_program(
                    arguments: arguments.baseAddress, environment: environ, directory: directory,
                    output: ends[1], cgroup: -1)
                return clinux_begin(&program, &failures)
            }
        }
        let error = errno
        close(ends[1])
        guard child > 0 else {
            close(ends[0])
            failures = -1
            return note(String(cString: strerror(error)))
        }
        process = child
        descriptor = ends[0]
    }

    /// The child has closed its end: it is gone, or of no use any more.
    private func end(now: Instant) {
        close(descriptor)
        descriptor = -1
        let error = clinux_failure(failures)
        close(failures)
        failures = -1
        kill(process, SIGKILL)
        isLeaving = true
        reap()
        if hasGiven {
            pause = Journal.shortest
            trouble = nil
            goesByTime = false
        } else {
            goesByTime = !goesByTime && !cursor.isEmpty
            note(error == 0 ? "ended without a word" : String(cString: strerror(error)))
        }
        startAt = now + pause
    }

    /// Takes the child's end, if it has come to it.
    private func reap() {
        guard waitpid(process, nil, WNOHANG) != 0 else { return }
        process = 0
        isLeaving = false
    }

    /// Says once what is wrong.
    private func note(_ trouble: String) {
        guard trouble != self.trouble else { return }
        self.trouble = trouble
        Agent.say("\(Journal.name): \(trouble); it is started again and again")
    }
}
