import AgentWire
import CLinux
import FleetModel
import Glibc

/// The process that asks the driver, as the agent has it: this same program, started anew, and a
/// pipe from it.
final class ProbeProcess {
    private let library: String
    private let interval: TimeSpan
    /// The words that start this program.
    private let program: [String]
    private var watch: ProbeWatch
    private var process: pid_t = 0
    private var frames = PipeFrames<ProbeFrame>()
    private var wasAbsent = false
    private var wasStarted = false
    /// Why the library did not start last time.
    private var code: Int32?
    /// Whether it was said that the library is not there.
    private var isMissingTold = false
    /// The pipe; −1 when there is none.
    private(set) var pipe: Int32 = -1
    /// What the devices told last; empty before, and while they are silent.
    private(set) var reading = DeviceReading()

    /// How long devices may be silent: three readings, and half a minute at least. Drivers that
    /// are being loaded take so long.
    static func patience(_ interval: TimeSpan) -> TimeSpan {
        max(TimeSpan(nanoseconds: 3 * interval.nanoseconds), .seconds(30))
    }

    init(
        library: String, interval: TimeSpan, patience: TimeSpan, program: [String], now: Instant
    ) {
        self.library = library
        self.interval = interval
        self.program = program
        watch = ProbeWatch(now: now, patience: patience)
    }

    /// When to look next.
    var due: Instant { watch.due }
    /// Whether it is known which devices there are, or of no use to wait for that.
    var isSettled: Bool { watch.isSettled }
    /// Whether it has said that there is nothing to ask.
    var isAbsent: Bool { watch.isAbsent }
    /// Whether it was started, has ended, and is not to be started again soon.
    var isOver: Bool { wasStarted && process == 0 }

    /// Looks after the process; returns what is to be told.
    func tick(now: Instant) -> [AgentRecord.Body] {
        var told: [AgentRecord.Body] = []
        if pipe >= 0 { told += read(now: now) }
        reap(now: now)
        told += carryOut(watch.tick(now: now))
        return told
    }

    /// The buses have so many GPUs.
    func sees(onBus count: Int) { watch.sees(onBus: count) }

    /// Ends the process. One that the driver blocks stays behind, until the driver lets it go.
    func stop() {
        if process > 0 { kill(process, SIGKILL) }
    }

    private func carryOut(_ orders: [ProbeWatch.Order]) -> [AgentRecord.Body] {
        var told: [AgentRecord.Body] = []
        for order in orders {
            switch order {
            case .start: start()
            case .kill: stop()
            case .tellSilence(let last):
                // What they told last is true no more.
                reading.samples = []
                told.append(.devicesSilent(last: last))
            case .tellAnswer: told.append(.devicesAnswer)
            }
        }
        return told
    }

    private func read(now: Instant) -> [AgentRecord.Body] {
        var told: [AgentRecord.Body] = []
        while pipe >= 0 {
            let piece = FramePipe.read(pipe)
            if case .nothing = piece { break }
            guard case .bytes(let part) = piece, let found = try? frames.take(part) else {
                closePipe()
                break
            }
            for frame in found {
                switch frame {
                case .loaded: watch.loaded(now: now)
                case .asking(let index): watch.asked(index, now: now)
                case .absent(let code):
                    wasAbsent = true
                    // Only one that was named by its path is sure to be meant.
                    if code == nil, library.contains("/"), !isMissingTold {
                        isMissingTold = true
                        Agent.say("\(library) cannot be loaded, or is not NVML")
                    }
                    note(code)
                    watch.absent(hasLibrary: code != nil, now: now)
                case .reading(let reading):
                    note(nil)
                    let count = reading.devices.count
                    if watch.takes(devices: count) { self.reading = reading }
                    told += carryOut(watch.answered(devices: count, now: now))
                }
            }
        }
        return told
    }

    /// Says once why a library that is there does not start.
    private func note(_ code: Int32?) {
        guard code != self.code else { return }
        self.code = code
        guard let code else { return }
        Agent.say("\(library) does not start: error \(code) of NVML")
    }

    private func closePipe() {
        close(pipe)
        pipe = -1
        // Something that writes no frames is not to go on.
        stop()
    }

    private func reap(now: Instant) {
        guard process > 0, waitpid(process, nil, WNOHANG) == process else { return }
        process = 0
        if pipe >= 0 {
            close(pipe)
            pipe = -1
        }
        watch.ended(now: now, wasAbsent: wasAbsent)
    }

    private func start() {
        wasAbsent = false
        wasStarted = true
        frames = PipeFrames()
        var ends: [Int32] = [-1, -1]
        guard clinux_open_pipe(&ends, 64 << 10) == 0 else {
            return watch.ended(now: Clock.monotonic(), wasAbsent: false)
        }
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&files, ends[1], 1)
        let words = program + ["probe", library, "\(max(1, interval.wholeSeconds))"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let error = posix_spawn(&child, program[0], &files, nil, &arguments, environ)
        close(ends[1])
        guard error == 0 else {
            close(ends[0])
            watch.ended(now: Clock.monotonic(), wasAbsent: false)
            return
        }
        process = child
        pipe = ends[0]
    }
}
