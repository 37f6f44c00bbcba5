import Foundation
import Testing

/// Jobs on their way to a server.
struct SubmitTests {
    private static func accepts(_ job: String = Answers.job(7, "train", "queued")) -> String {
        Answers.rule("POST", "/v1/jobs", status: 201, job)
    }

    @Test func sendsACommand() throws {
        let stub = try ClientStub([Self.accepts()])
        let ran = try stub.muster([
            "submit", "--gpus", "0.5", "--members", "2-8", "--env", "A=b=c", "--env", "A=d",
            "--topology", "preferred:rack", "--time-limit", "12h", "--priority", "-5", "--after",
            "tokenize", "--retries", "3", "--workdir", "/data", "--hold", "--preemptible",
            "--pool", "train", "--accelerator", "H100", "--", "/usr/bin/python3.11", "train.py",
            "--lr", "1",
        ])
        #expect(ran.status == 0, "\(ran.talk)")
        #expect(ran.out == "job 7 train\n")
        let request = try #require(try stub.requests().first)
        #expect(request.headers["content-type"] == "application/json")
        #expect((request.headers["idempotency-key"] ?? "").count > 10)
        #expect(
            request.body == #"{"name":"python3","members":{"min":2,"max":8},"gpuFraction":0.5,"#
                + #""accelerators":["H100"],"pools":["train"],"topology":{"preferred":"rack"},"#
                + #""priority":-5,"preemptible":true,"timeLimit":"12h","#
                + #""retries":{"application":3},"environment":{"A":"d"},"#
                + #""workingDirectory":"/data","hold":true,"dependsOn":["tokenize"],"#
                + #""command":["/usr/bin/python3.11","train.py","--lr","1"]}"#)
    }

    @Test func asksForACPUWhenNothingIsAsked() throws {
        let stub = try ClientStub([Self.accepts()])
        #expect(try stub.muster("submit --name hello -- echo hi").status == 0)
        #expect(
            try stub.requests().first?.body
                == #"{"name":"hello","command":["echo","hi"],"cpu":1}"#)
    }

