import Documents
import FleetModel
import Simulation
import Testing

@Suite struct WorkloadTests {
    /// Jobs of one line each, from line 2 on, that ask one GPU and run an hour.
    private func list(_ lines: String...) throws -> Result<Workload, DiagnosticList> {
        try jobs("jobs:\n" + lines.map { "- {\($0), gpus: 1, runTime: 1h}\n" }.joined())
    }

    @Test func orderOfSubmission() throws {
        let workload = try list(
            "name: c, submit: 2s", "name: b, submit: 1s", "name: a, submit: 2s", "name: d"
        ).get()
        #expect(workload.names == ["d", "b", "c", "a"])
        #expect(workload.jobs.map(\.spec.id.index) == [0, 1, 2, 3])
    }

    @Test func dependenciesOfOneInstantComeFirst() throws {
        let workload = try list(
            "name: a, dependsOn: [b, d]", "name: b, dependsOn: c", "name: c", "name: d"
        ).get()
        #expect(workload.names == ["c", "b", "d", "a"])
        #expect(
            workload.jobs[3].spec.dependencies == [
                Dependency(job: JobID(1)), Dependency(job: JobID(2)),
            ])
    }

    @Test func jobsOfOneFamilyAreAlike() throws {
        let workload = try list(
            "name: a, family: bert", "name: b", "name: c, family: llama/70b",
            "name: d, family: bert, repeat: {count: 2}"
        ).get()
        #expect(
            workload.jobs.map(\.spec.family?.index) == [0, nil, 1, 0, 0], "\(workload.names)")
        expect(try list("name: a, family: [b]"), .invalidValue, 2, "'family' is a list")
    }

    @Test func longChain() throws {
        var text = "jobs:\n"
        for index in 0..<2_000 {
            text += "- {name: j\(index), dependsOn: j\(index + 1), gpus: 1, runTime: 1}\n"
        }
        text += "- {name: j2000, gpus: 1, runTime: 1}\n"
        let workload = try jobs(text).get()
        #expect(workload.names.first == "j2000")
        #expect(workload.names.last == "j0")
    }

    @Test func repetition() throws {
        let workload = try list(
            "name: a, submit: 5s, repeat: {count: 3, every: 10s}",
            "name: b, submit: 1h, dependsOn: a",
            "name: c, submit: 1h, dependsOn: {job: a-1, condition: ended}"
        ).get()
        #expect(workload.names == ["a-0", "a-1", "a-2", "b", "c"])
        let starts: [Instant] = [.seconds(5), .seconds(15), .seconds(25)]
        #expect(workload.jobs.prefix(3).map(\.submit) == starts)
        #expect(workload.jobs[3].spec.dependencies.map(\.job.index) == [0, 1, 2])
        #expect(
            workload.jobs[4].spec.dependencies == [Dependency(job: JobID(1), mustSucceed: false)])
    }

    @Test func repetitionMistakes() throws {
        expect(
            try list("name: a, repeat: {count: 3}", "name: a-1"), .duplicateName, 3,
            "the job 'a-1' exists twice", hint: "it is on line 2 already")
        expect(
            try list("name: a", "name: a"), .duplicateName, 3, "the job 'a' exists twice")
        expect(
            try list("name: a, repeat: {count: 1000000, every: 1d}"), .invalidValue, 2,
            "the last copy of 'a' is submitted too late")
        expect(
            try list("name: a, repeat: {count: 1000000, every: 5000w}"), .invalidValue, 2,
            "the last copy of 'a' is submitted too late")
        expect(
            try list("name: a, repeat: {count: 900000}", "name: b, repeat: {count: 900000}"),
            .invalidValue, 3, "there are 1800000 jobs, repetitions counted")
        expect(
            try list("name: a, repeat: {count: 1001}", "name: b, dependsOn: a"), .invalidValue, 3,
            "the job 'b' waits for 1001 jobs, repetitions counted")
    }

    @Test func cycles() throws {
        expect(
            try list("name: a, dependsOn: b", "name: b, dependsOn: c", "name: c, dependsOn: a"),
            .cycle, 2, "the job 'a' waits for itself: a after b after c after a")
        expect(
            try list("name: x", "name: a, dependsOn: [x, a]"), .cycle, 3,
            "the job 'a' waits for itself: a after a")
        expect(
            try list("name: a, repeat: {count: 2}, dependsOn: a-0"), .cycle, 2,
            "the job 'a' waits for itself: a after a")
        let two = mistakes(
            try list(
                "name: a, dependsOn: b", "name: b, dependsOn: a", "name: c, dependsOn: c"))
        #expect(two.map(\.code) == [.cycle, .cycle])
    }

    @Test func dependencyOnALaterJob() throws {
        expect(
            try list("name: a, dependsOn: b", "name: b, submit: 1s"), .invalidValue, 2,
            "'b' is submitted after 'a', which waits for it")
        let many = (0..<1001).map { _ in "b" }.joined(separator: ", ")
        #expect(
            mistakes(try list("name: a, dependsOn: [\(many)]", "name: b"))[0].message
                == "'dependsOn' has 1001 jobs")
    }

    @Test func impossibleGangs() throws {
        let cases: [(String, Int, String)] = [
            (
                "members: 9\ngpus: 8", 1,
                "it needs 9 members of 'j' in the whole fleet, which holds 8"
            ),
            ("gpus: 16", 1, "no node holds one member of 'j'"),
            ("gpus: 8\naccelerators: A100", 1, "no node holds one member of 'j'"),
            ("gpus: 1\npools: serve\naccelerators: H100", 1, "no node holds one member of 'j'"),
            ("cpu: 65", 1, "no node holds one member of 'j'"),
            (
                "members: 3\ngpus: 8\ntopology: {required: rack}", 1,
                "it needs 3 members of 'j' in one rack, which holds 2 at most"
            ),
            (
                "members: 9\ngpus: 1\ntopology: {required: host}", 1,
                "it needs 9 members of 'j' in one host, which holds 8 at most"
            ),
            (
                "members: 5\ngpus: 8\ntopology: {prefer: rack, for: 1m, then: spine}", 1,
                "it needs 5 members of 'j' in one spine, which holds 4 at most"
            ),
            (
                "members: 9\ncpu: 32\npools: [serve]", 1,
                "it needs 9 members of 'j' in the whole fleet, which holds 1"
            ),
            (
                "members: 13\ngpuFraction: 0.3\npools: serve", 1,
                "it needs 13 members of 'j' in the whole fleet, which holds 12"
            ),
            (
                "members: 15\ngpus: 4\ntopology: {slice: {members: 3, level: host}}", 1,
                "it needs 15 members of 'j' in the whole fleet, which holds 0"
            ),
            (
                "roles:\n- {name: a, replicas: 5, gpus: 8}\n- {name: b, replicas: 4, gpus: 8}", 1,
                "its roles do not fit together into the whole fleet"
            ),
            (
                "roles:\n- {name: a, gpus: 8}\n- {name: b, replicas: 2, gpus: 8}\n"
                    + "topology: {required: rack}", 1,
                "its roles do not fit together into one rack"
            ),
        ]
        for (text, line, message) in cases {
            expect(
                try job(text), .unplaceable, line, "the job 'j' can never start: " + message)
        }
    }

    @Test func possibleGangs() throws {
        for text in [
            "members: 8\ngpus: 8", "members: {min: 8, max: 90}\ngpus: 8",
            "members: 3\ngpus: 8\ntopology: {preferred: rack}",
            "members: 2\ngpus: 8\ntopology: {required: rack}",
            "members: 5\ngpus: 8\ntopology: {prefer: rack, for: 1m}",
            "members: 200\ngpuFraction: 0.25", "cpu: 64", "cpu: 1m\nmembers: 100000",
            "members: 4\ngpus: 8\ntopology: {required: spine, slice: {members: 2, level: rack}}",
            "roles:\n- {name: a, gpus: 8}\n- {name: b, gpus: 8}\ntopology: {required: rack}",
        ] {
            #expect(throws: Never.self, "\(text)") { try job(text).get() }
        }
    }

    @Test func unhealthyDevicesCount() throws {
        let fleet = try fleet(
            "nodes: [{name: a, gpus: {count: 8, kind: H, unhealthy: [0, 1, 2]}}]"
        ).get()
        let document = JobsDocument.parse(SourceText("{name: j, gpus: 8, runTime: 1}", file: "j"))
        #expect(throws: Never.self) { try document.resolve(fleet: fleet, tenants: nil).get() }
    }

    @Test func manyJobsWithManyMistakes() throws {
        let found = mistakes(
            try jobs(
                """
                jobs:
                - {name: a, gpus: -1, runTime: 1h, tolpology: {}}
                - {name: b, gpus: 1, dependsOn: zzz}
                - {gpus: 1, runTime: 1}
                - {name: a, gpus: 70, topology: {required: nowhere}, runTime: 1x}
                """))
        #expect(found.map(\.line) == [2, 2, 3, 3, 4, 5, 5, 5, 5])
    }
}
