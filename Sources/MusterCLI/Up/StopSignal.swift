import Dispatch
import Foundation
import Synchronization

/// Waits for somebody to ask for a stop; who asks twice gets one without ceremony.
final class StopSignal: Sendable {
    private let state: StopState
    // Kept alive, and never looked at again.
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    init() {
        let state = StopState()
        self.state = state
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { if state.ask() > 1 { _exit(130) } }
            source.resume()
            return source
        }
    }

    /// Returns when a stop was asked for, or the task is cancelled. May be waited for again.
    func wait() async { await state.wait() }
}

/// Whether a stop was asked for, and who waits for that.
private final class StopState: Sendable {
    private struct State {
        var count = 0
        var next = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    /// Notes that somebody asked, and says how often that was.
    func ask() -> Int {
        let (count, waiting) = state.withLock { state in
            state.count += 1
            defer { state.waiting = [:] }
            return (state.count, state.waiting.values.map { $0 })
        }
        for continuation in waiting { continuation.resume() }
        return count
    }

    func wait() async {
        let place = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.count > 0 || Task.isCancelled { return true }
                    state.waiting[place] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: place) }?.resume()
        }
    }
}
