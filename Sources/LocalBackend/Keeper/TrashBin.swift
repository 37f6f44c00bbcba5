import Foundation
import Logging
import Synchronization

/// Deletes what was taken away, on a thread of its own: a job may leave millions of files.
/// A class, because that thread shares it.
final class TrashBin: Sendable {
    private enum State {
        case idle
        case emptying
        /// More came meanwhile.
        case emptyingAgain
    }

    private let layout: Layout
    private let logger: Logger
    private let state = Mutex(State.idle)

    init(_ layout: Layout, logger: Logger) {
        self.layout = layout
        self.logger = logger
    }

    /// Sees to it that what was taken away by now is deleted some time soon.
    func empty() {
        let isIdle = state.withLock { state in
            defer { state = state == .idle ? .emptying : .emptyingAgain }
            return state == .idle
        }
        if isIdle { Thread.detachNewThread { [self] in work() } }
    }

    private func work() {
        while true {
            for name in layout.emptyTrash() { logger.warning("cannot delete \(name) in the trash") }
            let isDone = state.withLock { state in
                defer { state = state == .emptyingAgain ? .emptying : .idle }
                return state == .emptying
            }
            if isDone { return }
        }
    }
}
