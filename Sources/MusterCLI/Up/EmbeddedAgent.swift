import Foundation
import Glibc
import Logging
import NodeAgent
import Server
import Synchronization

/// The agent of this machine, as a process of its own that the control plane starts, listens to and
/// starts again: whatever becomes of it, the control plane goes on.
///
/// What it tells comes over a pipe and is taken in as what agents tell over HTTP is.
final class EmbeddedAgent: Sendable {
    private let server: MusterServer
    private let node: String
    private let arguments: [String]
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        var process: Process?
        var isOver = false
        /// What it has said, so that it is shown once.
        var said: Set<String> = []
    }

    /// Different sayings that are remembered.
    private static let sayings = 200

    /// An agent of a node, with its memory in a folder and further options of `muster-agent`.
    init(
        _ server: MusterServer, node: String, folder: String, options: [String], logger: Logger
    ) {
        self.server = server
        self.node = node
        arguments = ["node-agent", "--pipe", "--node", node, "--state-folder", folder] + options
        self.logger = logger
    }

    /// Keeps it running until the surrounding task is cancelled.
    func run() async {
        await withTaskCancellationHandler {
            var pause = 1
            while !isOver {
                let began = ContinuousClock.now
                let status = await live()
                guard !isOver else { break }
                logger.warning(
                    "the agent of this machine has ended",
                    metadata: ["status": "\(status)", "again": "in \(pause) s"])
                try? await Task.sleep(for: .seconds(pause))
                pause = ContinuousClock.now - began > .seconds(600) ? 1 : min(60, pause * 2)
            }
        } onCancel: {
            let process = state.withLock { state in
                state.isOver = true
                return state.process
            }
            process?.terminate()
        }
    }

    private var isOver: Bool { state.withLock { $0.isOver } }

    /// One life of the process; its exit status, or −1 when it could not be started.
    private func live() async -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe")
        process.arguments = arguments
        let (messages, answers, talk) = (Pipe(), Pipe(), Pipe())
        process.standardInput = answers
        process.standardOutput = messages
        process.standardError = talk
        let isStarted = state.withLock { state in
            guard !state.isOver, (try? process.run()) != nil else { return false }
            state.process = process
            return true
        }
        guard isStarted else { return -1 }
        let status = await withCheckedContinuation { continuation in
            let thread = Thread { [self] in
                serve(messages.fileHandleForReading, answers.fileHandleForWriting)
                // What broke off, or writes something else, is not to go on.
                process.terminate()
                process.waitUntilExit()
                continuation.resume(returning: process.terminationStatus)
            }
            thread.name = "agent"
            thread.start()
            let listener = Thread { [self] in listen(talk.fileHandleForReading) }
            listener.name = "agent-talk"
            listener.start()
        }
        state.withLock { $0.process = nil }
        return status
    }

    /// Answers messages until there are no more.
    private func serve(_ messages: FileHandle, _ answers: FileHandle) {
        // An agent that is gone is known by the failure to write to it.
        var pipes = sigset_t()
        sigemptyset(&pipes)
        sigaddset(&pipes, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipes, nil)
        var reader = AgentPipe.Reader.messages
        while let piece = EmbeddedAgent.piece(of: messages) {
            reader.take(piece)
            do {
                while let message = try reader.next() {
                    let answer = wait(for: message.body)
                    try answers.write(contentsOf: Data(answer))
                }
            } catch {
                return
            }
        }
    }

    /// What a pipe has by now, waiting for something; nil at its end. A `FileHandle` itself waits
    /// until it has as much as it was asked for.
    private static func piece(of pipe: FileHandle) -> [UInt8]? {
        while true {
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                let result = read(pipe.fileDescriptor, buffer.baseAddress, 64 << 10)
                failure = result < 0 ? errno : 0
                count = max(0, result)
            }
            if failure == EINTR { continue }
            return failure == 0 && !bytes.isEmpty ? bytes : nil
        }
    }

    /// The answer to a message. The thread is this agent's own, so that it may wait.
    private func wait(for message: [UInt8]) -> [UInt8] {
        let answer = Answer()
        let isDone = DispatchSemaphore(value: 0)
        let (server, node) = (server, node)
        Task {
            let (status, body) = await server.takeFromOwnAgent(message, of: node)
            answer.bytes.withLock { $0 = AgentPipe.framed(status: status, answer: body) }
            isDone.signal()
        }
        isDone.wait()
        return answer.bytes.withLock { $0 }
    }

    /// An answer that one thread waits for.
    private final class Answer: Sendable {
        let bytes = Mutex<[UInt8]>([])
    }

    /// Tells people what the agent says, each thing once.
    private func listen(_ talk: FileHandle) {
        var rest: [UInt8] = []
        while let piece = EmbeddedAgent.piece(of: talk) {
            rest += piece
            while let end = rest.firstIndex(of: 10) {
                let line = String(decoding: rest[..<end], as: UTF8.self)
                rest.removeSubrange(...end)
                let isNew = state.withLock { state in
                    state.said.count < EmbeddedAgent.sayings && state.said.insert(line).inserted
                }
                logger.log(level: isNew ? .notice : .debug, "\(line)")
            }
            if rest.count > 64 << 10 { rest = [] }
        }
    }
}
