import FleetModel
import KubernetesJSON
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("Tenant objects together")
struct TenantBookTests {
    /// Four nodes of eight H100 in two racks, and a fifth of four A100.
    private static let fleet: FleetDefinition = {
        var fleet = FleetDefinition(topology: Topology(levels: [TopologyLevel(name: "rack")]))
        for index in 0..<4 {
            fleet.addNode(
                name: "n\(index)", pool: "p", kind: "H100", devices: 8, host: .zero,
                path: ["r\(index / 2)"])
        }
        fleet.addNode(
            name: "n4", pool: "p", kind: "A100", devices: 4, host: .zero, path: ["r2"])
        return fleet
    }()

    private func read(
        _ objects: [(String, String)], _ fleet: FleetDefinition = TenantBookTests.fleet
    ) -> TenantReading {
        var book = TenantBook()
        for (age, (name, spec)) in objects.enumerated() {
            var object = TenantText.object(name, spec)
            object.metadata.creationTimestamp = Int64(age)
            _ = book.put(object)
        }
        return book.read(fleet)
    }

    /// The tree as `name: kind guaranteed/limit`.
    private func tree(
        _ reading: TenantReading
    ) -> [String] {
        reading.tree.tenants.map { tenant in
            let quotas = tenant.quotas.map { quota in
                "\(reading.kinds[quota.kind.index]) \(quota.guaranteedMilli / 1000)/"
                    + (quota.limitMilli.map { String($0 / 1000) } ?? "-")
            }
            return "\(reading.tree.names[tenant.id]): \(quotas.sorted().joined(separator: ", "))"
        }
    }

    private func reasons(_ reading: TenantReading) -> [String] {
        reading.problems.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { entry in
            "\(entry.key): "
                + entry.value.map { "\($0.reason.rawValue) \($0.field)" }.joined(separator: ", ")
        }
    }

