import Synchronization

/// How much of the API server this process may have.
public struct ThrottleLimits: Hashable, Sendable {
    /// Requests a second in the long run.
    public var perSecond: Int
    /// Requests at once after a quiet time.
    public var burst: Int
    /// Requests whose answer has not come yet.
    public var inFlight: Int

    /// The defaults let a thousand pods a second be bound, and stay below what an API server
    /// admits by default (400 reads and 200 writes in flight).
    public init(perSecond: Int = 2_000, burst: Int = 2_000, inFlight: Int = 128) {
        self.perSecond = max(perSecond, 1)
        self.burst = max(burst, 1)
        self.inFlight = max(inFlight, 1)
    }
}

/// Keeps out of the API server's way: at most so many requests a second and in flight, and none
/// while the server asks for a pause.
///
/// Requests go in the order in which they came. Urgent ones, which are few, pass all others: a
/// lease must not be lost because pods are being bound.
public final class ClientThrottle: Sendable {
    /// What counts against the limits.
    public let limits: ThrottleLimits
    private let state: Mutex<State>

    private struct State {
        var bucket: TokenBucket
        var inFlight = 0
        /// Those who wait for others to come back, first come first.
        var waiting: [(ticket: Int, continuation: CheckedContinuation<Bool, Never>)] = []
        var firstWaiting = 0
        var nextTicket = 0
        /// Until when the server asked for a pause.
        var pauseUntil: Int64 = 0
        var pauses = 0

        /// Who waits longest; nil when nobody does.
        mutating func nextWaiting() -> CheckedContinuation<Bool, Never>? {
            guard firstWaiting < waiting.count else { return nil }
            let continuation = waiting[firstWaiting].continuation
            firstWaiting += 1
            // Those who are in are dropped once they are many, so that each costs O(1).
            if firstWaiting > 64, firstWaiting * 2 > waiting.count {
                waiting.removeFirst(firstWaiting)
                firstWaiting = 0
            }
            return continuation
        }
    }

    /// The longest pause that is kept on the server's word.
    private static let longestPauseSeconds: Int64 = 60

    /// With nothing in flight.
    public init(_ limits: ThrottleLimits = ThrottleLimits()) {
        self.limits = limits
        state = Mutex(
            State(bucket: TokenBucket(perSecond: limits.perSecond, burst: limits.burst)))
    }

    /// Requests in flight.
    public var inFlight: Int { state.withLock { $0.inFlight } }
    /// How often the server asked for a pause.
    public var pauses: Int { state.withLock { $0.pauses } }

    /// No request but urgent ones begins before this many seconds have passed.
    func pause(seconds: Int64) {
        let seconds = min(max(seconds, 1), ClientThrottle.longestPauseSeconds)
        state.withLock { state in
            state.pauseUntil = max(state.pauseUntil, Monotonic.now + seconds * 1_000_000_000)
            state.pauses += 1
        }
    }

    /// Waits until a request may begin; ``leave()`` has to follow. Throws when cancelled.
    func enter() async throws {
        try await takePlace()
        do {
            let delay = state.withLock { $0.bucket.take(at: Monotonic.now) }
            if delay > 0 { try await Task.sleep(nanoseconds: UInt64(delay)) }
            while true {
                let rest = state.withLock { $0.pauseUntil } - Monotonic.now
                guard rest > 0 else { return }
                try await Task.sleep(nanoseconds: UInt64(rest))
            }
        } catch {
            leave()
            throw error
        }
    }

    /// Lets the next one in.
    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            // Whoever comes next takes over the place.
            if let next = state.nextWaiting() { return next }
            state.inFlight -= 1
            return nil
        }
        next?.resume(returning: true)
    }

    private func takePlace() async throws {
        let ticket = state.withLock { state -> Int? in
            if state.inFlight < limits.inFlight {
                state.inFlight += 1
                return nil
            }
            state.nextTicket += 1
            return state.nextTicket
        }
        guard let ticket else { return }
        let isIn = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait(ticket, continuation)
            }
        } onCancel: {
            cancel(ticket)
        }
        guard isIn else { throw CancellationError() }
        if Task.isCancelled {
            leave()
            throw CancellationError()
        }
    }

    private func wait(_ ticket: Int, _ continuation: CheckedContinuation<Bool, Never>) {
        let isIn = state.withLock { state -> Bool? in
            if Task.isCancelled { return false }
            if state.inFlight < limits.inFlight {
                state.inFlight += 1
                return true
            }
            state.waiting.append((ticket, continuation))
            return nil
        }
        if let isIn { continuation.resume(returning: isIn) }
    }

    private func cancel(_ ticket: Int) {
        let continuation = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            let index = state.waiting[state.firstWaiting...].firstIndex { $0.ticket == ticket }
            return index.map { state.waiting.remove(at: $0).continuation }
        }
        continuation?.resume(returning: false)
    }
}
