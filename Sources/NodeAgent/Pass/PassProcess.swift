import AgentWire
import CLinux
import FleetModel
import Glibc
import HealthSignals

/// A pass over the parts of the machine, as the agent has it: the processes that ask them, a pipe
/// from the one that runs, and what was told.
final class PassProcess {
    /// A process that has ended or was ended, and the part that may hold it.
    private struct Leaving {
        var process: pid_t
        var part: String?
        var since: Instant
    }

    private let tree: SysTree
    private var watch = PassWatch()
    private var parts: [MachinePart] = []
    /// What the process that runs is to ask.
    private var given: [MachinePart] = []
    private var process: pid_t = 0
    private var frames = PipeFrames<PassFrame>()
    private var leaving: [Leaving] = []
    private var told: [String: [AgentSample]] = [:]
    /// Why nothing is asked, as it was said last.
    private var trouble: String?
    /// The pipe; −1 when there is none.
    private(set) var pipe: Int32 = -1

    /// A process that nothing holds is gone within so much; it is looked after until then.
    private static let parting = TimeSpan.seconds(1)
    private static let look = TimeSpan(nanoseconds: 20_000_000)

    /// Asks parts of a tree.
    init(_ tree: SysTree) { self.tree = tree }

    /// All that parts told last. What does not answer tells nothing but that.
    var samples: [AgentSample] { parts.flatMap { told[$0.name] ?? [] } }

    /// When to look next.
    func due(now: Instant) -> Instant {
        isParting(now: now) ? min(watch.lateAt, now + PassProcess.look) : watch.lateAt
    }

    private func isParting(now: Instant) -> Bool {
        leaving.contains { now < $0.since + PassProcess.parting }
    }

    /// Begins to ask parts, unless it is still at it.
    func begin(_ parts: [MachinePart], now: Instant) {
        reap()
        guard watch.isOver else { return }
        self.parts = Array(parts.prefix(PassFrame.parts))
        let names = Set(self.parts.map(\.name))
        told = told.filter { names.contains($0.key) }
        watch.begin(self.parts.map(\.name), now: now)
        if watch.isFull {
            withdraw()
            note("\(PassWatch.held) processes are held by the machine")
        }
        start(now: now)
    }

    /// Looks after the processes; true if there may be other values.
    func tick(now: Instant) -> Bool {
        reap()
        var isNews = read(now: now)
        if let end = watch.late(now: now) {
            kill(process, SIGKILL)
            part(from: end, now: now)
            if case .at(let part) = end { tellSilence(of: part) }
            isNews = true
        }
        start(now: now)
        return isNews
    }

    /// Waits until it is over, but not for longer.
    func wait(atMost span: TimeSpan) {
        let end = Clock.monotonic() + span
        while true {
            let now = Clock.monotonic()
            let isOver = watch.isOver && !isParting(now: now)
            guard !isOver, now < end else { return }
            let left = min(end, due(now: now)) - now
            var files = [pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)]
            // A pipe that is not there is passed over.
            poll(&files, 1, Int32(clamping: max(0, left.nanoseconds) / 1_000_000 + 1))
            _ = tick(now: Clock.monotonic())
        }
    }

    private func start(now: Instant) {
        let names = watch.start(now: now)
        guard !names.isEmpty else { return }
        let named = Dictionary(parts.map { ($0.name, $0) }) { first, _ in first }
        given = names.compactMap { named[$0] }
        frames = PipeFrames()
        var ends: [Int32] = [-1, -1]
        let isOpen = clinux_open_pipe(&ends, 64 << 10) == 0
        let child = isOpen ? PassProgram.start(given, in: tree, output: ends[1]) : -1
        guard child > 0 else {
            note(String(cString: strerror(errno)))
            for end in ends where end >= 0 { close(end) }
            watch.failed()
            return withdraw()
        }
        note(nil)
        close(ends[1])
        process = child
        pipe = ends[0]
    }

    /// Says once why nothing is asked, and once that this is over.
    private func note(_ trouble: String?) {
        guard trouble != self.trouble else { return }
        self.trouble = trouble
        Agent.say(trouble.map { "the machine is not read: \($0)" } ?? "the machine is read again")
    }

    private func read(now: Instant) -> Bool {
        var isNews = false
        while pipe >= 0 {
            switch FramePipe.read(pipe) {
            case .nothing: return isNews
            case .end:
                part(from: watch.ended(), now: now)
                isNews = true
            case .bytes(let bytes):
                guard let found = try? frames.take(bytes) else {
                    kill(process, SIGKILL)
                    part(from: watch.ended(), now: now)
                    return true
                }
                for frame in found where take(frame, now: now) { isNews = true }
            }
        }
        return isNews
    }

    private func take(_ frame: PassFrame, now: Instant) -> Bool {
        switch frame {
        case .asking(let place):
            guard given.indices.contains(place) else { return false }
            watch.asking(given[place].name, now: now)
            return false
        case .told(let place, let samples):
            guard given.indices.contains(place) else { return false }
            let part = given[place]
            if watch.answered(part.name, now: now) { Agent.say("\(part.name) answers again") }
            told[part.name] = samples + part.silence(false)
            return true
        }
    }

    /// The process that ran is not listened to any more.
    private func part(from end: PassWatch.End, now: Instant) {
        close(pipe)
        pipe = -1
        var part: String?
        switch end {
        case .done: break
        case .unasked: withdraw()
        case .at(let name):
            if watch.isSilent(name) { part = name } else { told[name] = nil }
        }
        leaving.append(Leaving(process: process, part: part, since: now))
        process = 0
        reap()
    }

    private func reap() {
        leaving.removeAll { leaving in
            guard waitpid(leaving.process, nil, WNOHANG) != 0 else { return false }
            if let part = leaving.part { watch.released(part) }
            return true
        }
    }

    private func tellSilence(of name: String) {
        guard let part = parts.first(where: { $0.name == name }) else { return }
        if told[name] != part.silence(true) { Agent.say("\(name) does not answer") }
        // What it told last is true no more.
        told[name] = part.silence(true)
    }

    /// What told its values is not known to have them still.
    private func withdraw() { told = told.filter { watch.isSilent($0.key) } }
}
