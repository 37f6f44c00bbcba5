import Documents
import FleetModel
import Simulation
import Testing

@Suite struct JobDocumentTests {
    @Test func unknownKeysAndNames() throws {
        expect(
            try job("gpu: 8"), .missingKey, 1, "'j' asks for nothing", afterOther: true)
        expect(
            try job("gpus: 1\npriorty: 3"), .unknownKey, 4, "unknown key 'priorty' in the job",
            hint: "did you mean 'priority'?")
        expect(
            try job("gpus: 1\ntopology: {required: rak}"), .unknownName, 4,
            "unknown topology level 'rak'", expected: "one of spine, rack, host",
            hint: "did you mean 'rack'?")
        expect(
            try job("gpus: 1\naccelerators: [H100, A10]"), .unknownName, 4,
            "unknown accelerator kind 'A10'", hint: "did you mean 'A100'?")
        expect(
            try job("gpus: 1\npools: trian"), .unknownName, 4, "unknown pool 'trian'",
            hint: "did you mean 'train'?")
        expect(
            try job("gpus: 1\npriority: hihg"), .unknownName, 4, "unknown priority class 'hihg'",
            expected: "one of high, low, normal", hint: "did you mean 'high'?")
        expect(
            try job("gpus: 1\ndependsOn: k"), .unknownName, 4, "unknown job 'k'", expected: "j",
            hint: "did you mean 'j'?")
    }

    @Test func tenantNames() throws {
        let tree = "tenants: [{name: research, tenants: [{name: vision}, {name: audio}]}]"
        func with(_ tenant: String) throws -> Result<Workload, DiagnosticList> {
            try jobs("name: j\nrunTime: 1h\ngpus: 1\n" + tenant, tenants: tree)
        }
        #expect(try with("tenant: research/audio").get().jobs[0].spec.tenant == TenantID(2))
        expect(
            try with("tenant: research/vison"), .unknownName, 4, "unknown tenant 'research/vison'",
            hint: "did you mean 'research/vision'?")
        expect(
            try with("tenant: research"), .invalidValue, 4,
            "the tenant 'research' has tenants below it",
            expected: "one of research/vision, research/audio")
        expect(try with(""), .missingKey, 1, "the job 'j' has no 'tenant'")
        let single = try jobs("name: j\nrunTime: 1h\ngpus: 1", tenants: "tenants: [{name: a}]")
        #expect(try single.get().jobs[0].spec.tenant == TenantID(0))
        let open = try jobs("jobs: [{name: j, tenant: x/y, gpus: 1, runTime: 1}]").get()
        #expect(open.tenants.names.names == ["x/y"])
    }

    @Test func negativeAndWrongSizes() throws {
        let cases = [
            ("members: -1", "'members' is '-1'"), ("members: 0", "'members' is '0'"),
            ("gpus: -8", "'gpus' is '-8'"), ("gpus: 65", "'gpus' is '65'"),
            ("gpus: eight", "'gpus' is 'eight'"), ("cpu: -1", "'cpu' is '-1'"),
            ("memory: -1GiB", "'memory' is '-1GiB'"), ("members: 100001", "'members' is '100001'"),
            ("gpuFraction: 0", "'gpuFraction' is '0'"),
            ("gpuFraction: 1.5", "'gpuFraction' is '1.5'"),
            ("gpuFraction: -0.5", "'gpuFraction' is '-0.5'"),
            ("gpuFraction: 0.33333", "'gpuFraction' is '0.33333'"),
        ]
        for (line, message) in cases {
            let rest = line.hasPrefix("gpu") ? "" : "\ngpus: 1"
            expect(try job(line + rest), .invalidValue, 3, message)
        }
        expect(
            try job("gpus: 2\ngpuFraction: 0.5"), .invalidValue, 4, "'gpuFraction' with 2 GPUs")
        expect(try job("members: 3"), .missingKey, 1, "'j' asks for nothing")
        expect(try job("gpus: 0"), .missingKey, 1, "'j' asks for nothing")
    }

