import FleetModel
import HTTPTypes
import Testing

@testable import Server

@Suite("Requests")
struct RequestTests {
    @Test("queries decode, and refuse what is unknown, doubled or malformed")
    func queries() throws {
        let query = try Query("name=a%20b+c&limit=5&dryRun=true&empty=")
        #expect(query.text("name") == "a b c")
        #expect(try query.integer("limit", 1...10) == 5)
        #expect(try query.boolean("dryRun"))
        #expect(query.text("empty") == "")
        #expect(throws: OperatingError.self) { try query.integer("limit", 6...10) }
        #expect(throws: OperatingError.self) { try query.check(["name"]) }
        #expect(throws: OperatingError.self) { try Query("a=1&a=2") }
        #expect(throws: OperatingError.self) { try Query("a=%zz") }
        #expect(throws: OperatingError.self) { try Query("a=%00") }
        #expect(throws: OperatingError.self) { try Query("a=%ff") }
    }

    @Test("paths decode part by part, so an encoded slash separates nothing")
    func paths() {
        #expect(PercentCoding.decode("research%2Fvision") == "research/vision")
        #expect(PercentCoding.decode("a+b") == "a+b")
        #expect(PercentCoding.decode("%2") == nil)
        let route = Route(.get, "/v1/tenants/{tenant}", .viewer) { _ in throw CancellationError() }
        #expect(route.match(["v1", "tenants", "research/vision"]) == ["research/vision"])
        #expect(route.match(["v1", "tenants"]) == nil)
    }

    @Test("fields have their types, and nothing else beside them")
    func fields() throws {
        #expect(throws: OperatingError.self) { try Fields(["a": 1, "b": 2], known: ["a"]) }
        let fields = try Fields(
            ["n": 3, "x": 1.5, "s": "t", "flag": true], known: ["n", "x", "s", "flag"])
        #expect(try fields.integer("n", 0...9) == 3)
        #expect(throws: OperatingError.self) { try fields.integer("x", 0...9) }
        #expect(throws: OperatingError.self) { try fields.integer("s", 0...9) }
        #expect(throws: OperatingError.self) { try fields.text("n") }
        #expect(try fields.gpus("x") == .some(1500))
        #expect(try fields.gpus("absent") == nil)
    }

    @Test("a cursor of another list, or one that was made up, is refused")
    func cursors() throws {
        let text = Cursor.text(42, .jobs)
        #expect(try Cursor.number(Query("cursor=\(text)"), .jobs) == 42)
        #expect(throws: OperatingError.self) { try Cursor.number(Query("cursor=\(text)"), .nodes) }
        for text in ["0", "42", "AAAA", "-1", "zz-zz", ""] {
            #expect(throws: OperatingError.self, "\(text)") {
                try Cursor.number(Query("cursor=\(text)"), .jobs)
            }
        }
        #expect(try Cursor.number(Query(""), .jobs) == nil)
    }

    @Test("hosts are told from ports")
    func hosts() {
        #expect(Gate.hostName("Localhost:7070") == "localhost")
        #expect(Gate.hostName("[::1]:7070") == "[::1]")
        #expect(Gate.hostName("evil.example") == "evil.example")
        #expect(Gate.hostName("") == "")
    }
}

@Suite("Access")
struct AccessTests {
    @Test("roles are ordered, and a submitter has one tenant and those below it")
    func roles() {
        #expect(Role.viewer < .submitter && Role.submitter < .operator && Role.operator < .admin)
        let submitter = Identity(name: "s", role: .submitter, tenant: "research", token: 1)
        #expect(submitter.owns(tenant: "research") && submitter.owns(tenant: "research/vision"))
        #expect(!submitter.owns(tenant: "researchers") && !submitter.owns(tenant: "product"))
        #expect(!Identity(name: "v", role: .viewer).owns(tenant: "research"))
        #expect(Identity(name: "o", role: .operator).owns(tenant: "product"))
        #expect(throws: OperatingError.self) { try submitter.require(.operator) }
        #expect(throws: OperatingError.self) { try submitter.require(tenant: "product") }
    }

    @Test("who has no token is told to send one, who has one is told what it lacks")
    func refusals() {
        func code(_ identity: Identity) -> DiagnosticCode? {
            do throws(OperatingError) {
                try identity.require(.operator)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(Identity(name: "anonymous", role: .viewer)) == .notAuthenticated)
        #expect(code(Identity(name: "v", role: .viewer, token: 3)) == .notAllowed)
    }

    @Test("tokens differ, and their hashes are SHA-256")
    func tokens() {
        let (first, second) = (Tokens.make(), Tokens.make())
        #expect(first.text != second.text && first.text.count == 50)
        #expect(
            Tokens.digest("abc")
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("a bucket gives what is in it, then what flows in")
    func rates() {
        let limit = RateLimit(perSecond: 10, burst: 3)
        for _ in 0..<3 { #expect(limit.take("a", nanoseconds: 0) == nil) }
        #expect(limit.take("a", nanoseconds: 0) != nil)
        #expect(limit.take("b", nanoseconds: 0) == nil)
        #expect(limit.take("a", nanoseconds: 100_000_000) == nil)
        #expect(limit.take("a", nanoseconds: 100_000_000) != nil)
    }

    @Test("only this machine can reach a loopback address")
    func loopback() {
        var settings = ServerSettings()
        for host in ["127.0.0.1", "127.8.8.8", "localhost", "::1"] {
            settings.host = host
            #expect(settings.isLoopback, "\(host)")
        }
        for host in ["0.0.0.0", "::", "10.0.0.1", "muster.example"] {
            settings.host = host
            #expect(!settings.isLoopback, "\(host)")
        }
    }
}
