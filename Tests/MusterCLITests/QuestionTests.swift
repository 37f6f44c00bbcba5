import Foundation
import Testing

/// Questions in the middle of a simulation, asked of the program itself.
struct QuestionTests {
    /// Two jobs take all nodes until one and two hours; what comes after waits.
    private static let scenario = """
        fleet: 4x8/2
        tenants:
          - {name: red, quota: {GPU: {limit: 24}}}
          - {name: blue}
        jobs:
          - {name: left, tenant: blue, members: 2, gpus: 8, runTime: 1h}
          - {name: right, tenant: blue, members: 1, gpus: 8, runTime: 2h}
          - {name: held, tenant: blue, gpus: 1, runTime: 1h, hold: true, submit: 1m}
          - {name: big, tenant: red, members: 3, gpus: 8, submit: 10m, runTime: 1h}
          - {name: late, tenant: blue, gpus: 1, submit: 3h, runTime: 1h}
        """

    private static func place(_ changes: String? = nil) throws -> Workplace {
        let place = try Workplace()
        try place.write(scenario, "s.yaml")
        if let changes { try place.write(changes, "c.yaml") }
        return place
    }

    @Test func saysWhyAndWhatHelps() throws {
        let ran = try Self.place().muster("simulate --workload s.yaml --at 30m --explain big")
        #expect(ran.status == 0, "\(ran.talk)")
        #expect(ran.out.hasPrefix("big: waiting 20m 00s, capacity: it needs 24 GPUs; 8 GPUs free"))
        // Lines are broken where they are full.
        let text = ran.out.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for words in [
            "held by left (16 GPUs), right (8 GPUs)", "next to end: left (2 nodes) 1h 00m",
            "red: 0 of 24 GPU in use", "nothing competes", "now, with 1 member",
            "if left is cancelled", "Starts",
        ] { #expect(text.contains(words), "\(words) in \(text)") }
        #expect(ran.out.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test func saysTheSameInJSON() throws {
        let ran = try Self.place().muster(
            "simulate --workload s.yaml --at 30m --explain 3 --json")
        #expect(ran.status == 0, "\(ran.talk)")
        let json = try #require(try ran.json() as? [String: Any])
        #expect(json["atSeconds"] as? Double == 1800)
        let explain = try #require(json["explain"] as? [String: Any])
        #expect(explain["job"] as? String == "big")
        #expect(explain["waitingSeconds"] as? Double == 1200)
        let reasons = try #require(explain["reasons"] as? [[String: Any]])
        #expect(reasons.first?["code"] as? String == "capacity")
        #expect(reasons.first?["have"] as? Int == 8000)
        let remedies = try #require(explain["remedies"] as? [[String: Any]])
        #expect(remedies.first?["action"] as? String == "members")
    }

    @Test(arguments: [
        ("late", "is not submitted yet", "3h 00m"), ("left", "runs on 2 nodes", "since 0s"),
    ])
    func saysWhyAJobDoesNotWait(job: String, says: String, hint: String) throws {
        let ran = try Self.place().muster("simulate --workload s.yaml --at 30m --explain \(job)")
        #expect(ran.status == 65)
        #expect(ran.codes == ["M0502"])
        #expect(ran.out.isEmpty)
        #expect(ran.talk.contains(says) && ran.talk.contains(hint), "\(ran.talk)")
    }

    @Test func saysThatAJobIsOver() throws {
        let ran = try Self.place().muster("simulate --workload s.yaml --at 9h --explain left")
        #expect(ran.status == 65)
        #expect(ran.talk.contains("is over: it succeeded"), "\(ran.talk)")
    }

    @Test func triesChanges() throws {
        let place = try Self.place(
            """
            changes:
              - {job: big, members: 1}
              - {release: held}
              - {cancel: right}
              - {submit: {name: extra, tenant: blue, gpus: 2}}
            """)
        let ran = try place.muster("simulate --workload s.yaml --at 30m --what-if c.yaml")
        #expect(ran.status == 0, "\(ran.talk)")
        #expect(ran.out.contains("starts   big, held, extra"), "\(ran.out)")
        #expect(ran.out.contains("stops    right (cancelled)"))
        #expect(ran.out.contains("extra: is not there, then runs"))
        let both = try place.muster(
            "simulate --workload s.yaml --at 30m --explain big --what-if c.yaml --json")
        let json = try #require(try both.json() as? [String: Any])
        #expect(json["explain"] != nil)
        let answer = try #require(json["whatIf"] as? [String: Any])
        let starts = try #require(answer["starts"] as? [[String: Any]])
        #expect(starts.map { $0["job"] as? String } == ["big", "held", "extra"])
    }

    @Test func triesNodesQuotasAndPolicies() throws {
        let place = try Self.place(
            """
            changes:
              - {add: {like: node-0, count: 2}}
              - {tenant: red, quota: {GPU: {guaranteed: 8, limit: 1 leaf}}}
              - {tenant: red, quota: {GPU: {limit: 24}}}
              - {policy: first-fit}
              - {unhealthy: {node: node-3, devices: [0]}}
              - {unhealthy: {node: node-3, devices: []}}
              - {drain: node-3}
              - {resume: [node-3]}
            """)
        let ran = try place.muster("simulate --workload s.yaml --at 30m --what-if c.yaml")
        #expect(ran.status == 0, "\(ran.talk)")
        #expect(ran.out.contains("starts   big"), "\(ran.out)")
    }

    @Test func tellsAllMistakesOfChanges() throws {
        let place = try Self.place(
            """
            changes:
              - {job: bigg, members: 1}
              - {job: big}
              - {drain: node-9}
              - {tenant: red, quota: {TPU: {limit: 3}}}
              - {policy: nope}
              - {job: big, topology: {required: galaxy}}
              - {cancel: big, release: held}
              - {drain: node-1, priority: 3}
              - {}
            """)
        let ran = try place.muster("simulate --workload s.yaml --at 30m --what-if c.yaml")
        #expect(ran.status == 65)
        #expect(ran.out.isEmpty)
        for line in 2...10 { #expect(ran.talk.contains("c.yaml:\(line):"), "\(line): \(ran.talk)") }
        #expect(ran.talk.contains("did you mean 'big'?"))
    }

    @Test func tellsChangesThatAreNotPossibleThen() throws {
        let place = try Self.place(
            """
            changes:
              - {release: big}
              - {return: node-0}
              - {cancel: late}
            """)
        let ran = try place.muster("simulate --workload s.yaml --at 30m --what-if c.yaml")
        #expect(ran.status == 65)
        #expect(ran.codes == ["M0204", "M0204", "M0204"])
        #expect(ran.talk.contains("c.yaml:2:") && ran.talk.contains("is not held"), "\(ran.talk)")
    }

    @Test(arguments: [
        "--explain big", "--what-if c.yaml", "--at 30m", "--at soon --explain big",
        "--at 30m --explain nobody", "--at 30m --explain 99",
        "--at 30m --explain big --html x.html", "--at 30m --explain big --until 1h",
    ])
    func refusesQuestionsThatMakeNoSense(options: String) throws {
        let ran = try Self.place("changes: [{cancel: big}]")
            .muster("simulate --workload s.yaml \(options)")
        #expect(ran.status == 64, "\(ran.talk)")
        #expect(ran.codes == ["M0501"])
        #expect(ran.out.isEmpty)
    }

    @Test func theExampleWorks() throws {
        let ran = try Workplace().shell(
            "$muster simulate --workload $examples/scenarios/small.yaml --at 10m "
                + "--explain whole --what-if $examples/changes/small.yaml")
        #expect(ran.status == 0, "\(ran.talk)")
        #expect(ran.out.contains("starts"))
    }
}
