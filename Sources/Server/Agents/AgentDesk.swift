import AgentWire
import ControlPlane
import FleetModel
import Synchronization

/// Takes in messages of agents: what follows from one is with ``AgentEvents`` before it is
/// answered.
final class AgentDesk: Sendable {
    /// What was taken so far.
    struct Counts: Sendable {
        /// Messages, those that said nothing new included.
        var messages: UInt64 = 0
        /// Faults and other things that happened.
        var records: UInt64 = 0
        /// Records that agents had no room for while nobody listened.
        var lost: UInt64 = 0
        /// Bodies that were no messages.
        var malformed: UInt64 = 0
    }

    private struct State {
        var roster: AgentRoster?
        var isStarting = false
        /// Nodes whose message is with the receiver: no other one of theirs is looked at meanwhile.
        var busy: Set<String> = []
        var counts = Counts()
    }

    private let events: (any AgentEvents)?
    private let state = Mutex(State())

    init(_ events: (any AgentEvents)?) { self.events = events }

    /// How many nodes are known, and what was taken.
    func figures() -> (known: Int, counts: Counts) {
        state.withLock { ($0.roster?.count ?? 0, $0.counts) }
    }

    /// Takes the body of a request about a node, and says what to answer. Throws `M0601` for a body
    /// that is no message, `M0608` for one of another version, `M0610` while it cannot be taken.
    func receive(_ body: [UInt8], from node: String, at now: Instant) async throws -> [UInt8] {
        let message = try decode(body, from: node)
        guard let events else {
            throw OperatingError(
                .notReady, "nobody takes in what agents tell",
                detail: "this control plane runs without its health engine",
                hint: "the agent keeps what it has and tries again")
        }
        try await start(events)
        let reception = try begin(message, at: now)
        defer { _ = state.withLock { $0.busy.remove(message.node) } }
        try await events.take(reception)
        state.withLock { state in
            state.roster?.commit(reception)
            state.counts.messages += 1
            for event in reception.events {
                switch event {
                case .record: state.counts.records += 1
                case .lost(let count): state.counts.lost &+= count
                default: break
                }
            }
        }
        return reception.acknowledgement.encoded()
    }

    private func decode(_ body: [UInt8], from node: String) throws -> AgentMessage {
        do throws(WireRefusal) {
            let message = try AgentMessage(decoding: body)
            guard message.node == node else {
                throw WireRefusal("a message of another node", at: 2)
            }
            return message
        } catch {
            state.withLock { $0.counts.malformed += 1 }
            if let version = error.version {
                throw OperatingError(
                    .unsupportedMediaType, "version \(version) of the agents' format is not known",
                    detail: "this control plane knows versions \(AgentLimits.oldestVersion) to "
                        + "\(AgentLimits.version)",
                    hint: "upgrade it; until then the agent uses a version that it knows")
            }
            throw OperatingError(
                .malformedRequest, "the body is not a message of an agent of '\(node.prefix(200))'",
                detail: "\(error.what), at byte \(error.offset)")
        }
    }

    /// Has the marks read, once. Others wait for their agents to try again.
    private func start(_ events: any AgentEvents) async throws {
        let isMine = try state.withLock { state in
            guard state.roster == nil else { return false }
            guard !state.isStarting else {
                throw AgentDesk.notYet("marks of agents are being read")
            }
            state.isStarting = true
            return true
        }
        guard isMine else { return }
        defer { state.withLock { $0.isStarting = false } }
        let marks = try await events.marks()
        state.withLock { $0.roster = AgentRoster(marks) }
    }

    private func begin(_ message: AgentMessage, at now: Instant) throws -> AgentReception {
        try state.withLock { state in
            guard state.busy.insert(message.node).inserted else {
                throw AgentDesk.notYet("another message of the node is being taken")
            }
            guard let reception = state.roster?.receive(message, at: now) else {
                state.busy.remove(message.node)
                throw AgentDesk.notYet("there are more nodes than this control plane keeps")
            }
            return reception
        }
    }

    private static func notYet(_ message: String) -> OperatingError {
        OperatingError(.notReady, message, hint: "send it again")
    }
}
