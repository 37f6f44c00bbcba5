import Foundation
import Testing

/// Which server and token a command takes.
struct ContextTests {
    private static let whoami = Answers.rule(
        "/v1/whoami", #"{"name": "ada", "role": "viewer", "tenant": null}"#)

    /// Runs a command without `MUSTER_SERVER`.
    private func run(
        _ stub: ClientStub, _ line: String, _ more: [String: String] = [:]
    ) throws -> Ran {
        try stub.muster(line, ["MUSTER_SERVER": ""].merging(more) { $1 })
    }

    private func token(_ stub: ClientStub) throws -> String? {
        try stub.requests().last?.headers["authorization"]
    }

    @Test func areKeptForTheirOwnerAlone() throws {
        let stub = try ClientStub([Self.whoami])
        #expect(try run(stub, "context").talk.contains("no contexts"))
        let added = try run(stub, "context add lab --server \(stub.address) --token muster_a")
        #expect(added.status == 0)
        #expect(added.talk.contains("the current one"))
        let path = stub.place.folder.path + "/.config/muster/contexts.yaml"
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o777 } == 0o600)
        #expect(try run(stub, "whoami").out == "ada, viewer, at \(stub.address)\n")
        #expect(try token(stub) == "Bearer muster_a")
        #expect(!(try run(stub, "context list").out.contains("muster_a")))
        #expect(!(try run(stub, "context list --json").out.contains("muster_a")))
    }

    @Test func flagsGoBeforeTheEnvironmentAndThatBeforeTheContext() throws {
        let stub = try ClientStub([Self.whoami])
        try stub.place.write("muster_file\n", "token")
        _ = try run(stub, "context add lab --server http://127.0.0.1:1 --token muster_a")
        _ = try run(stub, "context add other --server \(stub.address) --token muster_b")
        #expect(try run(stub, "whoami").status == 69)
        #expect(try run(stub, "whoami", ["MUSTER_CONTEXT": "other"]).status == 0)
        #expect(try token(stub) == "Bearer muster_b")
        #expect(try run(stub, "whoami --context other", ["MUSTER_TOKEN": "muster_c"]).status == 0)
        #expect(try token(stub) == "Bearer muster_b")
        #expect(
            try run(stub, "whoami", ["MUSTER_CONTEXT": "other", "MUSTER_TOKEN": "muster_c"]).status
                == 0)
        #expect(try token(stub) == "Bearer muster_c")
        // A context's token is for its own server.
        #expect(try run(stub, "whoami", ["MUSTER_SERVER": stub.address]).status == 0)
        #expect(try token(stub) == nil)
        #expect(try run(stub, "whoami --server \(stub.address) --token-file token").status == 0)
        #expect(try token(stub) == "Bearer muster_file")
        #expect(try run(stub, "context use other").status == 0)
        #expect(try run(stub, "whoami").status == 0)
    }

    @Test func unknownOnesAreRefusedWithAHint() throws {
        let stub = try ClientStub([Self.whoami])
        _ = try run(stub, "context add lab --server \(stub.address)")
        _ = try run(stub, "context add prod --server \(stub.address)")
        for line in ["whoami --context lap", "context use lap", "context remove lap"] {
            let ran = try run(stub, line)
            #expect(ran.status == 78)
            #expect(
                ran.talk == """
                    error M0802: there is no context 'lap'
                        expected: one of lab, prod
                        hint: did you mean 'lab'?

                    """)
        }
        #expect(try run(stub, "context remove lab").status == 0)
        #expect(try run(stub, "context list --json").out.contains("\"isCurrent\":false"))
    }

    @Test func aBrokenFileIsTold() throws {
        let stub = try ClientStub([Self.whoami])
        let folder = stub.place.folder.appendingPathComponent("xdg/muster")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data("contexts:\n  a: {servr: x}\ncurrent: b\n".utf8)
            .write(to: folder.appendingPathComponent("contexts.yaml"))
        let extra = ["XDG_CONFIG_HOME": stub.place.folder.path + "/xdg"]
        let ran = try run(stub, "whoami", extra)
        #expect(ran.status == 78)
        #expect(ran.codes == ["M0202", "M0203", "M0802"])
        // Who names a server needs no contexts.
        #expect(try run(stub, "whoami --server \(stub.address)", extra).status == 0)
    }

    @Test(arguments: [
        "context add -- -x --server http://a", "context add a --server nonsense",
        "context add a --server http://a --token x --token-file y", "context add a",
    ])
    func nonsenseIsRefused(line: String) throws {
        let ran = try Workplace().muster(line)
        #expect(ran.status == 64)
        #expect(ran.codes == ["M0501"])
    }

    @Test func theOwnServersTokenIsFound() throws {
        let stub = try ClientStub([Self.whoami])
        let home = stub.place.folder
        let data = home.appendingPathComponent("data")
        let servers = home.appendingPathComponent(".local/state/muster/servers")
        for folder in [data, servers] {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        try Data("muster_admin\n".utf8).write(to: data.appendingPathComponent("admin.token"))
        try Data((data.path + "\n").utf8).write(to: servers.appendingPathComponent("\(stub.port)"))
        #expect(try stub.muster("whoami").status == 0)
        #expect(try token(stub) == "Bearer muster_admin")
        #expect(try stub.muster("whoami", ["MUSTER_TOKEN": "muster_x"]).status == 0)
        #expect(try token(stub) == "Bearer muster_x")
    }
}
