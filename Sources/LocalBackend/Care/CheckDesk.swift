import ControlPlane
import Foundation
import Health
import Logging
import NodeChecks
import Qualification
import Synchronization

/// Runs the tests of this machine, one at a time, each on a thread of its own, so that nobody waits
/// for one. A class, since those threads share its state.
final class CheckDesk: Sendable {
    /// A test that was ordered.
    private struct Order: Sendable {
        var id: OperationID
        var level: QualificationLevel
        var tell: @Sendable (QualificationAnswer) -> Void
    }

    private struct State {
        /// What runs, and whether it is to end.
        var current: OperationID?
        var isStopping = false
        /// Whether nobody waits for its answer any more.
        var isDropped = false
        /// What runs when that has ended; a later order takes its place.
        var next: Order?
        /// The last answer, for who asks for the same once more.
        var last: (id: OperationID, answer: QualificationAnswer)?
        var isClosed = false
    }

    private let program: CheckProgram
    private let logger: Logger
    private let state = Mutex(State())

    init(command: [String], logger: Logger) {
        program = CheckProgram(command)
        self.logger = logger
    }

    /// Begins a test, unless it runs already or has its answer, which is then told again. Another
    /// one that runs is ended: who orders a new one does not wait for it any more.
    func begin(
        _ id: OperationID, _ level: QualificationLevel,
        tell: @escaping @Sendable (QualificationAnswer) -> Void
    ) {
        let order = Order(id: id, level: level, tell: tell)
        let (isFirst, replaced, known) = state.withLock {
            state -> (Bool, Order?, QualificationAnswer?) in
            guard !state.isClosed else { return (false, nil, nil) }
            if let last = state.last, last.id == id { return (false, nil, last.answer) }
            guard let current = state.current else {
                state.current = id
                state.isStopping = false
                return (true, nil, nil)
            }
            guard current != id || state.isStopping, state.next?.id != id else {
                return (false, nil, nil)
            }
            state.isStopping = true
            defer { state.next = order }
            return (false, state.next, nil)
        }
        replaced?.tell(.noAnswer(replaced?.level ?? level))
        if let known { tell(known) }
        if isFirst { start(order) }
    }

    /// Ends a test that nobody waits for any more, and tells nothing of it.
    func drop(_ id: OperationID) {
        state.withLock { state in
            if state.next?.id == id { state.next = nil }
            guard state.current == id else { return }
            (state.isStopping, state.isDropped) = (true, true)
        }
    }

    /// Ends what runs and what waits, without an answer about the machine.
    func stop() {
        let replaced = state.withLock { state -> Order? in
            state.isStopping = true
            defer { state.next = nil }
            return state.next
        }
        if let replaced { replaced.tell(.noAnswer(replaced.level)) }
    }

    /// Whether a test has the machine, if only until it has ended.
    var isBusy: Bool { state.withLock { $0.current != nil } }

    /// Ends what runs, and tells nothing any more.
    func close() {
        state.withLock { state in
            state.isStopping = true
            state.isClosed = true
            state.next = nil
        }
    }

    private func start(_ order: Order) {
        let thread = Thread { self.run(order) }
        thread.name = "local-check"
        thread.start()
    }

    private func run(_ first: Order) {
        var order = first
        while true {
            let answer = answer(to: order)
            let (isTold, next) = state.withLock { state -> (Bool, Order?) in
                state.last = (order.id, answer)
                let isTold = !state.isClosed && !state.isDropped
                state.isDropped = false
                let next = state.next
                state.next = nil
                state.current = next?.id
                state.isStopping = state.isClosed
                return (isTold, next)
            }
            if isTold { order.tell(answer) }
            guard let next else { return }
            order = next
        }
    }

    private func answer(to order: Order) -> QualificationAnswer {
        do throws(CheckProgram.Failure) {
            let run = try program.run(level: order.level) { state.withLock { $0.isStopping } }
            return QualificationAnswer(run.run)
        } catch {
            logger.warning("the test \(order.id.rawValue) of this machine: \(error)")
            return .noAnswer(order.level)
        }
    }
}
