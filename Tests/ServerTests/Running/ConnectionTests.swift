import ControlPlane
import FleetModel
import Foundation
import HummingbirdCore
import Store
import Testing

@testable import Server

@Suite("Connections and streams")
struct ConnectionTests {
    /// A stream of a log to which nothing is added, of which the head and the first bytes are read.
    private func follow(_ server: LiveServer, _ token: String? = nil) async throws -> Wire {
        let wire = try server.connect()
        try wire.send(
            Wire.request("GET", "/v1/jobs/0/logs?follow=true", server.port, token: token))
        try #require(await wire.read(until: "hello\n"), "\(wire.text)")
        return wire
    }

    private func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    @Test("clients that left hold neither a stream nor a connection")
    func closedFollowers() async throws {
        let server = try await LiveServer()
        let token = try await server.token("o", .operator)
        try await server.run("{name: quiet, gpus: 1}")
        let before = try descriptors()
        var wires: [Wire] = []
        for _ in 0..<40 { wires.append(try await follow(server, token)) }
        // Quiet streams of events and of the state as well.
        for path in ["/v1/events?job=77", "/v1/live"] {
            for _ in 0..<10 {
                let wire = try server.connect()
                try wire.send(
                    Wire.request(
                        "GET", path, server.port, headers: ["Accept": "text/event-stream"]))
                try #require(await wire.read(until: "\n\n"))
                wires.append(wire)
            }
        }
        #expect(try await eventually { server.server.streams.count == 60 })
        // Some say good-bye in one direction, some have sent more than anybody reads.
        for wire in wires.prefix(10) { wire.closeSending() }
        for wire in wires[10..<20] {
            for _ in 0..<50 { try wire.send(Wire.request("GET", "/v1/fleet", server.port)) }
        }
        for wire in wires.dropFirst(10) { wire.close() }
        #expect(try await eventually { server.server.streams.count == 0 })
        #expect(try await eventually { server.server.connections.count(of: "127.0.0.1") == 0 })
        for wire in wires { wire.close() }
        #expect(try await eventually { try descriptors() <= before + 5 })
        await server.stop()
    }

    @Test("one caller has so many streams, and one more when one has ended")
    func streams() async throws {
        let server = try await LiveServer { $0.streamsPerCaller = 3 }
        let token = try await server.token("o", .operator)
        let other = try await server.token("p", .operator)
        try await server.run("{name: quiet, gpus: 1}")
        var wires: [Wire] = []
        for _ in 0..<3 { wires.append(try await follow(server, token)) }
        let refused = try await server.ask("GET", "/v1/jobs/0/logs?follow=true", token: token)
        #expect(refused.status == 429 && refused.code == "M0609", "\(refused)")
        #expect(refused.headers["retry-after"] == "1")
        // Neither another caller nor a plain answer is in the way.
        wires.append(try await follow(server, other))
        #expect(try await server.ask("GET", "/v1/jobs/0/logs", token: token).body == "hello\n")
        wires[0].close()
        #expect(
            try await eventually {
                let wire = try server.connect()
                try wire.send(
                    Wire.request("GET", "/v1/jobs/0/logs?follow=true", server.port, token: token))
                return await wire.read(until: "\r\n") && wire.text.contains(" 200 ")
            })
        await server.stop()
    }

    @Test("one address has so many connections, and is told so")
    func connections() async throws {
        let server = try await LiveServer { $0.connectionsPerAddress = 3 }
        let request = Wire.request("GET", "/v1/fleet", server.port)
        var wires: [Wire] = []
        for _ in 0..<3 {
            let wire = try server.connect()
            try wire.send(request)
            try #require(await wire.read(until: "HTTP/1.1 200"))
            wires.append(wire)
        }
        let refused = try await server.ask("GET", "/v1/fleet")
        #expect(refused.status == 429 && refused.code == "M0609", "\(refused)")
        wires[0].close()
        #expect(try await eventually { try await server.ask("GET", "/v1/fleet").status == 200 })
        await server.stop()
    }

    @Test("who takes nothing of an answer is cut off, who takes it slowly is not")
    func stalls() async throws {
        let server = try await LiveServer { $0.stallSeconds = 2 }
        let count = 150
        let requests = (0..<count).map { index in
            Wire.request(
                "GET", "/v1/openapi.json", server.port,
                headers: index == count - 1 ? ["Connection": "close"] : [:])
        }.joined()
        let deaf = try server.connect(receiveBytes: 4096)
        try deaf.send(requests)
        let slow = try server.connect(receiveBytes: 65_536)
        try slow.send(requests)
        let begin = ContinuousClock.now
        let taken = await slow.countSlowly(pauseMilliseconds: 10)
        let size = try #require(Dashboard().file("openapi.json")?.body.contentLength)
        #expect(taken > size * count, "\(taken) bytes came")
        #expect(ContinuousClock.now - begin > .seconds(2), "it was not slow enough to tell")
        slow.close()
        #expect(try await eventually { server.server.connections.count(of: "127.0.0.1") == 0 })
        deaf.close()
        await server.stop()
    }

    @Test("a stream ends with the token that opened it")
    func revoked() async throws {
        let server = try await LiveServer()
        let token = try await server.token("o", .operator)
        let kept = try await server.token("p", .operator)
        try await server.run("{name: quiet, gpus: 1}")
        let wire = try await follow(server, token)
        let other = try await follow(server, kept)
        let events = try server.connect()
        try events.send(
            Wire.request(
                "GET", "/v1/events", server.port, token: token,
                headers: ["Accept": "text/event-stream"]))
        try #require(await events.read(until: ": events"))
        let row = try #require(
            try server.plane.store.read { try $0.tokens() }.first { $0.name == "o" })
        try await server.plane.removeToken(row.id, by: LiveServer.caller) { _ in false }
        try server.server.tokens.reload()
        #expect(await !wire.read(until: "never"))
        #expect(await !events.read(until: "never"))
        #expect(try await eventually { server.server.streams.count == 1 })
        _ = other
        await server.stop()
    }

    @Test("a log says where its first byte is, and goes on from any other")
    func offsets() async throws {
        let server = try await LiveServer()
        let token = try await server.token("o", .operator)
        try await server.run("{name: quiet, gpus: 1}")
        let whole = try await server.ask("GET", "/v1/jobs/0/logs", token: token)
        #expect(whole.headers["muster-attempt"] == "1" && whole.headers["muster-offset"] == "100")
        let rest = try await server.ask("GET", "/v1/jobs/0/logs?offset=103", token: token)
        #expect(rest.headers["muster-offset"] == "103" && rest.body == "lo\n", "\(rest)")
        await server.stop()
    }
}
