import Documents
import FleetModel
import Simulation
import Testing

@Suite struct ScenarioDocumentTests {
    /// Resolves a scenario against files that exist only here.
    private func resolve(
        _ text: String, files: [String: String] = [:]
    ) -> Result<ScenarioDocument.Resolved, DiagnosticList> {
        ScenarioDocument.parse(SourceText(text, file: "s.yaml")).resolve { path in
            guard let contents = files[path] else {
                return .failure(
                    DiagnosticList([Diagnostic(.fileAccess, message: "cannot open '\(path)'")]))
            }
            return .success(SourceText(contents, file: "dir/" + path))
        }
    }

    @Test func shorthand() throws {
        #expect(try resolve("fleet: 64x8/16").get().fleet.nodes.count == 64)
        #expect(try resolve("fleet: \"2x4\"").get().workload.jobs.isEmpty)
        expect(resolve("fleet: 64x8/0"), .fleetShorthand, 1, "'0' in '64x8/0' is not a group size")
        expect(resolve("fleet: 64x8.yaml"), .fleetShorthand, 1, "'64x8.yaml' is not a fleet")
    }

    @Test func missingAndWrongParts() {
        expect(resolve("tenants: [{name: a}]"), .missingKey, 1, "the scenario has no 'fleet'")
        expect(resolve("fleet: []"), .invalidValue, 1, "the fleet is a list")
        expect(resolve("fleet: ''"), .invalidValue, 1, "the fleet is the text \"\"")
        expect(
            resolve("fleet: 1x8\njob: []"), .unknownKey, 2, "unknown key 'job' in the scenario",
            hint: "did you mean 'jobs'?")
        expect(resolve("fleet: 1x8\njobs: {a: b}"), .invalidValue, 2, "'jobs' is a mapping")
        expect(resolve("fleet: f.yaml"), .fileAccess, 1, "cannot open 'f.yaml'")
        expect(
            resolve("fleet: 1x8\njobs: j\npriorityClasses: {a: 1}", files: ["j": "[]"]),
            .invalidValue, 3, "'priorityClasses' beside jobs in another file", first: true)
    }

    @Test func mistakesOfAllFiles() {
        let found = mistakes(
            resolve(
                """
                fleet: f
                tenants: t
                typo: 1
                jobs:
                  - {name: a, gpus: 1, runTime: 1h, dependsOn: b, tenant: nobody}
                """,
                files: [
                    "f": "nodes: [{name: a, cpu: x}]",
                    "t": "tenants:\n- {name: a, parent: b}\n- {name: b, parent: a}",
                ]))
        #expect(
            found.map { "\($0.file):\($0.line) \($0.message)" } == [
                "s.yaml:3 unknown key 'typo' in the scenario",
                "s.yaml:5 unknown job 'b'",
                "dir/f:1 'cpu' is 'x'",
                "dir/t:2 the tenant 'a' is above itself: a in b in a",
            ])
    }

    @Test func mistakesOfInlineParts() {
        let found = mistakes(
            resolve(
                """
                fleet:
                  nodes:
                    - {name: a, gpus: {count: 8, kind: H100}}
                tenants:
                  - {name: t, quota: {H10: {guaranteed: 1}}}
                  - {name: t}
                jobs:
                  - {name: j, gpus: 9, runTime: 1h}
                  - {name: k, gpus: 1}
                """))
        #expect(
            found.map { "\($0.line) \($0.code.rawValue)" } == [
                "5 M0205", "6 M0206", "8 M0304", "9 M0203",
            ])
    }

    @Test func inlineTenantsAndClasses() throws {
        let workload = try resolve(
            """
            fleet: 2x8
            priorityClasses: {urgent: 900}
            tenants: [{name: t}]
            jobs: [{name: j, priority: urgent, gpus: 1, runTime: 1}]
            """
        ).get().workload
        #expect(workload.jobs[0].spec.priority == 900)
        #expect(workload.tenants.names.names == ["t"])
    }

    @Test func submission() throws {
        let fleet = try smallFleet()
        let tree = try tenants("tenants: [{name: t}]").get()
        let text =
            "name: j\ngpus: 1\ntenant: t\ndependsOn: [a, b]\nnotBefore: 1m\nfamily: llama/70b\n"
        let document = JobsDocument.parse(SourceText(text, file: "j.yaml"))
        let job = try #require(document.jobs.first)
        var door = JobDoor(fleet: fleet, tenants: tree)
        let spec = try door.spec(
            of: job, id: JobID(9), file: "j.yaml", origin: .seconds(5),
            jobNamed: { $0 == "a" ? JobID(3) : JobID(4) },
            familyNamed: { $0 == "llama/70b" ? FamilyID(6) : nil }
        ).get()
        #expect(spec.dependencies == [Dependency(job: JobID(3)), Dependency(job: JobID(4))])
        #expect(spec.notBefore == .seconds(65))
        #expect(spec.family == FamilyID(6))
        expect(
            door.spec(
                of: job, id: JobID(9), file: "j.yaml", origin: .zero,
                jobNamed: { $0 == "a" ? JobID(3) : nil },
                familyNamed: { _ in nil }), .unknownName, 4, "unknown job 'b'")
    }

    @Test func unreadableNamesAreNotMissing() throws {
        let tree = "tenants: [{name: a}, {name: b}]"
        expect(
            try jobs("name: j\ngpus: 1\ntenant: a b\nrunTime: 1", tenants: tree), .invalidValue, 3,
            "'tenant' is 'a b'")
        expect(
            fleet("pools: [a, b]\nnodes: [{name: x, pool: a b}]"), .invalidValue, 2,
            "'pool' is 'a b'")
        expect(
            fleet("nodes: [{name: x, gpus: {count: 1, kind: a b}}]"), .invalidValue, 1,
            "'kind' is 'a b'")
    }
}

/// Expects the first mistake of several.
private func expect(
    _ result: Result<ScenarioDocument.Resolved, DiagnosticList>, _ code: DiagnosticCode,
    _ line: Int, _ message: String, first: Bool, _ location: SourceLocation = #_sourceLocation
) {
    let found = mistakes(result, location)
    #expect(found.first?.message == message, sourceLocation: location)
    #expect(found.first?.code == code, sourceLocation: location)
    #expect(found.first?.line == line, sourceLocation: location)
}
