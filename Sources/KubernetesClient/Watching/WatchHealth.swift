import Synchronization

/// How fresh is what a reflector tells; read from anywhere.
///
/// A class, because the one who follows and those who ask share it.
public final class WatchHealth: Sendable {
    /// What happened so far.
    public struct Figures: Hashable, Sendable {
        /// Lists that were completed.
        public var lists = 0
        /// Watches that were opened.
        public var watches = 0
        /// Refusals and failures.
        public var troubles = 0
    }

    private struct State {
        var figures = Figures()
        var lastContact: Int64?
        var isSynced = false
    }

    private let state = Mutex(State())

    /// Before the first contact.
    public init() {}

    /// What happened so far.
    public var figures: Figures { state.withLock { $0.figures } }

    /// Whether a list was completed and what followed it was not lost since.
    public var isSynced: Bool { state.withLock { $0.isSynced } }

    /// Milliseconds since the server last gave a sign of life; nil before the first. On a quiet
    /// watch a minute is usual: that is how often servers send bookmarks.
    public var staleMilliseconds: Int64? {
        state.withLock { $0.lastContact }.map { (Monotonic.now - $0) / 1_000_000 }
    }

    func contact() { state.withLock { $0.lastContact = Monotonic.now } }

    func listed() {
        state.withLock { state in
            state.figures.lists += 1
            state.isSynced = true
        }
    }

    func watched() { state.withLock { $0.figures.watches += 1 } }
    func trouble() { state.withLock { $0.figures.troubles += 1 } }
    func lost() { state.withLock { $0.isSynced = false } }
}