    @Test func flagsGoBeforeTheFileAndLinesStay() throws {
        let stub = try ClientStub([
            Answers.rule(
                "POST", "/v1/jobs", status: 422,
                """
                {"code": "M0205", "message": "x", "detail": "", "hint": "", "diagnostics": [
                  {"code": "M0205", "line": 5, "message": "unknown pool 'trian'",
                   "expected": "one of train, serve", "hint": "did you mean 'train'?"}]}
                """)
        ])
        try stub.place.write(
            """
            # A comment.
            name: a
            gpus: 8
            environment: {A: "1", B: x}
            pools: [trian]
            command: |
              echo "hi"
              exit 0
            members: 4

            """, "job.yaml")
        let ran = try stub.muster("submit job.yaml --members 2 --env B=y --gpus 4")
        #expect(ran.status == 65)
        #expect(
            ran.talk == """
                job.yaml:5: error M0205: unknown pool 'trian'
                    expected: one of train, serve
                    hint: did you mean 'train'?

                """)
        let request = try #require(try stub.requests().first)
        let job = try request.json()
        #expect(job["members"] as? Int == 2)
        #expect(job["gpus"] as? Int == 4)
        #expect(job["environment"] as? [String: String] == ["A": "1", "B": "y"])
        #expect(job["command"] as? String == "echo \"hi\"\nexit 0\n")
        let lines = request.body.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.dropFirst(4).first?.contains("trian") == true)
    }

    @Test func sendsEachJobOfAFileAfterThoseItNeeds() throws {
        let stub = try ClientStub([
            Answers.rule("POST", "/v1/jobs?dryRun=true", Answers.job(0, "x", "queued")),
            Answers.rule(
                "POST", "/v1/jobs", status: 201, times: 1, Answers.job(1, "first", "queued")),
            Answers.rule("POST", "/v1/jobs", times: 1, Answers.job(2, "second", "blocked")),
        ])
        try stub.place.write(
            """
            priorityClasses: {urgent: 500}
            jobs:
              - {name: second, cpu: 1, dependsOn: first}
              - {name: first, cpu: 1, priority: urgent}

            """, "jobs.yaml")
        let ran = try stub.muster("submit jobs.yaml --key k")
        #expect(ran.status == 0, "\(ran.talk)")
        #expect(ran.out == "job 1 first\njob 2 second (it was submitted before)\n")
        let requests = try stub.requests()
        try #require(requests.map { $0.headers["idempotency-key"] } == [nil, nil, "k/0", "k/1"])
        #expect(try requests[1].json()["dependsOn"] == nil)
        #expect(try requests[2].json()["name"] as? String == "first")
        #expect(try requests[3].json()["dependsOn"] as? String == "first")
        #expect(try requests[2].json()["priorityClasses"] as? [String: Int] == ["urgent": 500])
    }

    @Test func sendsNothingWhenAFileHasMistakes() throws {
        let stub = try ClientStub([Self.accepts()])
        try stub.place.write("name: a\ngpuss: 1\n", "a.yaml")
        try stub.place.write("jobs:\n  - {name: b, cpu: x}\n", "b.yaml")
        let ran = try stub.muster("submit a.yaml b.yaml")
        #expect(ran.status == 65)
        #expect(ran.talk.contains("a.yaml:2: error M0202"))
        #expect(ran.talk.contains("b.yaml:2: error M0204"))
        #expect(try stub.requests().isEmpty)
    }

    @Test func checksOnly() throws {
        let stub = try ClientStub([
            Answers.rule("POST", "/v1/jobs?dryRun=true", Answers.job(0, "hello", "queued"))
        ])
        #expect(try stub.muster("submit --dry-run -- true").out == "hello is fine\n")
        #expect(try stub.requests().count == 1)
    }

    @Test func repeatsWithTheSameKey() throws {
        let stub = try ClientStub([
            #"{"method": "POST", "path": "/v1/jobs", "times": 1, "break": true}"#,
            """
            {"method": "POST", "path": "/v1/jobs", "times": 1, "status": 503,
             "headers": {"Retry-After": "1"}, "body": \(Answers.error("M0610", "starting"))}
            """, Self.accepts(),
        ])
        let ran = try stub.muster("submit -- true")
        #expect(ran.status == 0, "\(ran.talk)")
        let keys = try stub.requests().map { $0.headers["idempotency-key"] }
        #expect(keys.count == 3)
        #expect(Set(keys).count == 1)
    }

    @Test(arguments: [("succeeded", Int32(0)), ("failed", 1), ("cancelled", 1), ("timedOut", 1)])
    func waitsForTheEnd(state: String, status: Int32) throws {
        let stub = try ClientStub([
            Self.accepts(),
            Answers.rule("/v1/jobs/7", times: 2, Answers.job(7, "train", "running")),
            Answers.rule("/v1/jobs/7", Answers.job(7, "train", state)),
            """
            {"path": "/v1/events?job=7", "stream": ["id: 4\\n: alive\\n\\n",
              "\(Answers.event(5, "started", job: 7, "starts"))"]}
            """,
            """
            {"path": "/v1/events?job=7&after=5", "linger": 5, "stream": [
              "\(Answers.event(6, "progress", job: 7, "step 10"))",
              "\(Answers.event(7, "ended", job: 7, state))"]}
            """,
        ])
        let ran = try stub.muster("submit --wait -- true")
        #expect(ran.status == status, "\(ran.talk)")
        #expect(ran.out == "job 7 train\n")
        #expect(ran.talk.contains("started  starts"))
        #expect(ran.talk.contains("progress  step 10"))
        #expect(ran.talk.contains("job 7 train: "))
    }

    @Test func ctrlCLeavesTheJobRunning() throws {
        let stub = try ClientStub([
            Self.accepts(), Answers.rule("/v1/jobs/7", Answers.job(7, "train", "running")),
            #"{"path": "/v1/events", "linger": 600, "stream": [": hello\n\n"]}"#,
        ])
        let ran = try stub.place.shell(
            "export MUSTER_SERVER=\(stub.address) HOME=\(stub.place.folder.path); set -m; "
                + "$muster submit --wait -- true > out & "
                + "for i in $(seq 2400); do "
                + "grep -qs /v1/events $HOME/stub/requests.jsonl && break; sleep 0.1; done; "
                + "sleep 1; kill -INT $!; wait $!; exit $?")
        #expect(ran.status == 130)
        #expect(ran.talk.contains("job 7 goes on"))
        #expect(try !stub.requests().contains { $0.target.contains("cancel") })
    }

    @Test(arguments: [
        "submit", "submit a.yaml -- true", "submit --wait --dry-run -- true",
        "submit --members x -- true", "submit --topology rack -- true", "submit --env A -- true",
        "submit --time-limit soon -- true", "submit --members 0 -- true",
        "submit --members 1-2-3 -- true",
    ])
    func refusesWhatMakesNoSense(line: String) throws {
        let ran = try Workplace().muster(line)
        #expect(ran.status == 64)
        #expect(ran.codes == ["M0501"], "\(ran.talk)")
        #expect(ran.talk.contains("expected: "))
    }
}
