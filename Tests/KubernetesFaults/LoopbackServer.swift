import NIOCore
import NIOHTTP1

/// An HTTP server that answers for as long as somebody needs it.
enum LoopbackServer {
    typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    /// Answers connections by `each` while `body` runs, which gets the port.
    static func run<T: Sendable>(
        _ server: NIOAsyncChannel<Connection, Never>,
        each: @escaping @Sendable (Connection) async -> Void,
        while body: @escaping @Sendable (Int) async throws -> T
    ) async throws -> T {
        let port = server.channel.localAddress?.port ?? 0
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask {
                await serve(server, each: each)
                return nil
            }
            group.addTask { try await body(port) }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    private static func serve(
        _ server: NIOAsyncChannel<Connection, Never>,
        each: @escaping @Sendable (Connection) async -> Void
    ) async {
        await withDiscardingTaskGroup { group in
            try? await server.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask { await each(connection) }
                }
            }
            group.cancelAll()
        }
    }
}
