import Dispatch
import Synchronization

/// Runs asynchronous work from a command, whose thread waits for it.
enum AsyncBridge {
    private final class Box: Sendable {
        let result = Mutex<Result<Void, Failure>?>(nil)
    }

    /// Returns when `body` does. The main thread is none of those that tasks run on.
    static func run(
        _ body: @escaping @Sendable () async throws(Failure) -> Void
    ) throws(Failure) {
        let box = Box()
        let done = DispatchSemaphore(value: 0)
        Task {
            let result: Result<Void, Failure>
            do throws(Failure) {
                try await body()
                result = .success(())
            } catch {
                result = .failure(error)
            }
            box.result.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        try box.result.withLock { $0 ?? .success(()) }.get()
    }
}
