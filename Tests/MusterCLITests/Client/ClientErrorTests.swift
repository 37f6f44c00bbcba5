import Foundation
import Testing

/// What goes wrong on the way to a server and back.
struct ClientErrorTests {
    @Test(arguments: [
        (400, "M0601", Int32(65)), (401, "M0602", 77), (403, "M0603", 77), (404, "M0604", 65),
        (409, "M0611", 65), (429, "M0609", 75), (503, "M0610", 75), (503, "M0612", 74),
        (404, "M0613", 65),
    ])
    func exitStatusesFollowTheCode(status: Int, code: String, exit: Int32) throws {
        let error = Answers.error(code, "it is wrong", hint: "do it right")
        let stub = try ClientStub([Answers.rule("POST", "/v1/jobs/a/hold", status: status, error)])
        let ran = try stub.muster("hold a")
        #expect(ran.status == exit)
        #expect(ran.talk == "error \(code): it is wrong\n    hint: do it right\n")
        #expect(ran.out.isEmpty)
    }

    @Test func aServerThatIsNotThereIsTold() throws {
        let ran = try Workplace().muster(
            ["jobs"], environment: ["MUSTER_SERVER": "http://127.0.0.1:1"])
        #expect(ran.status == 69)
        #expect(
            ran.talk == """
                error M0801: no answer from http://127.0.0.1:1: connection refused
                    hint: start one with `muster up`, or name another with --server or MUSTER_SERVER

                """)
    }

    @Test func aNameThatDoesNotResolveIsTold() throws {
        let ran = try Workplace().muster("jobs --server http://nobody.invalid:7070")
        #expect(ran.status == 69)
        #expect(ran.codes == ["M0801"])
    }

    @Test(arguments: [
        #"{"path": "/v1/fleet", "status": 502, "type": "text/html", "body": "<html>"}"#,
        #"{"path": "/v1/fleet", "type": "text/html", "body": "<html>"}"#,
        #"{"path": "/v1/fleet", "body": "[1"}"#, #"{"path": "/v1/fleet", "body": {"clock": 1}}"#,
        #"{"path": "/v1/fleet", "status": 302, "headers": {"Location": "/x"}}"#,
        #"{"path": "/v1/fleet", "status": 500, "body": {"error": 1}}"#,
        #"{"path": "/v1/fleet", "status": 400, "body": {"code": "M9999", "message": "later"}}"#,
    ])
    func strangeAnswersAreTold(rule: String) throws {
        let ran = try ClientStub([rule]).muster("fleet")
        #expect(ran.status == 76, "\(ran.talk)")
        #expect(ran.codes == ["M0803"])
    }

    @Test(arguments: ["127.0.0.1:7070", "ftp://a", "http://", "http://a/path", "http://u@h", ""])
    func addressesAreChecked(address: String) throws {
        let ran = try Workplace().muster(["jobs", "--server", address])
        #expect(ran.status == 64)
        #expect(ran.codes == ["M0501"])
        #expect(ran.talk.contains("expected: an address such as"))
    }

    @Test(arguments: [
        "jobs --state bogus", "jobs --limit 0", "job", "why", "cancel", "drain gpu-1",
        "cordon gpu-1", "nodes --state up", "logs a --member -1", "events --limit 0",
        "ledger --group-by x", "ledger --csv --json", "tokens add a --role king",
        "tokens add a --role submitter", "tokens remove x", "whatif", "whatif --members 2",
        "whatif --job a", "drain a --reason b --within soon", "tenants quota a H100",
        "tenants quota a H100 --limit x", "tenants quota a H100 --guaranteed none",
        "jobs --server http://a --context b", "ledger --from soon", "journal export -",
    ])
    func badArgumentsAreRefused(line: String) throws {
        let stub = try ClientStub([Answers.fleet])
        let extra = line.contains("--context") ? ["MUSTER_SERVER": ""] : [:]
        let ran = try stub.muster(line, extra)
        #expect(ran.status == 64, "\(ran.talk)")
        #expect(ran.codes == ["M0501"])
        #expect(ran.talk.contains("expected: "))
        #expect(ran.out.isEmpty)
    }

    @Test func logsStreamAndWaitForTheStart() throws {
        let stub = try ClientStub([
            Answers.rule(
                "/v1/jobs/a/logs", status: 404, times: 1, Answers.error("M0613", "no log yet")),
            Answers.rule("/v1/jobs/a", Answers.job(3, "a", "queued")),
            """
            {"path": "/v1/jobs/a/logs", "type": "text/plain; charset=utf-8",
             "stream": ["one\\n", "two\\n"]}
            """,
        ])
        let ran = try stub.muster("logs a --follow --tail 5 --member 2")
        #expect(ran.status == 0, "\(ran.talk)")
        #expect(ran.out == "one\ntwo\n")
        #expect(ran.talk == "job 3 a has not started yet\n")
        #expect(
            try stub.requests().last?.target
                == "/v1/jobs/a/logs?member=2&tail=5&follow=true")
    }

    @Test func followedEventsComeBackAfterABreak() throws {
        let stub = try ClientStub([
            """
            {"path": "/v1/events", "times": 1, "stream": [
              "id: 1\\r\\nevent: sta", "rted\\r\\ndata: {\\"id\\": 1,\\r\\ndata: \\"x\\": 2}\\r\\n",
              "\\r\\n"]}
            """,
            """
            {"path": "/v1/events?after=1", "times": 1, "stream": ["event: reset\\ndata: {}\\n\\n",
              "id: 2\\ndata: {\\"id\\": 2}\\n\\n"]}
            """,
            Answers.rule("/v1/events", status: 401, Answers.error("M0602", "the token is old")),
        ])
        let ran = try stub.muster("events --follow --json")
        #expect(ran.out == "{\"id\": 1,\n\"x\": 2}\n{\"id\": 2}\n")
        #expect(ran.status == 77)
        #expect(try stub.requests().map(\.target).last == "/v1/events?after=2")
    }

    @Test func logsGoOnWhereTheyWereWhenTheConnectionBreaks() throws {
        func rule(_ offset: Int, _ text: String, length: Int, times: Int) -> String {
            """
            {"path": "/v1/jobs/a/logs", "type": "text/plain; charset=utf-8", "times": \(times),
             "headers": {"Muster-Attempt": "2", "Muster-Offset": "\(offset)",
                         "Content-Length": "\(length)"}, "stream": ["\(text)"]}
            """
        }
        let stub = try ClientStub([
            rule(40, "one\\ntw", length: 1000, times: 1),
            #"{"path": "/v1/jobs/a/logs", "times": 1, "break": true}"#,
            rule(46, "o\\n", length: 2, times: 1),
        ])
        let ran = try stub.muster("logs a --follow --tail 2")
        #expect(ran.status == 0, "\(ran.talk)")
        #expect(ran.out == "one\ntwo\n")
        #expect(ran.talk.contains("still trying"))
        #expect(
            try stub.requests().map(\.target) == [
                "/v1/jobs/a/logs?member=0&tail=2&follow=true",
                "/v1/jobs/a/logs?member=0&attempt=2&follow=true&offset=46",
                "/v1/jobs/a/logs?member=0&attempt=2&follow=true&offset=46",
            ])
    }

    @Test func watchPrintsTheServersJSONForEachChange() throws {
        let running = #"{"jobs": [\#(Answers.job(3, "a/b", "running"))], "next": null}"#
        let stub = try ClientStub([
            Answers.rule("/v1/jobs", times: 1, running),
            Answers.rule("/v1/jobs", #"{"jobs": [], "next": null}"#),
            Answers.rule("/v1/jobs/3", Answers.job(3, "a/b", "succeeded")),
            """
            {"path": "/v1/events", "times": 1, "linger": 2, "stream": [
              "\(Answers.event(1, "ended", job: 3, "succeeded"))"]}
            """,
            Answers.rule("/v1/events", status: 401, Answers.error("M0602", "enough")),
        ])
        let ran = try stub.muster("jobs --watch --json")
        #expect(ran.status == 77)
        let lines = try ran.out.split(separator: "\n").map { line in
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        }
        #expect(lines.map { $0?["state"] as? String } == ["running", "succeeded"], "\(ran.out)")
        #expect(lines.allSatisfy { $0?["name"] as? String == "a/b" })
    }

    @Test func watchPrintsALineForEachChangeWithoutATerminal() throws {
        let running = #"{"jobs": [\#(Answers.job(3, "a", "running"))], "next": null}"#
        let none = #"{"jobs": [], "next": null}"#
        let stub = try ClientStub([
            Answers.rule("/v1/jobs", times: 1, running), Answers.rule("/v1/jobs", none),
            Answers.rule("/v1/jobs/3", Answers.job(3, "a", "succeeded")), Answers.fleet,
            """
            {"path": "/v1/events", "times": 1, "linger": 2, "stream": [
              "\(Answers.event(1, "ended", job: 3, "succeeded"))"]}
            """,
            Answers.rule("/v1/events", status: 401, Answers.error("M0602", "enough")),
        ])
        let ran = try stub.muster("jobs --watch")
        #expect(ran.status == 77)
        #expect(
            ran.out == """
                12:00  job 3  a  research/vision  running  128 GPUs  gpu-001 +2
                12:00  job 3  a  research/vision  succeeded  128 GPUs

                """)
    }
}
