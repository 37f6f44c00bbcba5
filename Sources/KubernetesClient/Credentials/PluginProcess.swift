import Glibc

/// Runs a program to its end, within limits of time and output. It blocks its thread.
struct PluginProcess {
    var command: String
    var arguments: [String]
    /// `NAME=VALUE`.
    var environment: [String]
    var timeoutSeconds: Int64

    /// Bytes of output that are kept; a program that prints more is stopped.
    static let outputBytes = 1 << 20
    /// Bytes of complaints that are kept; the rest is dropped.
    static let complaintBytes = 16 << 10

    /// How it ended.
    enum Ending: Equatable {
        case exited(Int32)
        case signalled(Int32)
        case timedOut
        case printedTooMuch
        /// It did not start, for this `errno`.
        case absent(Int32)
    }

    struct Outcome {
        var ending: Ending
        var output: [UInt8] = []
        var complaints: [UInt8] = []
    }

    func run() -> Outcome {
        guard let output = Pipe(), let complaints = Pipe() else {
            return Outcome(ending: .absent(errno))
        }
        defer {
            output.close()
            complaints.close()
        }
        var child: pid_t = 0
        let trouble = spawn(&child, output: output.write, complaints: complaints.write)
        output.closeWriting()
        complaints.closeWriting()
        guard trouble == 0 else { return Outcome(ending: .absent(trouble)) }
        return follow(child, output.read, complaints.read)
    }

    /// A process group of its own, so that what it starts ends with it.
    private func spawn(_ child: inout pid_t, output: Int32, complaints: Int32) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, complaints, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        var words: [UnsafeMutablePointer<CChar>?] = ([command] + arguments).map { strdup($0) }
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) }
        words.append(nil)
        variables.append(nil)
        defer { for word in words + variables { free(word) } }
        return posix_spawnp(&child, command, &actions, &attributes, words, variables)
    }

    private func follow(_ child: pid_t, _ output: Int32, _ complaints: Int32) -> Outcome {
        var outcome = Outcome(ending: .timedOut)
        var isOpen = [true, true]
        let deadline = Monotonic.now + timeoutSeconds * 1_000_000_000
        var status: Int32 = 0
        var endedAt: Int64?
        while true {
            // What it left running may keep the pipes open: a little patience is enough.
            let isLate = endedAt.map { Monotonic.now - $0 > 200_000_000 } ?? false
            if endedAt != nil, isLate || isOpen == [false, false] {
                kill(-child, SIGKILL)
                outcome.ending = PluginProcess.ending(status)
                return outcome
            }
            if Monotonic.now >= deadline || outcome.output.count > PluginProcess.outputBytes {
                outcome.ending = Monotonic.now >= deadline ? .timedOut : .printedTooMuch
                kill(-child, SIGKILL)
                if endedAt == nil { while waitpid(child, &status, 0) < 0, errno == EINTR {} }
                return outcome
            }
            var polls = [
                pollfd(fd: isOpen[0] ? output : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isOpen[1] ? complaints : -1, events: Int16(POLLIN), revents: 0),
            ]
            poll(&polls, 2, 20)
            if polls[0].revents != 0 {
                isOpen[0] = PluginProcess.read(output, into: &outcome.output, keeping: .max)
            }
            if polls[1].revents != 0 {
                isOpen[1] = PluginProcess.read(
                    complaints, into: &outcome.complaints, keeping: PluginProcess.complaintBytes)
            }
            if endedAt == nil, waitpid(child, &status, WNOHANG) == child {
                endedAt = Monotonic.now
            }
        }
    }

    /// Whether there may be more.
    private static func read(_ file: Int32, into bytes: inout [UInt8], keeping most: Int) -> Bool {
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        let count = Glibc.read(file, &piece, piece.count)
        if count < 0 { return errno == EINTR || errno == EAGAIN }
        bytes.append(contentsOf: piece[..<min(count, max(most - bytes.count, 0))])
        return count > 0
    }

    /// The macros of `wait(2)`.
    private static func ending(_ status: Int32) -> Ending {
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
    }

    /// A pipe whose ends other programs do not inherit.
    private final class Pipe {
        let read: Int32
        private(set) var write: Int32

        init?() {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { return nil }
            (read, write) = (ends[0], ends[1])
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        }

        func closeWriting() {
            if write >= 0 { Glibc.close(write) }
            write = -1
        }

        func close() {
            closeWriting()
            Glibc.close(read)
        }
    }
}
