import ControlPlane
import Documents
import FleetModel
import KubernetesJSON
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("Tenant objects in a cluster")
struct TenancyStateTests {
    private func begun(_ objects: [TenantObject] = []) -> StateBench {
        var bench = StateBench(nodes: 2)
        for object in objects { bench.state.tenancy.put(object) }
        bench.begin()
        return bench
    }

    private func reports(_ bench: StateBench) -> [String] {
        bench.reports.compactMap { report in
            guard case .tenants(let report) = report else { return nil }
            return report?.tree.names.names.joined(separator: " ") ?? "none"
        }
    }

    private func tenants(_ bench: StateBench) -> [String] {
        bench.found.map { "\($0.document.name.value) \($0.document.tenant?.value ?? "")" }
    }

    @Test("the tree is reported before anything that could start by it")
    func reportsFirst() throws {
        var bench = begun([TenantText.object("lab", #"{"namespaces":["ml"]}"#)])
        bench.put([PodText("one", gpus: 1)])
        guard case .tenants = bench.reports.first else {
            Issue.record("\(bench.reports.first.debugDescription)")
            return
        }
        #expect(tenants(bench) == ["ml.one lab"])
        bench.clear()
        bench.state.tenancy.put(TenantText.object("lab", #"{"namespaces":["ml"]}"#, generation: 2))
        bench.collect()
        #expect(reports(bench).isEmpty)
    }

    @Test("when work is somebody else's, what waits moves and what runs stays")
    func movesWaiting() throws {
        var bench = begun()
        bench.put([PodText("runs", gpus: 1)])
        let job = try #require(bench.found.first)
        bench.order(.start(bench.launch(job, id: 1, nodes: [0])))
        bench.answer()
        bench.put([PodText("waits", gpus: 1)])
        bench.clear()
        bench.state.tenancy.put(
            TenantText.object("lab", #"{"namespaces":["ml"],"parent":"top"}"#))
        bench.state.tenancy.put(TenantText.object("top", "{}"))
        bench.collect()
        #expect(reports(bench) == ["top top/lab"])
        #expect(bench.words == ["vanished", "found ml.waits"])
        #expect(tenants(bench) == ["ml.waits top/lab"])
        bench.clear()
        for name in ["lab", "top"] { bench.state.tenancy.remove(name) }
        bench.collect()
        #expect(reports(bench) == ["none"] && tenants(bench) == ["ml.waits ml"])
    }

    @Test("a queue that is called like a tenant is one: an object, or else a tenant of the driver")
    func knowsQueues() {
        var bench = begun()
        let queue = ["kueue.x-k8s.io/queue-name": "lab"]
        bench.put([PodText("one", gpus: 1, labels: queue)])
        #expect(tenants(bench) == ["ml.one ml"])
        bench.clear()
        bench.order(.tenants([TenantFigures(name: "lab", hasNumbers: true)]))
        #expect(tenants(bench) == ["ml.one lab"])
        bench.clear()
        bench.state.tenancy.put(TenantText.object("other", "{}"))
        bench.collect()
        #expect(tenants(bench) == ["ml.one ml"])
        bench.clear()
        bench.state.tenancy.put(TenantText.object("top", "{}"))
        bench.state.tenancy.put(TenantText.object("lab", #"{"parent":"top"}"#))
        bench.collect()
        #expect(tenants(bench) == ["ml.one top/lab"])
    }

    private func statuses(_ bench: StateBench) -> [ObjectStatus] {
        bench.calls.compactMap { if case .status(let status) = $0 { status } else { nil } }
    }

    @Test("statuses are written when they change, and not too often")
    func writesStatuses() throws {
        var bench = begun([
            TenantText.object("lab", #"{"namespaces":["ml"]}"#),
            TenantText.object("bad", #"{"parent":"nobody"}"#),
        ])
        func tick(_ at: Int64) {
            bench.state.now = at
            bench.state.tick()
            bench.flush()
        }
        tick(0)
        #expect(
            Set(statuses(bench).map { "\($0.subject.key.name) \($0.isAccepted) \($0.reason)" }) == [
                "lab true InForce", "bad false UnknownParent",
            ])
        let events = bench.calls.compactMap { call -> String? in
            guard case .event(let text) = call else { return nil }
            return "\(text.reason) \(text.subject.key.name)"
        }
        #expect(events == ["UnknownParent bad"])
        bench.clear()
        var lab = TenantFigures(name: "lab", running: 1)
        bench.order(.tenants([lab]))
        tick(1_000)
        #expect(statuses(bench).isEmpty)
        tick(6_000)
        #expect(statuses(bench).map { $0.use?.running } == [1])
        bench.clear()
        tick(20_000)
        #expect(bench.calls.isEmpty)
        lab.running = 2
        bench.order(.tenants([lab]))
        tick(21_000)
        let status = try #require(statuses(bench).first)
        bench.clear()
        bench.state.statusFailed(status)
        tick(22_000)
        #expect(statuses(bench).count == 1)
    }

    @Test("a new kind of accelerators comes with its quota, and a dry run says nothing")
    func kindsComeLate() {
        var bench = StateBench(nodes: 1, isDryRun: true)
        bench.state.tenancy.put(TenantText.object("lab", #"{"quota":{"B200":{"limit":8}}}"#))
        bench.begin()
        bench.state.tick()
        bench.flush()
        bench.clear()
        var node = StateBench.node("new", labels: ["nvidia.com/gpu.product": "B200"])
        node.conditions = [NodeFacts.Condition("Ready", "True")]
        bench.state.nodes.put(node)
        bench.flush()
        guard case .tenants(let report?) = bench.reports.first, bench.reports.count > 1 else {
            Issue.record("\(bench.reports)")
            return
        }
        #expect(report.tree.tenants.first?.quotas.first?.limitMilli == 8_000)
        #expect(bench.calls.isEmpty)
    }
}

@Suite("Topology objects")
struct TopologyBookTests {
    private func object(_ name: String, _ label: String) -> TopologyObject {
        let text = """
            {"metadata":{"name":"\(name)","uid":"uid-\(name)","generation":1},
            "spec":{"levels":[{"label":"\(label)"}]}}
            """
        do {
            return try TopologyObject(json: Array(text.utf8))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private func words(_ book: inout TopologyBook) -> (accepted: [Bool], events: [String]) {
        var nodes = NodeBook(NodeTranslation(topology: Topology(levels: [])))
        nodes.put(StateBench.node("a", labels: ["x/rack": "1"]))
        nodes.put(StateBench.node("b"))
        guard let words = book.takeWords(nodes) else { return ([], []) }
        return (
            words.statuses.map(\.isAccepted),
            words.events.map { "\($0.reason) \($0.subject.key.name)" }
        )
    }

    @Test("the first by name gives the levels; others, and changes, are said")
    func choosesOne() throws {
        let type = TopologyObject.families[0][0]
        let (a, b) = (object("a", "x/rack"), object("b", "y/rack"))
        let choice = try #require(TopologyChoice.first(of: [b, a], type))
        #expect(choice.source == .object(uid: "uid-a", name: "a"))
        #expect(choice.topology.levels.map(\.name) == ["rack", "host"])
        var book = TopologyBook(choice)
        book.put(a)
        book.put(b)
        var said = words(&book)
        #expect(said.accepted == [true, false] && said.events == ["NotUsed b"])
        #expect(words(&book).accepted.isEmpty)
        book.put(object("a", "z/rack"))
        said = words(&book)
        #expect(said.accepted == [false, false] && said.events == ["RestartNeeded a"])
        #expect(book.remove("b") == nil && book.remove("a") != nil)
    }

    @Test("without an object at the start one that comes counts from the next")
    func comesLate() {
        let type = TopologyObject.families[0][0]
        for (source, reason) in [
            (TopologyChoice.Source.labels, "RestartNeeded"), (.option, "Overridden"),
        ] {
            var book = TopologyBook(
                TopologyChoice(source: source, topology: Topology(levels: []), type: type))
            book.put(object("a", "x/rack"))
            #expect(words(&book).events == ["\(reason) a"])
        }
    }
}
