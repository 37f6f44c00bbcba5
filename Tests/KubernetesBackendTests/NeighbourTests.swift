import ControlPlane
import Documents
import FleetModel
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("Pods and their neighbours")
struct NeighbourTests {
    private static let host = "kubernetes.io/hostname"

    /// Four nodes in two racks.
    private func begun(_ pods: [PodText] = []) -> StateBench {
        var bench = StateBench(nodes: 0, levels: [TopologyLevel(name: "rack", label: "rack")])
        for index in 0..<4 {
            bench.state.nodes.put(
                StateBench.node(
                    "n\(index)",
                    labels: [Self.host: "n\(index)", "rack": "r\(index / 2)"]))
        }
        bench.begin()
        bench.put(pods)
        return bench
    }

    /// The nodes that the rule of a pod's job admits now.
    private func admitted(_ name: String, _ bench: StateBench) throws -> [Int] {
        let job = try #require(bench.found.last { $0.document.name.value == "ml.\(name)" })
        let rule = try #require(job.roles.first?.rule)
        for case .rule(rule, let nodes, _) in bench.reports.reversed() {
            return nodes.map(\.index)
        }
        return []
    }

    private func stranger(_ name: String, on node: String, app: String) -> PodText {
        var pod = PodText(name, gpus: 0, labels: ["app": app])
        (pod.scheduler, pod.node, pod.phase) = ("default-scheduler", node, "Running")
        return pod
    }

    private func replica(_ name: String, app: String, by key: String = host) -> PodText {
        var pod = PodText(name, gpus: 1, labels: ["app": app])
        pod.affinity = PodText.neighbours("podAntiAffinity", "app", app, by: key)
        return pod
    }

    @Test("a pod keeps away from those that its rule speaks of, and follows them")
    func keepsAway() throws {
        var bench = begun([stranger("x", on: "n1", app: "db"), stranger("y", on: "n2", app: "ui")])
        var pod = PodText("a", gpus: 1)
        pod.affinity = PodText.neighbours("podAntiAffinity", "app", "db", by: "rack")
        bench.put([pod])
        #expect(try admitted("a", bench) == [2, 3])
        bench.put([stranger("z", on: "n3", app: "db")])
        #expect(try admitted("a", bench) == [])
        bench.remove([stranger("x", on: "n1", app: "db")])
        #expect(try admitted("a", bench) == [0, 1])
        // A node that moves to another rack takes its pods along.
        bench.state.nodes.put(
            StateBench.node("n3", labels: [Self.host: "n3", "rack": "r0"]))
        bench.flush()
        #expect(try admitted("a", bench) == [2])
    }

    @Test("who stands keeps others away by its own rule")
    func isKeptAway() throws {
        var guarded = stranger("x", on: "n1", app: "db")
        guarded.affinity = PodText.neighbours("podAntiAffinity", "app", "noisy", by: Self.host)
        var bench = begun([guarded])
        bench.put([PodText("quiet", gpus: 1), PodText("loud", gpus: 1, labels: ["app": "noisy"])])
        #expect(try admitted("quiet", bench) == [0, 1, 2, 3])
        #expect(try admitted("loud", bench) == [0, 2, 3])
    }

    @Test("a pod goes where those are that it wants, the first anywhere")
    func goesNear() throws {
        var bench = begun()
        var cache = PodText("cache", gpus: 1, labels: ["app": "cache"])
        cache.affinity = PodText.neighbours("podAffinity", "app", "cache", by: "rack")
        var user = PodText("user", gpus: 1)
        user.affinity = PodText.neighbours("podAffinity", "app", "cache", by: "rack")
        bench.put([cache, user])
        #expect(try admitted("cache", bench) == [0, 1, 2, 3])
        #expect(try admitted("user", bench) == [])
        let job = try #require(bench.found.first { $0.document.name.value == "ml.cache" })
        bench.order(.start(bench.launch(job, id: 1, nodes: [3])))
        #expect(bench.bindings == ["cache@n3"])
        #expect(try admitted("user", bench) == [2, 3])
        #expect(try admitted("cache", bench) == [2, 3])
    }

    @Test("replicas that exclude each other share a name of what a node has once")
    func namesExclusives() throws {
        let bench = begun([
            replica("a", app: "web"), replica("b", app: "web"), replica("c", app: "api"),
        ])
        let names = bench.found.map { $0.roles.first?.exclusives ?? [] }
        #expect(names.allSatisfy { $0.count == 1 })
        #expect(names[0] == names[1] && names[0] != names[2])
        var ports = begun()
        var pod = PodText("p", gpus: 1)
        pod.ports = [8080]
        var taker = stranger("x", on: "n2", app: "db")
        taker.ports = [8080, 9000]
        ports.put([pod, taker])
        #expect(ports.found.first?.roles.first?.exclusives == ["port TCP 8080"])
        #expect(try admitted("p", ports) == [0, 1, 3])
        ports.remove([taker])
        #expect(try admitted("p", ports) == [0, 1, 2, 3])
    }

