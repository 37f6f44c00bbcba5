import Synchronization

/// A path that is known later.
final class EntryBox: Sendable {
    private let path = Mutex<String?>(nil)

    func set(_ path: String) { self.path.withLock { $0 = path } }

    func take() -> String? {
        path.withLock { path in
            defer { path = nil }
            return path
        }
    }
}
