import AgentWire
import ControlPlane
import FleetModel
import Foundation
import Glibc
import HealthSignals
import Synchronization
import TestCertificates
import Testing

@testable import Server

/// Keeps what agents told, and fails when a test wants it to.
final class KeptEvents: AgentEvents {
    struct State {
        var marks: [String: AgentMark] = [:]
        var events: [AgentEvent] = []
        var fails = false
        var waits: [CheckedContinuation<Void, Never>] = []
        var holds = false
    }

    let state = Mutex(State())

    func marks() async throws -> [AgentMark] { state.withLock { Array($0.marks.values) } }

    func take(_ reception: AgentReception) async throws {
        if state.withLock({ $0.holds }) {
            await withCheckedContinuation { wait in state.withLock { $0.waits.append(wait) } }
        }
        try state.withLock { state in
            if state.fails { throw OperatingError(.storageFailed, "the disk is full") }
            state.marks[reception.node] = reception.mark
            state.events += reception.events
        }
    }

    var faults: [FaultCode] {
        state.withLock { state in
            state.events.compactMap {
                guard case .record(let record) = $0, case .fault(let fault) = record.body
                else { return nil }
                return fault.code
            }
        }
    }
}

@Suite("Agents")
struct AgentDeskTests {
    private func message(
        _ number: UInt64, records: [Int32] = [], node: String = "gpu-1"
    ) -> AgentMessage {
        var message = AgentMessage(
            node: node, boot: BootID(), stream: 5, number: number, sentAt: .seconds(1))
        message.records = records.map { AgentRecord(at: .zero, .fault(LogFault(.xid($0)))) }
        return message
    }

    private func code(_ body: () async throws -> [UInt8]) async -> DiagnosticCode? {
        do {
            _ = try await body()
            return nil
        } catch {
            return (error as? OperatingError)?.code
        }
    }

    @Test("what was answered is kept, and comes back after a restart")
    func answers() async throws {
        let kept = KeptEvents()
        let desk = AgentDesk(kept)
        let bytes = try await desk.receive(
            message(1, records: [79, 48]).encoded(), from: "gpu-1", at: .seconds(9))
        let answer = try AgentAcknowledgement(decoding: bytes)
        #expect(answer.sequence == 2 && answer.stream == 5 && answer.wantsWhole)
        let restarted = AgentDesk(kept)
        _ = try await restarted.receive(
            message(2, records: [79, 48, 94]).encoded(), from: "gpu-1", at: .seconds(10))
        #expect(kept.faults == [.xid(79), .xid(48), .xid(94)])
        let (known, counts) = restarted.figures()
        #expect(known == 1 && counts.messages == 1 && counts.records == 1)
    }