    @Test("what the engine keeps apart by itself changes no rule")
    func leavesItToTheEngine() throws {
        var bench = begun([replica("a", app: "web")])
        let job = try #require(bench.found.first)
        bench.clear()
        bench.order(.start(bench.launch(job, id: 1, nodes: [2])))
        #expect(!bench.reports.contains { if case .rule = $0 { true } else { false } })
        // One that stands there without the engine is in the way.
        bench.put([stranger("x", on: "n0", app: "web")])
        bench.put([replica("b", app: "web")])
        #expect(try admitted("b", bench) == [1, 2, 3])
    }

    @Test("a start beside a pod that it must not be with is refused, and the next try knows that")
    func evadesAtStart() throws {
        var bench = begun([
            replica("a", app: "web", by: "rack"), replica("b", app: "web", by: "rack"),
        ])
        let jobs = bench.found
        bench.order(.start(bench.launch(jobs[0], id: 1, nodes: [0])))
        bench.order(.start(bench.launch(jobs[1], id: 2, nodes: [1])))
        #expect(bench.bindings == ["a@n0"])
        #expect(bench.words.contains("failed 2 start"))
        #expect(try admitted("b", bench) == [2, 3])
        bench.order(.start(bench.launch(jobs[1], id: 2, nodes: [2], attempt: 2)))
        #expect(bench.bindings == ["a@n0", "b@n2"])
    }

    @Test("others that came with a wish of their own make a job be found anew")
    func findsAnew() throws {
        var bench = begun([PodText("loud", gpus: 1, labels: ["app": "noisy"])])
        let job = try #require(bench.found.first)
        var guarded = stranger("x", on: "n1", app: "db")
        guarded.affinity = PodText.neighbours("podAntiAffinity", "app", "noisy", by: Self.host)
        bench.put([guarded])
        bench.order(.tell(key: job.key, .accepted(JobID(rawValue: 1))))
        bench.order(.start(bench.launch(job, id: 1, nodes: [1])))
        #expect(bench.bindings.isEmpty)
        #expect(bench.words == ["found ml.loud", "vanished", "found ml.loud"])
        #expect(try admitted("loud", bench) == [0, 2, 3])
    }

    @Test("two gangs that want the same port of a node do not start there both")
    func refusesPorts() throws {
        var (a, b) = (PodText("a", gpus: 1), PodText("b", gpus: 1))
        (a.ports, b.ports) = ([8080], [8080])
        var bench = begun([a, b])
        let jobs = bench.found
        bench.order(.start(bench.launch(jobs[0], id: 1, nodes: [0])))
        bench.order(.start(bench.launch(jobs[1], id: 2, nodes: [0])))
        #expect(bench.bindings == ["a@n0"] && bench.words.contains("failed 2 start"))
    }

    @Test("resources that only nodes count are counted beside pods of others")
    func countsOthers() throws {
        var bench = StateBench(nodes: 0)
        for index in 0..<2 {
            var facts = StateBench.node("n\(index)")
            facts.allocatable.others["acme.com/fpga"] = 2
            bench.state.nodes.put(facts)
        }
        bench.begin()
        var taker = stranger("x", on: "n0", app: "db")
        taker.extra = ["acme.com/fpga": "1"]
        var pod = PodText("a", gpus: 1)
        pod.extra = ["acme.com/fpga": "2"]
        bench.put([taker, pod])
        #expect(try admitted("a", bench) == [1])
        bench.remove([taker])
        #expect(try admitted("a", bench) == [0, 1])
    }

    @Test("a rule prefers the nodes that suit best")
    func prefers() throws {
        var bench = begun()
        var pod = PodText("a", gpus: 1)
        pod.affinity = """
            {"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":5,\
            "preference":{"matchExpressions":[{"key":"rack","operator":"In","values":["r1"]}]}}]}}
            """
        bench.put([pod])
        func preferred() -> [Int]? {
            for case .rule(_, _, let nodes) in bench.reports.reversed() {
                return nodes.map(\.index)
            }
            return nil
        }
        #expect(preferred() == [2, 3])
        var tainted = StateBench.node("n3", labels: [Self.host: "n3", "rack": "r1"])
        tainted.taints = [Taint("old", "", .preferNoSchedule)]
        bench.state.nodes.put(tainted)
        bench.flush()
        #expect(preferred() == [2])
    }

    @Test("members of a gang that want to be together stand in one domain; apart they cannot")
    func placesMembers() throws {
        var pods = PodText.gang("near", count: 3, gpus: 1)
        for index in pods.indices {
            pods[index].affinity = PodText.neighbours(
                "podAffinity", "kueue.x-k8s.io/pod-group-name", "near", by: "rack")
        }
        var bench = begun(pods)
        let job = try #require(bench.found.first)
        #expect(job.text.contains(#""topology":{"required":"rack"}"#))
        for index in pods.indices {
            pods[index].name = "far-\(index)"
            pods[index].labels["kueue.x-k8s.io/pod-group-name"] = "far"
            pods[index].affinity = PodText.neighbours(
                "podAntiAffinity", "kueue.x-k8s.io/pod-group-name", "far", by: "rack")
        }
        bench.clear()
        bench.put(pods)
        #expect(bench.found.isEmpty)
        let said = bench.calls.compactMap { call -> String? in
            if case .event(let text) = call { return text.note }
            return nil
        }
        #expect(said.contains { $0.contains("cannot be kept apart by 'rack'") })
    }
}

