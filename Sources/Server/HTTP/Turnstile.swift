import FleetModel
import Synchronization

/// Lets a few callers in at the same time, and lets some more wait.
final class Turnstile: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>
    private let capacity: Int

    init(places: Int, waiting: Int) {
        state = Mutex(State(free: places))
        capacity = waiting
    }

    /// Runs `body` when there is a place. Throws `M0609` when too many wait.
    func pass<Value: Sendable>(
        _ body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await enter()
        defer { leave() }
        return try await body()
    }

    private func enter() async throws {
        enum Way { case open, full, wait }
        let way = state.withLock { state -> Way in
            if state.free > 0 {
                state.free -= 1
                return .open
            }
            return state.waiting.count < capacity ? .wait : .full
        }
        switch way {
        case .open: return
        case .full:
            throw OperatingError(
                .tooManyRequests, "too many questions wait already", detail: "1 s",
                hint: "ask again later")
        case .wait:
            await withCheckedContinuation { continuation in
                let isFree = state.withLock { state in
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    state.waiting.append(continuation)
                    return false
                }
                if isFree { continuation.resume() }
            }
        }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
