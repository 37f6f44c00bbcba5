import ControlPlane
import FleetModel
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import Store
import Testing

@testable import Server

@Suite("Who may come in")
struct DoorTests {
    @Test("others can reach it only over TLS, or when that is said to be in front")
    func exposure() throws {
        var settings = ServerSettings()
        try settings.checkExposure()
        for host in ["0.0.0.0", "::", "10.1.2.3", "muster.example"] {
            settings.host = host
            let error = #expect(throws: OperatingError.self) { try settings.checkExposure() }
            #expect(error?.code == .exposedWithoutTokens)
        }
        settings.allowsPlaintext = true
        try settings.checkExposure()
        settings.allowsPlaintext = false
        settings.tls = ("c", "k")
        try settings.checkExposure()
        #expect(ServerSettings.authority("::1", 7) == "[::1]:7")
    }

    @Test("a server goes by the names that it has, and by no other")
    func hosts() async throws {
        let server = try await LiveServer { $0.hostNames = ["muster.example"] }
        func status(_ host: String?, _ origin: String? = nil) async throws -> Int {
            var headers: [String: String] = [:]
            headers["Host"] = host
            headers["Origin"] = origin
            let answer = try await server.ask("GET", "/v1/fleet", headers: headers)
            if answer.status != 200 { #expect(answer.code == "M0614") }
            return answer.status
        }
        let own = "127.0.0.1:\(server.port)"
        for host in [own, "localhost", "127.8.8.8", "[::1]:1", "MUSTER.example"] {
            #expect(try await status(host) == 200, "\(host)")
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "muster.example.evil", ""] {
            #expect(try await status(host) == 403, "\(host)")
        }
        let wire = try server.connect()
        try wire.send(
            "GET /v1/fleet HTTP/1.1\r\nHost: \(own)\r\nHost: evil.example\r\n"
                + "Connection: close\r\n\r\n")
        #expect(try await wire.answer().status == 400)
        for origin in ["http://\(own)", "https://muster.example", "https://muster.example:8443"] {
            #expect(try await status(nil, origin) == 200, "\(origin)")
        }
        for origin in [
            "http://evil.example", "http://127.0.0.1:1", "http://localhost:\(server.port)", "null",
            "file://", "http://muster.example.evil",
        ] {
            #expect(try await status(nil, origin) == 403, "\(origin)")
        }
        await server.stop()
    }

    @Test("beyond loopback the names are its address, the one called, and those given")
    func openHosts() async throws {
        let server = try await LiveServer()
        var settings = ServerSettings()
        settings.host = "0.0.0.0"
        settings.hostNames = ["muster.example"]
        let gate = Gate(settings, server.server.tokens)
        func isLetIn(_ host: String, _ local: String, origin: String? = nil) -> Bool {
            var head = HTTPRequest(
                method: .get, scheme: "http", authority: host, path: "/v1/fleet")
            head.headerFields[.origin] = origin
            let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
            return (try? gate.checkHost(request, local: local)) != nil
        }
        #expect(isLetIn("10.1.2.3:7070", "10.1.2.3"))
        #expect(isLetIn("10.1.2.3:7070", "::ffff:10.1.2.3"))
        #expect(isLetIn("[fd00::1]:7070", "fd00::1"))
        #expect(isLetIn("muster.example", "10.1.2.3", origin: "https://muster.example"))
        #expect(isLetIn("localhost:7070", "127.0.0.1"))
        #expect(!isLetIn("localhost:7070", "10.1.2.3"))
        #expect(!isLetIn("10.9.9.9:7070", "10.1.2.3"))
        #expect(!isLetIn("evil.example:7070", "10.1.2.3"))
        #expect(!isLetIn("10.1.2.3:7070", "10.1.2.3", origin: "https://evil.example"))
        // A proxy that sends its own name for the server, and the page's in Origin.
        #expect(isLetIn("10.1.2.3:7070", "10.1.2.3", origin: "https://muster.example"))
        await server.stop()
    }

    @Test("wrong tokens are limited for an address, and noted within bounds")
    func guesses() async throws {
        let server = try await LiveServer {
            $0.guessBurst = 40
            $0.guessesPerSecond = 0.0001
        }
        let token = try await server.token("a", .admin)
        #expect(try await server.ask("GET", "/v1/whoami", token: token).status == 200)
        let begin = ContinuousClock.now
        for _ in 0..<40 {
            let answer = try await server.ask("POST", "/v1/jobs/0/cancel", token: "guess")
            #expect(answer.status == 401 && answer.code == "M0602")
        }
        // From then on nobody hears whether a guess was right.
        for text in ["guess", token] {
            let answer = try await server.ask("GET", "/v1/whoami", token: text)
            #expect(answer.status == 429 && answer.code == "M0609", "\(answer)")
        }
        try await server.plane.settle()
        let refused = try server.plane.store.read { try $0.audit(before: nil, limit: 1000) }
            .filter { $0.outcome == "refused" }
        // Ten at once, and one more every ten seconds, however slow this machine is.
        let most = 11 + Int((ContinuousClock.now - begin).components.seconds / 10)
        #expect((1...most).contains(refused.count), "\(refused.count)")
        #expect(refused.allSatisfy { $0.who == "unknown" && $0.action == "POST" })
        await server.stop()
    }

    @Test("orders without a token, or beyond a role, are noted with who gave them")
    func refusals() async throws {
        let server = try await LiveServer()
        let viewer = try await server.token("vera", .viewer)
        let order = (method: "POST", path: "/v1/nodes/node-0/cordon", body: #"{"reason": "x"}"#)
        #expect(try await server.ask(order.method, order.path, order.body).status == 401)
        #expect(
            try await server.ask(order.method, order.path, token: viewer, order.body).status == 403)
        #expect(try await server.ask("GET", "/v1/audit", token: viewer).status == 403)
        try await server.plane.settle()
        let refused = try server.plane.store.read { try $0.audit(before: nil, limit: 100) }
            .filter { $0.outcome == "refused" }
        #expect(Set(refused.map(\.who)) == ["anonymous", "vera"], "\(refused)")
        #expect(refused.count == 2)
        await server.stop()
    }

    @Test("a name is one token's, and a token lives by the wall clock")
    func tokens() async throws {
        let server = try await LiveServer(speed: FleetClock.highestSpeed)
        let admin = try await server.token("a", .admin)
        let began = FleetClock.wall()
        let body = #"{"name": "ada", "role": "viewer", "expiresInSeconds": 3600}"#
        let made = try await server.ask("POST", "/v1/tokens", token: admin, body)
        #expect(made.status == 201, "\(made)")
        let again = try await server.ask("POST", "/v1/tokens", token: admin, body)
        #expect(again.status == 422 && again.code == "M0206", "\(again)")
        for name in ["anonymous", "unknown"] {
            let answer = try await server.ask(
                "POST", "/v1/tokens", token: admin, #"{"name": "\#(name)", "role": "viewer"}"#)
            #expect(answer.status == 400, "\(answer)")
        }
        // More than an hour of the fleet's time.
        try await Task.sleep(for: .milliseconds(300))
        let text = try #require(try made.json()["token"] as? String)
        #expect(try await server.ask("GET", "/v1/whoami", token: text).status == 200)
        let row = try #require(
            try server.plane.store.read { try $0.tokens() }.first { $0.name == "ada" })
        let end = try #require(row.expiresAt)
        let hour = TimeSpan.seconds(3600)
        #expect(end >= began + .seconds(3598) && end <= FleetClock.wall() + hour, "\(end)")
        await server.stop()
    }

    @Test("places with one method say which, in one form")
    func methods() async throws {
        let server = try await LiveServer()
        for path in ["/healthz", "/readyz", "/", "/v1/openapi.json"] {
            let answer = try await server.ask("POST", path)
            #expect(answer.status == 405 && answer.code == "M0605", "\(path)")
            #expect(answer.headers["allow"] == "GET, HEAD", "\(path)")
        }
        #expect(try await server.ask("DELETE", "/v1/jobs").headers["allow"] == "POST, GET, HEAD")
        await server.stop()
    }
}