    @Test func wrongTimes() throws {
        let cases = [
            ("timeLimit: -1h", "'timeLimit' is '-1h'"), ("timeLimit: 1x", "'timeLimit' is '1x'"),
            ("timeLimit: h", "'timeLimit' is 'h'"), ("timeLimit: 30m1h", "'timeLimit' is '30m1h'"),
            ("timeLimit: 1:30", "'timeLimit' is '1:30'"),
            ("timeLimit: 1h30", "'timeLimit' is '1h30'"),
            ("restartCost: 200000w", "'restartCost' is '200000w'"),
            ("restartCost: 9999999999d9999999999h", "'restartCost' is '9999999999d9999999999h'"),
            ("submit: 0.0000000001s", "'submit' is '0.0000000001s'"),
            ("timeLimit: 0", "'timeLimit' is no time at all"),
            ("cancelAfter: NaN", "'cancelAfter' is 'NaN'"),
        ]
        for (line, message) in cases {
            expect(try job("gpus: 1\n" + line), .invalidValue, 4, message)
        }
    }

    @Test func times() throws {
        let cases: [(String, Int64)] = [
            ("90s", 90_000), ("30m", 1_800_000), ("12h", 43_200_000), ("7d", 604_800_000),
            ("1h30m", 5_400_000), ("1d1h1m1s1ms", 90_061_001), ("45", 45_000), ("1.5h", 5_400_000),
            ("\"0.25\"", 250), ("2w", 1_209_600_000), ("500ms", 500),
        ]
        for (text, milliseconds) in cases {
            let workload = try job("gpus: 1\ntimeLimit: \(text)").get()
            #expect(
                workload.jobs[0].spec.timeLimit == TimeSpan(nanoseconds: milliseconds * 1_000_000),
                "\(text)")
        }
    }

    @Test func rolesAndCounts() throws {
        expect(
            try job("gpus: 1\nmembers: {min: 4, max: 2}"), .invalidValue, 4,
            "'min' is 4, above 'max', 2")
        expect(try job("gpus: 1\nmembers: {min: 4}"), .missingKey, 4, "'members' has no 'max'")
        expect(
            try job("roles: [{name: a, gpus: 1}]\ngpus: 1"), .invalidValue, 4,
            "a job with 'roles' has 'gpus' as well")
        expect(
            try job("roles:\n- {name: a, gpus: 1}\n- {name: a, gpus: 1}"), .duplicateName, 5,
            "the role 'a' exists twice")
        expect(try job("roles: []"), .invalidValue, 3, "the job has 0 roles")
        let many = (0..<17).map { "{name: r\($0), cpu: 1m}" }.joined(separator: ", ")
        expect(try job("roles: [\(many)]"), .invalidValue, 3, "the job has 17 roles")
        let large = (0..<2).map { "{name: r\($0), replicas: 60000, cpu: 1m}" }
        expect(
            try job("roles: [\(large.joined(separator: ", "))]"), .invalidValue, 3,
            "the job has 120000 members")
        expect(
            try job("roles:\n- {gpus: 1}"), .missingKey, 4, "a role has no 'name'")
        expect(try job("roles:\n- 7"), .invalidValue, 4, "a role is '7'")
    }

    @Test func topologyMistakes() throws {
        let cases: [(String, DiagnosticCode, String)] = [
            ("{prefer: rack}", .missingKey, "the topology has no 'for'"),
            ("{for: 10m}", .invalidValue, "'for' without 'prefer'"),
            ("{required: rack, then: any}", .invalidValue, "'then' without 'prefer'"),
            (
                "{required: rack, preferred: spine}", .invalidValue,
                "the topology has both 'required' and 'preferred'"
            ),
            (
                "{prefer: spine, for: 10m, then: rack}", .invalidValue,
                "'then' is 'rack', which is no coarser than 'spine'"
            ),
            ("rack", .invalidValue, "the topology is 'rack'"),
            ("{slice: {members: 2}}", .missingKey, "the slice has no 'level'"),
            (
                "{slice: {members: 3, level: rack}}", .invalidValue,
                "slices of 3 members do not divide the 4 members of 'j'"
            ),
            ("{slice: {members: 0, level: rack}}", .invalidValue, "'members' is '0'"),
            ("{slice: {members: 2, level: rck}}", .unknownName, "unknown topology level 'rck'"),
        ]
        for (text, code, message) in cases {
            expect(try job("members: 4\ngpus: 1\ntopology: \(text)"), code, 5, message)
        }
    }

    @Test func lifecycleMistakes() throws {
        let cases: [(String, DiagnosticCode, String)] = [
            ("preemptible: yes", .invalidValue, "'preemptible' is 'yes'"),
            ("hold: \"true\"", .invalidValue, "'hold' is the text \"true\""),
            ("priority: 1000001", .invalidValue, "'priority' is '1000001'"),
            ("priority: 1.5", .invalidValue, "'priority' is '1.5'"),
            ("retries: {node: 1001}", .invalidValue, "'node' is '1001'"),
            ("retries: {nodes: 1}", .unknownKey, "unknown key 'nodes' in 'retries'"),
            ("retries: 3", .invalidValue, "'retries' is '3'"),
            ("dependsOn: {job: x, if: y}", .unknownKey, "unknown key 'if' in a dependency"),
            ("repeat: {every: 1s}", .missingKey, "'repeat' has no 'count'"),
            ("repeat: {count: 0}", .invalidValue, "'count' is '0'"),
            ("repeat: 5", .invalidValue, "'repeat' is '5'"),
            ("priorityClasses: [a]", .invalidValue, "'priorityClasses' is a list"),
            ("priorityClasses: {a: b}", .invalidValue, "the priority 'a' is 'b'"),
            ("tenant:", .invalidValue, "'tenant' in the job has no value"),
        ]
        for (text, code, message) in cases {
            let found = mistakes(try job("gpus: 1\n" + text))
            #expect(found.first?.message == message)
            #expect(found.first?.code == code)
            #expect(found.first?.line == 4)
        }
        expect(
            try job("gpus: 1\ndependsOn: [{job: j, condition: done}]"), .invalidValue, 4,
            "'condition' is 'done'", afterOther: true)
        expect(
            try jobs("name: j\ngpus: 1"), .missingKey, 1, "the job 'j' has no 'runTime'")
        expect(try jobs("jobs: []"), .invalidValue, 1, "there are no jobs")
        expect(try jobs("jobs: 5"), .invalidValue, 1, "'jobs' is '5'")
    }

    @Test func defaultsAndFields() throws {
        let workload = try job(
            """
            members: {min: 2, max: 6}
            gpus: 1
            priority: -5
            retries: {application: 1, node: 2, device: 3, start: 4, preemption: 100}
            preemptible: true
            hold: true
            notBefore: 1h
            submit: 10s
            fails: true
            """
        ).get()
        let job = workload.jobs[0]
        #expect(job.spec.roles[0].minimum == 2)
        #expect(job.spec.roles[0].maximum == 6)
        #expect(job.spec.roles[0].accelerators == .all)
        #expect(job.spec.pools == .all)
        #expect(job.spec.priority == -5)
        #expect(FailureCause.allCases.map { job.spec.retries[$0] } == [1, 2, 3, 4, 100, 10])
        #expect(job.spec.preemptible && job.spec.held && job.failsAtEnd)
        #expect(job.spec.notBefore == .seconds(3600))
        #expect(job.submit == .seconds(10))
        #expect(job.runTime == .seconds(3600))
        #expect(workload.names == ["j"])
        #expect(workload.tenants.names.names == ["default"])
        let plain = try self.plain()
        #expect(plain.spec.retries == RetryLimits())
        #expect(plain.spec.topology == TopologyConstraint())
        #expect(plain.spec.roles[0].minimum == 1)
    }

    private func plain() throws -> SimulatedJob {
        try jobs("name: j\nexpectedDuration: 5m\ngpus: 1").get().jobs[0]
    }
}

/// Expects one mistake of several, where another one comes first by design.
private func expect(
    _ result: Result<Workload, DiagnosticList>, _ code: DiagnosticCode, _ line: Int,
    _ message: String, afterOther: Bool, _ location: SourceLocation = #_sourceLocation
) {
    let found = mistakes(result, location)
    #expect(
        found.contains { $0.code == code && $0.line == line && $0.message == message },
        "\(found.map(\.text))", sourceLocation: location)
}
