import Documents
import FleetModel
import Simulation
import Testing

@Suite struct EventTests {
    /// A scenario on four nodes of eight GPUs, with events of one line each, from line 8 on.
    private func scenario(_ events: String...) -> Result<ScenarioDocument.Resolved, DiagnosticList>
    {
        let text = """
            fleet: 4x8/2
            jobs:
            - {name: a, gpus: 1, runTime: 1h}
            - {name: held, gpus: 1, runTime: 1h, hold: true}
            - {name: late, gpus: 1, runTime: 1h, submit: 2h}
            - {name: many, gpus: 1, runTime: 1h, repeat: {count: 3, every: 1h}}
            events:
            """
        let lines = events.map { "\n- {\($0)}" }.joined()
        return ScenarioDocument.parse(SourceText(text + lines, file: "s.yaml")).resolve { _ in
            .failure(DiagnosticList([Diagnostic(.fileAccess, message: "no file")]))
        }
    }

    private func events(_ lines: String...) throws -> [FleetEvent] {
        try scenario(lines.joined(separator: "}\n- {")).get().workload.events
    }

    @Test func everyAction() throws {
        let resolved = try scenario(
            "at: 1d, remove: [node-1, node-2]", "at: 2h, drain: node-3", "at: 3h, resume: node-3",
            "at: 2d, return: [node-1]", "at: 5h, unhealthy: {node: node-0, devices: [0, 3]}",
            "at: 1h, hold: a", "at: 2h, release: held", "at: 4h, cancel: a",
            "at: 6h, unhealthy: {node: node-0, devices: []}"
        ).get()
        let workload = resolved.workload
        func job(_ name: String) throws -> JobID {
            JobID(try #require(workload.names.firstIndex(of: name)))
        }
        let expected: [(Int64, Input)] = [
            (1, .hold(try job("a"))), (2, .drain(NodeID(3))), (2, .release(try job("held"))),
            (3, .resume(NodeID(3))), (4, .cancel(try job("a"))),
            (5, .setDeviceHealth(NodeID(0), unhealthy: 0b1001)),
            (6, .setDeviceHealth(NodeID(0), unhealthy: 0)),
            (24, .removeNodes([NodeID(1), NodeID(2)])),
            (48, .addNodes([resolved.fleet.nodes[1]])),
        ]
        #expect(
            workload.events
                == expected.map { FleetEvent(at: .seconds($0.0 * 3600), input: $0.1) })
    }