    @Test("the words of the tenants file make the tree, in any order of objects")
    func makesTrees() {
        let reading = read([
            (
                "vision",
                #"{"parent":"research","quota":{"H100":{"guaranteed":8,"limit":"2nodes"}}}"#
            ),
            ("research", #"{"quota":{"H100":{"guaranteed":"1 rack"}}}"#),
            (
                "ops",
                #"{"namespaces":["ops"],"queues":["night","a/b"],"cells":{"A100":{"node":1}}}"#
            ),
        ])
        #expect(
            tree(reading) == [
                "research: H100 16/-", "research/vision: H100 8/16", "ops: A100 4/-",
            ])
        #expect(reasons(reading).isEmpty)
        #expect(reading.namespaces == ["ops": "ops"])
        #expect(reading.queues == ["night": "ops", "a/b": "ops"])
        #expect(
            reading.leaves == [
                "ops": "ops", "vision": "research/vision", "research/vision": "research/vision",
            ])
    }

    private struct Bad: Sendable, CustomTestStringConvertible {
        var objects: [(String, String)]
        var tree: [String]
        var reasons: [String]
        var testDescription: String { reasons.joined(separator: "; ") }

        init(_ objects: [(String, String)], tree: [String], _ reasons: [String]) {
            (self.objects, self.tree, self.reasons) = (objects, tree, reasons)
        }
    }

    private static let good = ("good", #"{"quota":{"H100":{"guaranteed":8}}}"#)

    private static let bad: [Bad] = [
        Bad(
            [("lost", #"{"parent":"nobody"}"#), ("below", #"{"parent":"lost"}"#)], tree: [],
            ["below: UnknownParent spec.parent", "lost: UnknownParent spec.parent"]),
        Bad(
            [("a", #"{"parent":"b"}"#), ("b", #"{"parent":"a"}"#), ("c", #"{"parent":"c"}"#)],
            tree: [],
            [
                "a: ParentLoop metadata.name", "b: UnknownParent spec.parent",
                "c: ParentLoop metadata.name",
            ]),
        Bad(
            [("odd", #"{"parent":7}"#), ("none", "7")], tree: [],
            ["none: UnreadableField spec", "odd: UnreadableField spec.parent"]),
        Bad(
            [("t", #"{"quota":{"H100":{"guaranteed":"many","limit":16}}}"#)],
            tree: ["t: H100 0/16"], ["t: InvalidQuota spec.quota[H100].guaranteed"]),
        // A limit that cannot be read is no reason to have none.
        Bad(
            [("t", #"{"quota":{"H100":{"guaranteed":8,"limit":"2 pods"}}}"#)],
            tree: ["t: H100 8/8"], ["t: InvalidQuota spec.quota[H100].limit"]),
        Bad(
            [("t", #"{"quota":{"H100":{"guaranteed":"1 pod","limit":"2 pods"}}}"#)],
            tree: ["t: H100 0/0"],
            ["t: InvalidQuota spec.quota[H100].guaranteed, InvalidQuota spec.quota[H100].limit"]),
        Bad(
            [("t", #"{"quota":{"H100":{"guaranteed":8,"limit":[]}}}"#)], tree: ["t: H100 8/8"],
            ["t: UnreadableField spec.quota[H100].limit"]),
        Bad(
            [("t", #"{"quota":{"H100":{"guaranteed":8,"limit":4,"lend":9}}}"#)],
            tree: ["t: H100 8/8"],
            ["t: InvalidQuota spec.quota[H100].limit, InvalidQuota spec.quota[H100].lend"]),
        Bad(
            [("t", #"{"quota":{"H100":{"limit":1}},"cells":{"H100":{"rack":1}}}"#)],
            tree: ["t: H100 16/-"], ["t: InvalidQuota spec.quota[H100].limit"]),
        Bad(
            [("t", #"{"quota":{"B200":{"limit":4},"A100":{"limit":4}}}"#)], tree: ["t: A100 0/4"],
            ["t: UnknownKind spec.quota[B200]"]),
        Bad(
            [("t", #"{"cells":{"H100":{"pod":1},"B200":{"rack":1}}}"#)], tree: ["t: "],
            ["t: UnknownKind spec.cells, InvalidCells spec.cells"]),
        // The older one keeps what it has; the younger gets what is left.
        Bad(
            [
                ("top", #"{"quota":{"H100":{"guaranteed":16}}}"#),
                ("z", #"{"parent":"top","quota":{"H100":{"guaranteed":12}}}"#),
                ("a", #"{"parent":"top","quota":{"H100":{"guaranteed":8}}}"#),
            ], tree: ["top: H100 16/-", "top/z: H100 12/-", "top/a: H100 4/-"],
            ["a: GuaranteeTooLarge spec.quota[H100].guaranteed"]),
        Bad(
            [("huge", #"{"quota":{"H100":{"guaranteed":"40 racks"}}}"#)],
            tree: ["huge: H100 640/-"], ["huge: LargerThanCluster spec.quota[H100].guaranteed"]),
    ]

    @Test("what is bad is left out and said, and stops no other", arguments: bad)
    private func leavesOut(_ bad: Bad) {
        let reading = read([TenantBookTests.good] + bad.objects)
        #expect(tree(reading) == ["good: H100 8/-"] + bad.tree)
        #expect(reasons(reading) == bad.reasons)
    }

    @Test("two that claim the same namespace or queue: the older one has it")
    func claims() {
        let reading = read([
            ("b", #"{"namespaces":["x","y"],"queues":["q"]}"#),
            ("a", #"{"namespaces":["y","z"],"queues":["ns/q","q"]}"#),
            ("top", #"{"namespaces":["w"]}"#), ("low", #"{"parent":"top"}"#),
        ])
        #expect(reading.namespaces == ["x": "b", "y": "b", "z": "a"])
        #expect(reading.queues == ["q": "b", "ns/q": "a"])
        #expect(
            reasons(reading) == [
                "a: AlreadyClaimed spec.namespaces[0], AlreadyClaimed spec.queues[1]",
                "top: NotALeaf spec.namespaces",
            ])
    }

    @Test("a rack that lost a node is still a rack")
    func toleratesHoles() {
        var fleet = FleetDefinition(topology: Topology(levels: [TopologyLevel(name: "rack")]))
        for index in 0..<3 {
            fleet.addNode(
                name: "n\(index)", pool: "p", kind: "H100", devices: 8, host: .zero,
                path: ["r\(index / 2)"])
        }
        let reading = read([("t", #"{"quota":{"H100":{"limit":"1 rack"}}}"#)], fleet)
        #expect(tree(reading) == ["t: H100 0/16"])
        #expect(reasons(reading).isEmpty)
    }

    @Test("hundreds of bad objects are all found, and leave the good ones")
    func manyBadOnes() {
        let bad = (0..<450).map { ("bad-\($0)", #"{"parent":"nobody-\#($0)"}"#) }
        let reading = read(bad + [TenantBookTests.good])
        #expect(tree(reading) == ["good: H100 8/-"])
        #expect(reading.problems.count == 450)
    }
}
