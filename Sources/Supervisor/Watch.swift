import CLinux
import Glibc

/// Looks after one program from its start to the end of everything that it began.
struct Watch {
    private let folder: Folder
    private let launch: LaunchFile
    private let signals: Descriptor
    private let control: Descriptor
    private let group: MemberGroup?
    private let program: pid_t
    private var log: OutputLog
    private var output: Descriptor?
    private var record: ExitRecord?
    private var stop = ExitRecord.Stop.none
    private var isForced = false
    /// When what still runs is killed, on the monotonic clock.
    private var forceAt: Int64?
    /// Whether the program has been reaped: its number means nothing any more.
    private var isReaped = false
    /// Orphans that have had their SIGTERM.
    private var told: Set<pid_t> = []
    private var commands: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// How long what a program leaves behind may take to end when nobody set a time.
    private static let leftoverNanoseconds: Int64 = 2_000_000_000
    /// Between two looks at what is left.
    private static let sweepMilliseconds: Int32 = 10

    /// Takes over a program that has just been started.
    init(
        folder: Folder, launch: LaunchFile, signals: Descriptor, control: Descriptor,
        output: Descriptor, group: MemberGroup?, program: pid_t
    ) {
        self.folder = folder
        self.launch = launch
        self.signals = signals
        self.control = control
        self.output = output
        self.group = group
        self.program = program
        log = OutputLog(folder: folder, limit: launch.logLimitBytes)
    }

    /// Returns when nothing of the member runs any more.
    mutating func run() -> (ExitRecord, OutputLog) {
        while true {
            wait()
            takeSignals()
            takeCommands()
            takeOutput()
            if let deadline = forceAt, Clock.monotonic() >= deadline { force() }
            if var record, sweep() {
                while takeOutput() {}
                record.isForced = isForced
                record.lostBytes = log.lostBytes
                record.memoryKills = group?.memoryKills ?? 0
                group?.remove()
                return (record, log)
            }
        }
    }

    private func wait() {
        var files = [signals, control].map {
            pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0)
        }
        if let output {
            files.append(pollfd(fd: output.number, events: Int16(POLLIN), revents: 0))
        }
        var timeout: Int32 = -1
        if record != nil {
            timeout = Watch.sweepMilliseconds
        } else if let forceAt {
            let left = max(0, forceAt - Clock.monotonic()) / 1_000_000
            // Once force was used, what resists it is tried again from time to time.
            timeout = isForced ? 100 : Int32(clamping: left + 1)
        }
        poll(&files, nfds_t(files.count), timeout)
    }

    private mutating func takeSignals() {
        while case let signal = clinux_next_signal(signals.number), signal != 0 {
            if signal == SIGTERM {
                noteEnd()
                end(within: launch.graceNanoseconds, because: .signal)
            }
        }
        noteEnd()
        Children.reap(except: isReaped ? 0 : program)
    }

    private mutating func takeCommands() {
        let count = read(control.number, &buffer, 4096)
        guard count > 0 else { return }
        commands += buffer[..<count]
        while let newline = commands.firstIndex(of: UInt8(ascii: "\n")) {
            let words = String(decoding: commands[..<newline], as: UTF8.self).split(separator: " ")
            commands.removeFirst(newline + 1)
            guard words.count == 2, words[0] == "stop", let grace = Int64(words[1]) else {
                continue
            }
            noteEnd()
            end(within: max(0, grace), because: .order)
        }
        // Commands are short; what has no end of line by now is none.
        if commands.count > 256 { commands = [] }
    }

    /// Takes what the program wrote; false when there is nothing to take just now.
    @discardableResult
    private mutating func takeOutput() -> Bool {
        guard let output else { return false }
        let count = read(output.number, &buffer, buffer.count)
        if count > 0 {
            log.append(buffer[..<count])
            return true
        }
        if count == 0 || (errno != EAGAIN && errno != EINTR) { self.output = nil }
        return false
    }

    /// Notes how the program ended, if it has.
    private mutating func noteEnd() {
        guard record == nil, let end = Children.end(of: program) else { return }
        var record = ExitRecord(end: end)
        record.stop = stop
        record.endedAt = Clock.sinceEpoch()
        self.record = record
        if forceAt == nil { forceAt = Clock.monotonic() + Watch.leftoverNanoseconds }
        // Whoever is about to write a checkpoint would be ended by a second signal.
        if stop == .none { signalGroup(SIGTERM) }
    }

    /// Begins to end the program, or brings its end by force forward.
    private mutating func end(within grace: Int64, because reason: ExitRecord.Stop) {
        let (sum, isFar) = Clock.monotonic().addingReportingOverflow(grace)
        forceAt = min(forceAt ?? .max, isFar ? .max : sum)
        guard record == nil, stop == .none else { return }
        stop = reason
        signalGroup(SIGTERM)
        // Whatever is stopped would not see the signal.
        signalGroup(SIGCONT)
    }

    private mutating func force() {
        // What the program left behind may be ended by force without a word about the program.
        if record == nil { isForced = true }
        signalGroup(SIGKILL)
        group?.kill()
        guard record != nil else { return }
        for child in Children.all() where isReaped || child != program { kill(child, SIGKILL) }
    }

    private func signalGroup(_ signal: Int32) {
        if !isReaped { kill(-program, signal) }
    }

    /// Ends what the program left behind; true once nothing is left.
    private mutating func sweep() -> Bool {
        Children.reap(except: isReaped ? 0 : program)
        let left = Children.all().filter { isReaped || $0 != program }
        for child in left where told.insert(child).inserted && getpgid(child) != program {
            kill(child, SIGTERM)
            kill(child, SIGCONT)
        }
        guard left.isEmpty else { return false }
        if !isReaped {
            waitpid(program, nil, 0)
            isReaped = true
        }
        return Children.isAlone()
    }
}

/// The two clocks that a supervisor needs, in nanoseconds.
enum Clock {
    /// Since some point in the past; nobody can set it.
    static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

    /// Since the Unix epoch.
    static func sinceEpoch() -> Int64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