    @Test("what could not be kept is not answered, and taken when it comes again")
    func failures() async throws {
        let kept = KeptEvents()
        let desk = AgentDesk(kept)
        kept.state.withLock { $0.fails = true }
        let body = message(1, records: [79]).encoded()
        #expect(
            await code { try await desk.receive(body, from: "gpu-1", at: .zero) }
                == .storageFailed)
        kept.state.withLock { $0.fails = false }
        _ = try await desk.receive(body, from: "gpu-1", at: .zero)
        #expect(kept.faults == [.xid(79)])
    }

    @Test("one message of a node at a time")
    func serial() async throws {
        let kept = KeptEvents()
        let desk = AgentDesk(kept)
        _ = try await desk.receive(message(1).encoded(), from: "gpu-1", at: .zero)
        kept.state.withLock { $0.holds = true }
        let first = Task {
            try await desk.receive(
                message(2, records: [79]).encoded(), from: "gpu-1", at: .zero)
        }
        #expect(try await eventually { !kept.state.withLock { $0.waits.isEmpty } })
        let second = message(3, records: [79]).encoded()
        #expect(
            await code { try await desk.receive(second, from: "gpu-1", at: .zero) } == .notReady)
        kept.state.withLock { state in
            state.holds = false
            for wait in state.waits { wait.resume() }
            state.waits = []
        }
        _ = try await first.value
        _ = try await desk.receive(second, from: "gpu-1", at: .zero)
        #expect(kept.faults == [.xid(79)])
    }

    @Test("only messages of the node itself, of a known version, are taken")
    func refusals() async throws {
        let desk = AgentDesk(KeptEvents())
        func refusal(_ body: [UInt8], _ node: String = "gpu-1") async -> DiagnosticCode? {
            await code { try await desk.receive(body, from: node, at: .zero) }
        }
        var body = message(1).encoded()
        #expect(await refusal(body, "gpu-2") == .malformedRequest)
        #expect(await refusal([]) == .malformedRequest)
        #expect(await refusal(Array(body.dropLast())) == .malformedRequest)
        body[1] = AgentLimits.version + 1
        #expect(await refusal(body) == .unsupportedMediaType)
        #expect(desk.figures().counts.malformed == 4)
        let nobody = AgentDesk(nil)
        #expect(
            await code {
                try await nobody.receive(message(1).encoded(), from: "gpu-1", at: .zero)
            } == .notReady)
    }

    @Test("the role agent opens this door and no other")
    func access() async throws {
        let kept = KeptEvents()
        let server = try await LiveServer { $0.agentEvents = kept }
        let agent = try await server.token("agents", .agent)
        let viewer = try await server.token("viewer", .viewer)
        let place = "/v1/agents/gpu-1/deltas"
        let octets = ["Content-Type": "application/octet-stream"]
        func post(
            _ token: String?, _ headers: [String: String] = octets
        ) async throws -> Wire.Answer {
            try await server.ask("POST", place, token: token, "x", headers: headers)
        }
        // Past the door the body is looked at, and is no message.
        #expect(try await post(agent).status == 400)
        #expect(try await post(try await server.token("people", .operator)).status == 400)
        #expect(try await post(viewer).status == 403)
        let unknown = try await post(nil)
        #expect(unknown.status == 401)
        #expect(try unknown.json()["detail"] as? String == "it takes agent or operator")
        #expect(try await post(agent, ["Content-Type": "application/json"]).status == 415)
        for (method, path) in [
            ("GET", "/v1/fleet"), ("GET", "/v1/nodes"), ("GET", "/v1/whoami"),
            ("GET", "/metrics"), ("POST", "/v1/jobs"), ("GET", "/v1/tokens"),
        ] {
            #expect(try await server.ask(method, path, token: agent).status == 403, "\(path)")
        }
        #expect(try await server.ask("GET", place, token: agent).status == 405)
        let metrics = try await server.ask("GET", "/metrics", token: viewer).body
        #expect(metrics.contains("muster_agent_malformed_total 2"))
        await server.stop()
    }

    @Test("a token of one node speaks for no other, and one of none for all")
    func boundTokens() async throws {
        let kept = KeptEvents()
        let server = try await LiveServer { $0.agentEvents = kept }
        let admin = try await server.token("a", .admin)
        func make(_ body: String) async throws -> Wire.Answer {
            try await server.ask("POST", "/v1/tokens", token: admin, body)
        }
        let made = try await make(#"{"name": "one", "role": "agent", "node": "gpu-1"}"#)
        #expect(made.status == 201, "\(made)")
        #expect(try made.json()["node"] as? String == "gpu-1")
        let bound = try #require(try made.json()["token"] as? String)
        let free = try await server.token("all", .agent)
        // Past the door the body is looked at, and is no message.
        func tell(_ node: String, _ token: String) async throws -> Wire.Answer {
            try await server.ask(
                "POST", "/v1/agents/\(node)/deltas", token: token, "x",
                headers: ["Content-Type": "application/octet-stream"])
        }
        #expect(try await tell("gpu-1", bound).status == 400)
        let refused = try await tell("gpu-2", bound)
        #expect(refused.status == 403)
        #expect(try refused.json()["code"] as? String == "M0603")
        #expect(refused.body.contains("another node"))
        #expect(try await tell("gpu-1", free).status == 400)
        #expect(try await tell("gpu-2", free).status == 400)
        for wrong in [
            #"{"name": "v", "role": "viewer", "node": "gpu-1"}"#,
            #"{"name": "v", "role": "agent", "node": ""}"#,
        ] { #expect(try await make(wrong).status == 400) }
        let list = try await server.ask("GET", "/v1/tokens", token: admin).json()
        let nodes = (list["tokens"] as? [[String: Any]])?.compactMap { $0["node"] as? String }
        #expect(nodes == ["gpu-1"])
        await server.stop()
    }

    @Test("the program muster-agent tells this server what it sees", arguments: ["http", "https"])
    func realAgent(scheme: String) async throws {
        let kept = KeptEvents()
        let own = NSTemporaryDirectory() + "muster-certificates-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: own) }
        let certificates = try Certificates(folder: own)
        let files = try certificates.issue("IP:127.0.0.1")
        let server = try await LiveServer { settings in
            settings.agentEvents = kept
            if scheme == "https" { settings.tls = files }
        }
        let folder = server.folder
        let token = try await server.token("agents", .agent)
        try Data(token.utf8).write(to: URL(fileURLWithPath: folder + "/token"))
        try Data().write(to: URL(fileURLWithPath: folder + "/log"))
        let agent = Process()
        agent.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
            .deletingLastPathComponent().appendingPathComponent("muster-agent")
        agent.arguments = [
            "--control-plane", "\(scheme)://127.0.0.1:\(server.port)", "--node", "gpu-1",
            "--ca-file", certificates.authority, "--token-file", folder + "/token",
            "--kernel-log", folder + "/log", "--root", folder, "--state-folder", folder + "/agent",
            "--nvml", "none",
        ]
        // Who reads this process's output is not to wait for the agent if this process dies.
        agent.standardOutput = FileHandle.nullDevice
        agent.standardError = FileHandle.nullDevice
        try agent.run()
        defer { kill(agent.processIdentifier, SIGKILL) }
        #expect(
            try await eventually {
                kept.state.withLock { state in
                    state.events.contains { if case .arrived = $0 { true } else { false } }
                }
            })
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/log"))
        try log.seekToEnd()
        try log.write(contentsOf: Data("NVRM: Xid (PCI:0000:3b:00): 79, pid=1, gone\n".utf8))
        #expect(try await eventually { kept.faults == [.xid(79)] })
        // It ends when it is asked to, also where its parent has blocked signals.
        agent.terminate()
        #expect(try await eventually { !agent.isRunning })
        await server.stop()
    }
}