    @Test func eventsOfOneInstantKeepTheirOrder() throws {
        let events = try events(
            "at: 1h, resume: node-0", "at: 0, drain: node-0", "at: 1h, drain: [node-0, node-1]")
        #expect(
            events.map(\.input) == [
                .drain(NodeID(0)), .resume(NodeID(0)), .drain(NodeID(0)), .drain(NodeID(1)),
            ])
    }

    @Test func nodesComeBackAsTheyWere() throws {
        let events = try events(
            "at: 1h, unhealthy: {node: node-1, devices: [7]}", "at: 2h, drain: node-1",
            "at: 3h, remove: node-1", "at: 4h, return: node-1", "at: 5h, drain: node-1",
            "at: 6h, remove: node-1")
        guard case .addNodes(let nodes) = events[3].input else {
            Issue.record("no nodes are added")
            return
        }
        #expect(nodes.map(\.unhealthyDevices) == [1 << 7])
        #expect(nodes[0].id == NodeID(1))
    }

    @Test func repeatedJobsMeanAllCopiesOrOne() throws {
        let workload = try scenario(
            "at: 5h, cancel: many-1", "at: 6h, hold: [many-0, many-2]", "at: 7h, release: many-2"
        ).get().workload
        let named = workload.events.map { event in
            switch event.input {
            case .cancel(let job): "cancel \(workload.names[job.index])"
            case .hold(let job): "hold \(workload.names[job.index])"
            case .release(let job): "release \(workload.names[job.index])"
            default: "other"
            }
        }
        #expect(named == ["cancel many-1", "hold many-0", "hold many-2", "release many-2"])
        #expect(try events("at: 5h, hold: many").count == 3)
        expect(
            scenario("at: 90m, hold: many"), .invalidValue, 8,
            "the job 'many-2' is not submitted before this time")
        for name in ["many-3", "many-01", "many-", "many--1", "a-0", "-0"] {
            let result = scenario("at: 5h, hold: \(name)")
            #expect(mistakes(result).count == 1, "\(name)")
        }
    }

    @Test func wrongForms() {
        expect(
            scenario("at: 1h"), .missingKey, 8, "the event does not say what happens",
            expected: "one of drain, resume, remove, return, unhealthy, hold, release, cancel")
        expect(scenario("drain: node-0"), .missingKey, 8, "an event has no 'at'")
        expect(
            scenario("at: 1h, drain: node-0, resume: node-1"), .invalidValue, 8,
            "an event has both 'drain' and 'resume'")
        expect(
            scenario("at: 1h, drian: node-0, cancel: a"), .unknownKey, 8,
            "unknown key 'drian' in an event", hint: "did you mean 'drain'?")
        expect(scenario("at: -1h, drain: node-0"), .invalidValue, 8, "'at' is '-1h'")
        expect(scenario("at: 200000w, drain: node-0"), .invalidValue, 8, "'at' is '200000w'")
        expect(scenario("at: 1h, remove: []"), .invalidValue, 8, "'remove' is an empty list")
        expect(
            scenario("at: 1h, unhealthy: node-0"), .invalidValue, 8, "'unhealthy' is 'node-0'")
        expect(
            scenario("at: 1h, unhealthy: {node: node-0}"), .missingKey, 8,
            "'unhealthy' has no 'devices'")
        expect(
            scenario("at: 1h, unhealthy: {devices: [1]}"), .missingKey, 8,
            "'unhealthy' has no 'node'")
        expect(
            scenario("at: 1h, unhealthy: {node: node-0, devices: [64]}"), .invalidValue, 8,
            "an index in 'devices' is '64'")
    }

    @Test func unknownNames() {
        expect(
            scenario("at: 1h, drain: nod-3"), .unknownName, 8, "unknown node 'nod-3'",
            expected: "one of node-0, node-1, node-2, node-3", hint: "did you mean 'node-3'?")
        expect(
            scenario("at: 1h, release: hled"), .unknownName, 8, "unknown job 'hled'",
            hint: "did you mean 'held'?")
        #expect(mistakes(scenario("at: 1h, remove: [x, y]")).map(\.code).count == 2)
    }

    @Test func duplicates() {
        expect(
            scenario("at: 1h, remove: [node-1, node-1]"), .duplicateName, 8,
            "the node 'node-1' stands twice in one event")
        expect(
            scenario("at: 1h, cancel: [a, held, a]"), .duplicateName, 8,
            "the job 'a' stands twice in one event")
        expect(
            scenario("at: 1h, unhealthy: {node: node-0, devices: [3, 0, 3]}"), .duplicateName, 8,
            "the device 3 stands twice in one event")
    }

    @Test func devicesOutsideTheNode() {
        expect(
            scenario("at: 1h, unhealthy: {node: node-0, devices: [0, 8]}"), .invalidValue, 8,
            "the node 'node-0' has no device 8", expected: "an index from 0 to 7",
            hint: "devices are counted from 0")
    }

    @Test func nodesThroughTime() {
        expect(
            scenario("at: 2h, remove: node-1", "at: 1h, remove: node-1"), .invalidValue, 8,
            "the node 'node-1' is not in the fleet at this time",
            hint: "it was removed by the event on line 9")
        expect(
            scenario("at: 1h, return: node-1"), .invalidValue, 8,
            "the node 'node-1' is in the fleet at this time",
            expected: "a node that was removed before", hint: "")
        expect(
            scenario("at: 1h, remove: node-1", "at: 2h, return: node-1", "at: 3h, return: node-1"),
            .invalidValue, 10, "the node 'node-1' is in the fleet at this time",
            hint: "it came back by the event on line 9")
        for action in [
            "drain: node-1", "resume: node-1", "unhealthy: {node: node-1, devices: [1]}",
        ] {
            expect(
                scenario("at: 1h, remove: node-1", "at: 2h, \(action)"), .invalidValue, 9,
                "the node 'node-1' is not in the fleet at this time")
        }
        expect(
            scenario("at: 1h, drain: node-1", "at: 1h, drain: node-1"), .invalidValue, 9,
            "the node 'node-1' is drained already", expected: "an event that changes something")
        expect(
            scenario(
                "at: 1h, drain: node-1", "at: 2h, remove: node-1", "at: 3h, return: node-1",
                "at: 4h, resume: node-1"), .invalidValue, 11,
            "the node 'node-1' is not drained at this time")
        expect(
            scenario("at: 1h, unhealthy: {node: node-1, devices: []}"), .invalidValue, 8,
            "the devices of the node 'node-1' are as the event says")
    }

    @Test func jobsThroughTime() {
        expect(
            scenario("at: 2h, hold: late"), .invalidValue, 8,
            "the job 'late' is not submitted before this time",
            expected: "an event later than the submission",
            hint: "write 'hold: true' in the job to hold it from the start")
        expect(
            scenario("at: 1h, release: a"), .invalidValue, 8,
            "the job 'a' is not held at this time")
        expect(
            scenario("at: 1h, hold: held"), .invalidValue, 8, "the job 'held' is held already")
        expect(
            scenario("at: 1h, cancel: a", "at: 2h, cancel: a"), .invalidValue, 9,
            "the job 'a' is cancelled already", hint: "by the event on line 8")
        #expect(throws: Never.self) {
            try scenario("at: 1h, hold: a", "at: 2h, release: a", "at: 3h, hold: a").get()
        }
    }

    @Test func mistakesElsewhereDoNotMakeMore() {
        // What the broken event would have done is not known, so neither is what is there later.
        expect(
            scenario("at: x, remove: node-1", "at: 2h, return: node-1"), .invalidValue, 8,
            "'at' is 'x'")
        let text = """
            fleet: {nodes: [{name: a, cpu: x}]}
            jobs: [{name: j, gpus: 1, runTime: 1x}]
            events: [{at: 1h, drain: b}, {at: 1h, hold: j}, {at: 1h, hold: k}]
            """
        let result = ScenarioDocument.parse(SourceText(text, file: "s.yaml")).resolve { _ in
            .failure(DiagnosticList([Diagnostic(.fileAccess, message: "no file")]))
        }
        #expect(
            mistakes(result).map(\.message) == [
                "'cpu' is 'x'", "'runTime' is '1x'", "unknown job 'k'",
            ])
    }

    @Test func eventsWithoutJobs() {
        let text = "fleet: 1x8\nevents: [{at: 1h, hold: j}]"
        let result = ScenarioDocument.parse(SourceText(text, file: "s.yaml")).resolve { _ in
            .failure(DiagnosticList([Diagnostic(.fileAccess, message: "no file")]))
        }
        expect(result, .unknownName, 2, "unknown job 'j'")
    }

    @Test func copiesOfRepeatedJobsCountOneByOne() {
        let events = (1...11).map { "{at: \($0)00w, \($0 % 2 == 1 ? "hold" : "release"): j}" }
        let text = """
            fleet: 1x8
            jobs: [{name: j, gpus: 1, runTime: 1s, repeat: {count: 100000}}]
            events: [\(events.joined(separator: ", "))]
            """
        let result = ScenarioDocument.parse(SourceText(text, file: "s.yaml")).resolve { _ in
            .failure(DiagnosticList([Diagnostic(.fileAccess, message: "no file")]))
        }
        expect(
            result, .invalidValue, 3,
            "there are too many events, those of repeated jobs counted for each copy",
            expected: "at most 1000000")
    }
}
