import Documents
import FleetModel
import Foundation
import Testing

/// Jobs of a file as they are sent to a server.
struct JobRequestTests {
    private func requests(_ text: String) throws -> [JobRequest] {
        try JobRequest.read(SourceText(text, file: "jobs.yaml")).get()
    }

    private func json(_ request: JobRequest) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(request.document.utf8)) as? [String: Any])
    }

    private let file = """
        x-shared: &shared {gpus: 8, cpu: "12", memory: 1TiB}
        priorityClasses: {urgent: 500}
        jobs:
          - name: last
            <<: *shared
            dependsOn: [first, {job: other, condition: ended}]
            environment: {A: "007", B: "true", "C\\u00e9": "\\u2028"}
            command: "echo \\"x\\"\\t"
          - {name: first, cpu: 500m, notBefore: 1.5, preemptible: True, hold: false}

        """

    @Test func comeAfterThoseOfTheFileThatTheyNeed() throws {
        let requests = try requests(
            file.replacingOccurrences(of: "\"C\\u00e9\": \"\\u2028\"", with: "C: x"))
        #expect(requests.map(\.name) == ["first", "last"])
        #expect(requests[1].dependencies == ["first"])
        let first = try json(requests[0])
        #expect(first["cpu"] as? String == "500m")
        #expect(first["notBefore"] as? Double == 1.5)
        #expect(first["preemptible"] as? Bool == true)
        #expect(first["priorityClasses"] as? [String: Int] == ["urgent": 500])
    }

    @Test func theirDocumentsReadAsTheFileDoes() throws {
        let text = file.replacingOccurrences(of: "\"C\\u00e9\": \"\\u2028\"", with: "C: x")
        let whole = JobsDocument.parse(SourceText(text, file: "jobs.yaml"))
        #expect(whole.diagnostics.isEmpty)
        for request in try requests(text) {
            let single = JobsDocument.parse(SourceText(request.document, file: "job"))
            #expect(single.diagnostics.isEmpty)
            let job = try #require(single.jobs.first)
            let same = try #require(whole.jobs.first { $0.name.value == request.name })
            #expect(job.name.line == same.name.line)
            #expect(job.execution == same.execution)
            #expect(job.roles.map(\.request) == same.roles.map(\.request))
            #expect(job.dependencies.map(\.job.line) == same.dependencies.map(\.job.line))
            #expect(job.notBefore == same.notBefore)
        }
    }

    @Test func settingsReplaceOrAdd() throws {
        var request = try #require(
            try requests("name: a\ngpus: 8\nmembers: {min: 1, max: 2}\ndependsOn: b\n").first)
        request.settings = [
            .init("members", .plain("3")), .init("dependsOn", .list([.text("7")])),
            .init("gpuFraction", .plain("0.5")),
        ]
        request.dropped = ["gpus"]
        #expect(
            request.document == "{\"name\":\"a\",\n\n\"members\":3,\n\"dependsOn\":[\"b\",\"7\"],"
                + "\"gpuFraction\":0.5}")
    }

    @Test func mistakesAreToldAllAtOnce() throws {
        let result = JobRequest.read(
            SourceText("jobs:\n  - {name: a, cpu: x}\n  - {name: a, gpuss: 1}\n", file: "f"))
        guard case .failure(let list) = result else {
            Issue.record("mistakes were passed over")
            return
        }
        #expect(list.diagnostics.map(\.line) == [2, 3, 3])
    }

    @Test func circlesAreLeftToTheServer() throws {
        let requests = try requests(
            """
            jobs:
              - {name: a, cpu: 1, dependsOn: b}
              - {name: b, cpu: 1, dependsOn: a}
              - {name: c, cpu: 1}

            """)
        #expect(requests.map(\.name) == ["c", "a", "b"])
    }
}

/// Contexts as they are kept.
struct ContextsDocumentTests {
    @Test func readAsTheyWereWritten() throws {
        var document = ContextsDocument()
        document.set(ServerContext(name: "b", server: "http://a: #", token: "x\"\\'"))
        document.set(
            ServerContext(name: "a-1", server: "s", tokenFile: "/tmp/a b", authorities: "/ca"))
        document.set(ServerContext(name: "b", server: "https://b", token: "muster_1"))
        document.current = "b"
        let read = try ContextsDocument.read(SourceText(document.text, file: "f")).get()
        #expect(read == document)
        #expect(read.contexts.map(\.name) == ["a-1", "b"])
        document.remove("b")
        #expect(document.current == nil)
        #expect(try ContextsDocument.read(SourceText(document.text, file: "f")).get() == document)
    }

    @Test func mistakesHaveTheirLines() {
        let text = "current: c\ncontexts:\n  a: {server: x, token: t, tokenFile: f}\n  -b: {}\n"
        let result = ContextsDocument.read(SourceText(text, file: "f"))
        guard case .failure(let list) = result else {
            Issue.record("mistakes were passed over")
            return
        }
        #expect(list.diagnostics.map(\.line) == [1, 3, 4])
    }
}