@Suite("Rules on neighbours")
struct NeighbourBookTests {
    private static let host = "kubernetes.io/hostname"

    private static func rule(
        isAnti: Bool, _ key: String = "zone", in names: [String] = [], everywhere: Bool = false
    ) -> NeighbourRule {
        NeighbourRule(
            isAnti: isAnti, topologyKey: key,
            selector: LabelSelector([LabelRequirement("app", .isIn, ["a"])]), namespaces: names,
            namespaceSelector: everywhere ? LabelSelector() : nil)
    }

    private func pod(
        _ labels: LabelSet = [:], _ rules: NeighbourRule..., in namespace: String = "ml"
    ) -> Resident {
        Resident(namespace: namespace, labels: labels, rules: rules)
    }

    private static let nodes = [("n1", "a"), ("n2", "a"), ("n3", "b")].map { name, zone in
        NodeFacts(name: name, labels: [host: name, "zone": zone])
    }

    private func key(_ name: String, _ namespace: String) -> PodKey {
        PodKey(namespace: namespace, name: name, uid: name)
    }

    private func book(_ running: [(Resident, Int)]) -> NeighbourBook {
        var book = NeighbourBook()
        for node in Self.nodes { book.setNode(node.name, node.labels) }
        for (index, (resident, node)) in running.enumerated() {
            let key = key("p\(index)", resident.namespace)
            book.describe(key, PodProfile(resident: resident, request: PodRequest()))
            book.place(key, on: Self.nodes[node].name, isKept: false)
        }
        return book
    }

    private func admitted(_ pod: Resident, _ running: [(Resident, Int)]) -> [String] {
        var book = book(running)
        let needs = book.needs(of: pod, with: [pod])
        return Self.nodes.filter { node in needs.allSatisfy { book.admits($0, node) } }.map(\.name)
    }

    @Test("affinity and anti-affinity are as kube-scheduler has them")
    func judges() {
        let a = pod(["app": "a"])
        let (near, far) = (Self.rule(isAnti: false), Self.rule(isAnti: true))
        #expect(admitted(pod([:], near), [(a, 0)]) == ["n1", "n2"])
        #expect(admitted(pod([:], near), []) == [])
        // The first of those that want to be together may go anywhere.
        #expect(admitted(pod(["app": "a"], near), []) == ["n1", "n2", "n3"])
        #expect(admitted(pod(["app": "a"], near), [(a, 2)]) == ["n3"])
        #expect(admitted(pod([:], far), [(a, 0)]) == ["n3"])
        let other = pod(["app": "a"], in: "x")
        #expect(admitted(pod([:], far), [(other, 0)]) == ["n1", "n2", "n3"])
        // Who runs may refuse the newcomer.
        #expect(admitted(a, [(pod([:], far), 2)]) == ["n1", "n2"])
        let wide = Self.rule(isAnti: true, everywhere: true)
        #expect(admitted(pod([:], wide), [(other, 0)]) == ["n3"])
        let named = Self.rule(isAnti: true, in: ["x"])
        #expect(admitted(pod([:], named), [(other, 0), (a, 2)]) == ["n3"])
        let spread = pod(["app": "a"], Self.rule(isAnti: true, Self.host))
        #expect(admitted(spread, [(spread, 0), (spread, 1)]) == ["n3"])
    }

    @Test("what waits for the first of its like is looked at when the last one goes")
    func noticesTheLast() {
        var book = book([(pod(["app": "a"]), 0)])
        let needs = book.needs(of: pod(["app": "a"], Self.rule(isAnti: false)), with: [])
        _ = book.takeNews()
        book.setNode("n1", nil)
        _ = book.takeNews()
        #expect(!book.admits(needs[0], Self.nodes[2]))
        book.place(key("p0", "ml"), on: nil, isKept: false)
        #expect(book.takeNews().terms == [needs[0].term])
        #expect(book.admits(needs[0], Self.nodes[2]))
    }

    @Test("a pod that names a port twice is not in its own way")
    func countsPortsOnce() {
        var request = PodRequest()
        request.hostPorts = [
            HostPort(port: 80), HostPort(port: 80), HostPort(port: 80, address: "127.0.0.1"),
        ]
        var book = book([])
        for name in ["a", "b"] {
            let key = key(name, "ml")
            book.describe(key, PodProfile(resident: pod(), request: request))
            book.place(key, on: "n1", isKept: true)
            let conflict = book.conflict(of: key, on: Self.nodes[0])
            #expect((conflict != nil) == (name == "b"))
        }
    }
}
