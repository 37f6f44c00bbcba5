import Foundation
import Testing

/// What commands ask of a server.
struct ClientRequestTests {
    private static let node = """
        {"name": "gpu-1", "pool": "p", "kind": "H100", "devices": 8, "state": "draining",
         "domains": [], "unhealthy": [], "free": 0, "jobs": [], "reason": "fan (ada)",
         "since": null, "deadline": null, "reservedFor": null}
        """
    private static let change = """
        {"applied": true, "difference": {"text": "With these changes, now:\\n", "stopped": []},
         "changes": ["research/vision H100: limit 64, then 128"]}
        """

    private static let rollout = """
        {"number": 3, "pool": "h100", "stack": "new", "previous": "old", "phase": "rolling",
         "isPaused": false, "isHeldBack": false, "installs": false,
         "reason": "", "endedAt": null, "wave": 2,
         "waves": ["1", "25%"], "soakUntil": null, "failures": 0, "allowedFailures": 1,
         "steps": [], "nodes": []}
        """

    /// A line of the command with the request that it leads to and an answer for it.
    struct Case: Sendable, CustomTestStringConvertible {
        var line: String
        var method: String
        var target: String
        var answer: String
        var body: String?
        var out: String

        var testDescription: String { line }
    }

    static let cases: [Case] = [
        Case(
            line: "cancel train --reason done", method: "POST", target: "/v1/jobs/train/cancel",
            answer: Answers.job(4, "train", "stopping"), body: #"{"reason":"done"}"#,
            out: "job 4 train is cancelled\n"),
        Case(
            line: "hold 4", method: "POST", target: "/v1/jobs/4/hold",
            answer: Answers.job(4, "train", "queued"), out: "job 4 train is held\n"),
        Case(
            line: "release 4", method: "POST", target: "/v1/jobs/4/release",
            answer: Answers.job(4, "train", "queued"), out: "job 4 train is released\n"),
        Case(
            line: "cordon gpu-1 --reason fan", method: "POST", target: "/v1/nodes/gpu-1/cordon",
            answer: node, body: #"{"reason":"fan"}"#, out: "gpu-1 is draining\n"),
        Case(
            line: "drain gpu-1 --reason fan --within 30m", method: "POST",
            target: "/v1/nodes/gpu-1/drain", answer: node,
            body: #"{"reason":"fan","deadlineSeconds":1800}"#, out: "gpu-1 is draining\n"),
        Case(
            line: "drain gpu-1 --reason fan", method: "POST", target: "/v1/nodes/gpu-1/drain",
            answer: node, body: #"{"reason":"fan"}"#, out: "gpu-1 is draining\n"),
        Case(
            line: "drain gpu-1 --reason fan --within 0s", method: "POST",
            target: "/v1/nodes/gpu-1/drain", answer: node,
            body: #"{"reason":"fan","deadlineSeconds":0}"#, out: "gpu-1 is draining\n"),
        Case(
            line: "events --kind started --kind ended,held --limit 5", method: "GET",
            target: "/v1/events?kind=started%2Cended%2Cheld&limit=5",
            answer: #"{"events": [], "next": 8}"#, out: ""),
        Case(
            line: "uncordon gpu-1", method: "POST", target: "/v1/nodes/gpu-1/uncordon",
            answer: node, body: "{}", out: "gpu-1 is draining: fan (ada)\n"),
        Case(
            line: "say quarantine gpu-1 --reason smoke", method: "POST",
            target: "/v1/nodes/gpu-1/statements",
            answer: #"{"node":"gpu-1","state":"quarantined","unhealthy":[],"devices":[],"#
                + #""operations":[]}"#,
            body: #"{"statement":"quarantine","reason":"smoke"}"#, out: "gpu-1 is quarantined\n"),
        Case(
            line: "hardware --bad", method: "GET", target: "/v1/hardware?after=0&bad=1",
            answer: #"{"machines":[],"next":null}"#, out: ""),
        Case(
            line: "hardware C1", method: "GET", target: "/v1/hardware/C1",
            answer: #"{"ticket":"Faulty machine\n","why":null,"lines":[]}"#,
            out: "Faulty machine\n"),
        Case(
            line: "hardware C1 --before 1-a", method: "GET",
            target: "/v1/hardware/C1/history?limit=50&cursor=1-a",
            answer: #"{"history":[{"time":"T","kind":"fault","device":2,"node":"gpu-1","#
                + #""text":"XID 79","line":"NVRM"}],"next":null}"#,
            out: "T  gpu-1  GPU 2  fault  XID 79\n    NVRM\n"),
        Case(
            line: "stacks roll h100 new --waves 1,25% --soak 2h --failures 1 --yes",
            method: "POST", target: "/v1/stacks/rollouts", answer: rollout,
            body: #"{"pool":"h100","stack":"new","waves":["1","25%"],"soakSeconds":7200,"#
                + #""failures":1}"#,
            out: "rollout 3 of pool 'h100' to 'new': rolling, wave 2\n"
                + "installed by people: nobody installs here; a drained node waits until it tells "
                + "the versions or somebody says 'muster say repaired NODE'\n"),
        Case(
            line: "stacks roll-back h100", method: "POST",
            target: "/v1/stacks/rollouts/h100/rollBack",
            answer: rollout.replacingOccurrences(
                of: #""installs": false"#, with: #""installs": true"#),
            out: "rollout 3 of pool 'h100' to 'new': rolling, wave 2\n"),
        Case(
            line: "stacks", method: "GET", target: "/v1/stacks",
            answer: #"{"stacks":[{"stack":"new"}],"pools":[{"pool":"h100","stack":"new","#
                + #""nodes":4,"met":3,"drifted":1,"conflicts":0}],"drift":[{"node":"gpu-1","#
                + #""pool":"h100","differences":[{"part":"driver","found":"570.1","#
                + #""declared":"580.1"}],"conflicts":[]}],"rollouts":[],"observed":[{"#
                + #""versions":[{"part":"driver","version":"570.1"}],"gpuHours":12,"#
                + #""greenHours":11,"attempts":3,"failures":1,"#
                + #""runningHours":7,"running":2}]}"#,
            out: """
                POOL  STACK  NODES  HAVE IT  DRIFTED  CONFLICTS
                h100  new        4        3        1          0

                Drift
                NODE   POOL  WHAT
                gpu-1  h100  driver 570.1, not 580.1

                What the fleet has seen
                GREEN GPU-HOURS  OF  RUNNING  FAILURES  ATTEMPTS  VERSIONS
                             11  12   7 in 2         1         3  driver 570.1

                """),
        Case(
            line: "health --close fleetWindow", method: "POST",
            target: "/v1/health/breakers/fleetWindow/close",
            answer: #"{"hasCare":false,"states":[{"state":"inService","nodes":2,"devices":16}],"#
                + #""out":[],"breakers":[],"guards":[],"lemons":[],"spares":[{"pool":"h100","#
                + #""leastGPUs":64,"wanted":3,"kept":2,"inUse":1,"missing":1,"#
                + #""why":"too few good nodes","nodes":["n1"]}]}"#,
            out: """
                STATE       NODES  DEVICES
                in service      2       16
                nobody tests and repairs nodes here: what is out waits for people

                SPARES OF  WANTED  KEPT  IN USE  MISSING  FOR GANGS OF  NODES
                h100            3     2       1        1  ≥ 64 GPUs     n1 (too few good nodes)

                """),
        Case(
            line: "tenants quota research/vision H100 --limit 128 --lendable none", method: "PUT",
            target: "/v1/tenants/research%2Fvision/quota", answer: change,
            body: #"{"H100":{"limit":128,"lendable":null}}"#,
            out: """
                Changed:
                  research/vision H100: limit 64, then 128
                With these changes, now:

                """),
        Case(
            line: "tenants quota a H100 --weight 3 --preview", method: "PUT",
            target: "/v1/tenants/a/quota?preview=true", answer: change,
            body: #"{"H100":{"weight":3}}"#,
            out: """
                Changed:
                  research/vision H100: limit 64, then 128
                With these changes, now:

                """),
        Case(
            line: "whatif --job llama --members 13 --topology closest --cancel a,b", method: "POST",
            target: "/v1/whatif", answer: #"{"text": "With these changes, now:\n", "stopped": []}"#,
            body: #"{"changes":[{"cancel":["a","b"]},"#
                + #"{"job":"llama","members":13,"topology":"closest"}]}"#,
            out: "With these changes, now:\n"),
        Case(
            line: "tokens add ada --role submitter --tenant a/b --expires 90d", method: "POST",
            target: "/v1/tokens",
            answer: """
                {"id": 3, "name": "ada", "role": "submitter", "tenant": "a/b",
                 "createdAt": "2026-11-27T12:00:00.000Z", "expiresAt": null, "lastUsedAt": null,
                 "token": "muster_x"}
                """,
            body: #"{"name":"ada","role":"submitter","tenant":"a/b","expiresInSeconds":7776000}"#,
            out: "muster_x\n"),
        Case(
            line: "whoami", method: "GET", target: "/v1/whoami",
            answer: #"{"name": "ada", "role": "submitter", "tenant": "a"}"#,
            out: "ada, submitter of a"),
        Case(
            line: "events --after 7 --kind ended --limit 5", method: "GET",
            target: "/v1/events?after=7&kind=ended&limit=5",
            answer: """
                {"events": [{"id": 8, "at": "2026-11-27T12:00:00.000Z", "kind": "ended", "job": 3,
                 "name": "a", "tenant": "t", "node": null, "attempt": 1, "text": "succeeded"}],
                 "next": 8}
                """, out: "2026-11-27T12:00:00.000Z  job 3 a  ended  succeeded\n"),
        Case(
            line: "nodes --pool train --state ready,lost", method: "GET",
            target: "/v1/nodes?pool=train&state=ready%2Clost",
            answer: #"{"levels": ["rack", "host"], "nodes": [], "next": null}"#, out: ""),
    ]

    @Test(arguments: cases)
    func asksOnce(_ example: Case) throws {
        let path = String(example.target.prefix { $0 != "?" })
        let stub = try ClientStub([
            Answers.rule(example.method, path, example.answer), Answers.fleet,
        ])
        let ran = try stub.muster(example.line, ["MUSTER_TOKEN": "muster_secret"])
        #expect(ran.status == 0, "\(ran.talk)")
        #expect(ran.out.hasPrefix(example.out), "\(ran.out)")
        let requests = try stub.requests().filter { $0.target != "/v1/fleet" }
        #expect(requests.map(\.target) == [example.target])
        #expect(requests.first?.method == example.method)
        #expect(requests.first?.headers["authorization"] == "Bearer muster_secret")
        if let body = example.body { #expect(requests.first?.body == body) }
    }

    @Test func ordersForSeveralGoOnAfterAMistake() throws {
        let stub = try ClientStub([
            Answers.rule(
                "POST", "/v1/jobs/a/cancel", status: 409, Answers.error("M0611", "job 1 is over")),
            Answers.rule("POST", "/v1/jobs/b/cancel", status: 202, Answers.job(2, "b", "stopping")),
        ])
        let ran = try stub.muster("cancel a b --json")
        #expect(ran.status == 65)
        #expect(ran.codes == ["M0611"])
        #expect(ran.out.contains("\"name\":\"b\""))
    }

    @Test func appliesATenantsFile() throws {
        let stub = try ClientStub([
            Answers.rule(
                "PUT", "/v1/tenants", times: 1, Self.change),
            Answers.rule(
                "PUT", "/v1/tenants", status: 422,
                """
                {"code": "M0203", "message": "a tenant has no 'name'", "detail": "", "hint": "",
                 "diagnostics": [{"code": "M0203", "line": 2, "message": "a tenant has no 'name'",
                   "expected": "its name", "hint": ""}]}
                """),
        ])
        try stub.place.write("tenants:\n  - {parent: a}\n", "t.yaml")
        let ran = try stub.muster("tenants apply t.yaml --preview")
        #expect(ran.status == 0)
        let request = try #require(try stub.requests().first)
        #expect(request.target == "/v1/tenants?preview=true")
        #expect(request.headers["content-type"] == "application/yaml")
        #expect(request.body == "tenants:\n  - {parent: a}\n")
        let refused = try stub.muster("tenants apply t.yaml")
        #expect(refused.status == 65)
        #expect(
            refused.talk
                == "t.yaml:2: error M0203: a tenant has no 'name'\n    expected: its name\n")
    }

    @Test func tellsByTheExitStatusWhetherQuotasChange() throws {
        let stub = try ClientStub([
            Answers.rule("PUT", "/v1/tenants", times: 1, Self.change),
            Answers.rule(
                "PUT", "/v1/tenants",
                #"{"applied": false, "difference": {"text": "", "stopped": []}, "changes": []}"#),
        ])
        try stub.place.write("kind: Tenant\n", "t.yaml")
        let changed = try stub.muster("tenants diff -f t.yaml")
        #expect(changed.status == 1 && changed.out.contains("limit 64, then 128"))
        #expect(changed.talk.isEmpty)
        #expect(try stub.requests().map(\.target) == ["/v1/tenants?preview=true"])
        let same = try stub.muster("tenants diff --json -f t.yaml")
        #expect(same.status == 0 && same.out.contains("\"changes\""))
    }

    @Test func printsTheLedger() throws {
        let stub = try ClientStub([
            Answers.fleet,
            """
            {"path": "/v1/ledger", "times": 1, "type": "text/csv", "body": "tenant,job\\na,1\\n"}
            """,
            Answers.rule(
                "/v1/ledger",
                """
                {"rows": [{"tenant": "a", "job": null, "name": null, "kind": "H100", "pool": "p",
                  "from": "2026-11-20T12:00:00.000Z", "to": "2026-11-27T12:00:00.000Z",
                  "gpuSeconds": 4500000, "lostGpuSeconds": 7200}], "next": null}
                """),
        ])
        #expect(try stub.muster("ledger --csv").out == "tenant,job\na,1\n")
        let ran = try stub.muster("ledger --from 7d --to 2026-11-27")
        #expect(
            ran.out == """
                TENANT  KIND  POOL  GPU-HOURS  LOST
                a       H100  p       1,250.0   2.0

                """)
        let targets = try stub.requests().map(\.target).filter { $0.hasPrefix("/v1/ledger") }
        #expect(
            targets == [
                "/v1/ledger?groupBy=tenant&limit=10000",
                "/v1/ledger?from=2026-11-20T12%3A00%3A00.000Z&to=2026-11-27T00%3A00%3A00Z"
                    + "&groupBy=tenant&limit=1000",
            ])
        #expect(try stub.requests().contains { $0.headers["accept"] == "text/csv" })
    }

    @Test func exportsTheJournal() throws {
        let stub = try ClientStub([
            """
            {"path": "/v1/journal", "type": "application/octet-stream", "body": "journal bytes"}
            """
        ])
        let ran = try stub.muster("journal export out.journal")
        #expect(ran.status == 0)
        #expect(stub.place.bytes("out.journal") == Array("journal bytes".utf8))
    }

    @Test func completesNames() throws {
        let stub = try ClientStub([
            Answers.rule(
                "/v1/jobs",
                #"{"jobs": [\#(Answers.job(9, "a", "running"))], "next": null}"#)
        ])
        #expect(try stub.muster("__complete jobs").out == "a\n")
        #expect(try stub.muster("__complete nodes").out == "")
        let script = try stub.muster("--generate-completion-script bash")
        #expect(script.status == 0)
        #expect(script.out.contains("muster __complete jobs"))
    }
}
