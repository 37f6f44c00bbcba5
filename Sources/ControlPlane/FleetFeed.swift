import Synchronization

/// Tells followers what each commit changed.
///
/// A follower is called on the driver's thread, so it must only note what happened and return.
public final class FleetFeed: Sendable {
    /// What a follower is told.
    public enum Message: Sendable {
        /// A commit.
        case delta(FleetDelta)
        /// What was told may not hold any more: look at the view again.
        case reset
        /// Nothing more comes.
        case end
    }

    private let followers = Mutex<[@Sendable (Message) -> Void]>([])

    /// Calls `body` with everything from now on.
    public func follow(_ body: @escaping @Sendable (Message) -> Void) {
        followers.withLock { $0.append(body) }
    }

    func send(_ delta: FleetDelta) { tell(.delta(delta)) }
    func reset() { tell(.reset) }
    func close() { tell(.end) }

    private func tell(_ message: Message) {
        for follower in followers.withLock({ $0 }) { follower(message) }
    }
}
