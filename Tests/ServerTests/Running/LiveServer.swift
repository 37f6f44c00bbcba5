import ControlPlane
import Documents
import FleetModel
import Foundation
import HealthControl
import Logging
import Stacks
import Store
import Synchronization
import Testing

@testable import Server

/// A server on a port of its own, with a control plane whose backend does what a test says.
final class LiveServer {
    let folder = NSTemporaryDirectory() + "muster-server-" + UUID().uuidString
    let backend: ScriptedBackend
    let plane: ControlPlane
    let server: MusterServer
    let port: Int
    private let running: Task<Void, any Error>

    static let caller = Caller(name: "tester", role: "admin", address: "127.0.0.1")

    init(
        speed: Int64 = 1, stacks: StackCatalogue? = nil, spares: [PoolSpares] = [],
        hardware: [NodeID: HardwareFacts] = [:],
        _ change: (inout ServerSettings) -> Void = { _ in }
    ) async throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        backend = ScriptedBackend(
            try FleetDefinition.parse(shorthand: "2x8/2").get(), hardware)
        var plane = ControlPlaneSettings()
        plane.speed = speed
        plane.stacks = stacks.map { ($0, 7) }
        plane.spares = spares
        self.plane = try await ControlPlane(
            store: Store(folder: folder), backend: backend, settings: plane, logger: logger)
        var settings = ServerSettings()
        settings.port = 0
        change(&settings)
        let server = try MusterServer(self.plane, settings: settings, logger: logger)
        self.server = server
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        running = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run { continuation.yield($0) } }
                group.addTask { await server.runHousekeeping() }
                try await group.next()
                group.cancelAll()
            }
        }
        var found: Int?
        for await port in ports {
            found = port
            break
        }
        port = try #require(found)
    }

    /// Stops it; the last thing that a test does.
    func stop() async {
        plane.endStreams()
        running.cancel()
        _ = try? await running.value
        await plane.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Submits a job, and confirms that it runs when it is started.
    @discardableResult
    func run(_ text: String) async throws -> JobID {
        let id = try await submit(text)
        try await plane.settle()
        backend.report(.started(id, Attempt(1)))
        try await plane.settle()
        return id
    }

    /// Submits a job.
    func submit(_ text: String) async throws -> JobID {
        let document = try #require(
            JobsDocument.parse(SourceText(text, file: "job")).jobs.first)
        return try await plane.submit(
            Submission(document: document, text: text, caller: LiveServer.caller)
        ).job.row.id
    }

    /// Makes a token.
    func token(_ name: String, _ role: Role, tenant: String? = nil) async throws -> String {
        let (text, digest) = Tokens.make()
        _ = try await plane.addToken(
            TokenRow(
                name: name, digest: digest, role: role.rawValue, tenant: tenant,
                createdAt: FleetClock.wall(), expiresAt: nil), by: LiveServer.caller)
        try server.tokens.reload()
        return text
    }

    /// A connection to it.
    func connect(receiveBytes: Int? = nil) throws -> Wire { try Wire(port, receiveBytes) }

    /// Sends one request and takes the whole answer.
    func ask(
        _ method: String, _ path: String, token: String? = nil, _ body: String = "",
        headers: [String: String] = [:]
    ) async throws -> Wire.Answer {
        let wire = try connect()
        try wire.send(
            Wire.request(
                method, path, port, token: token, body,
                headers: headers.merging(["Connection": "close"]) { $1 }))
        return try await wire.answer()
    }
}

extension ControlPlane {
    /// Waits until everything so far is committed.
    func settle() async throws {
        await audit(LiveServer.caller, "wait", "", detail: "", outcome: "done")
        try await Task.sleep(for: .milliseconds(50))
    }
}

/// Tries again until something holds, for at most some seconds.
func eventually(_ seconds: Double = 240, _ holds: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if try await holds() { return true }
        try await Task.sleep(for: .milliseconds(50))
    }
    return try await holds()
}

/// A backend that does nothing by itself, and whose members have written the same text for ever.
final class ScriptedBackend: Backend {
    private struct State {
        var stopped: [JobID] = []
        var report: (@Sendable (BackendReport) -> Void)?
        var differences: StartDifferences?
    }

    /// A log to which nothing is added.
    private struct QuietLog: MemberLog {
        var bytes: [UInt8]
        func extent() -> Range<Int64> { 100..<100 + Int64(bytes.count) }
        func read(from offset: Int64, limit: Int) -> [UInt8] {
            Array(bytes.dropFirst(Int(max(0, offset - 100))).prefix(limit))
        }
        func isComplete() -> Bool { false }
    }

    let name = "scripted"
    private let fleet: FleetDefinition
    private let state = Mutex(State())

    private let facts: [NodeID: HardwareFacts]

    init(_ fleet: FleetDefinition, _ hardware: [NodeID: HardwareFacts] = [:]) {
        (self.fleet, facts) = (fleet, hardware)
    }

    func hardware() async -> [NodeID: HardwareFacts] { facts }

    func inventory() async throws -> FleetDefinition { fleet }

    func start(
        expecting gangs: [ExpectedGang], reporting: @escaping @Sendable (BackendReport) -> Void
    ) async throws {
        state.withLock { $0.report = reporting }
    }

    func execute(_ order: BackendOrder) {
        if case .stop(let job, _, _) = order { state.withLock { $0.stopped.append(job) } }
    }

    func stop() async {}

    func differences() async -> StartDifferences? { state.withLock { $0.differences } }

    /// Differs from now on.
    func differ(_ differences: StartDifferences) {
        state.withLock { $0.differences = differences }
    }

    func log(of member: MemberKey) -> (any MemberLog)? { QuietLog(bytes: Array("hello\n".utf8)) }

    /// Jobs that were to be stopped.
    var stopped: [JobID] { state.withLock { $0.stopped } }

    func report(_ report: BackendReport) { state.withLock { $0.report }?(report) }
}
