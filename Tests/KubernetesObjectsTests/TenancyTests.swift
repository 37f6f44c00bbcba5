import FleetModel
import KubernetesObjects
import Testing

@Suite("Tenancy")
struct TenancyTests {
    @Test func theTenantOfAGang() {
        let mapping = TenantMapping(
            queues: ["ml/fast": "research/fast", "shared": "pool"], namespaces: ["team": "ops"])
        var labelled = ObjectMetadata(name: "lab")
        labelled.labels = ["muster/tenant": "science"]
        func tenant(
            _ namespace: String, _ queue: String?, _ metadata: ObjectMetadata? = nil
        )
            -> String
        {
            mapping.tenant(namespace: namespace, metadata: metadata, queue: queue) {
                $0 == "vision" ? "research/vision" : nil
            }
        }
        #expect(tenant("ml", "fast") == "research/fast")
        #expect(tenant("x", "shared") == "pool")
        #expect(tenant("team", "fast") == "ops")
        #expect(tenant("lab", "vision", labelled) == "science")
        labelled.labels = ["muster/tenant": "vision"]
        #expect(tenant("lab", nil, labelled) == "research/vision")
        #expect(tenant("x", "vision") == "research/vision")
        #expect(tenant("x", "unknown") == "x")
        #expect(tenant("x", nil) == "x")
    }

    @Test func tenantObjects() {
        let tenant = read(
            TenantObject.self,
            """
            {"metadata":{"name":"vision"},"spec":{"parent":"research","quota":{"H100":{
            "guaranteed":64,"limit":"16 nodes","weight":3},"A100":{"lend":"0.5"}},
            "cells":{"H100":{"rack":2,"host":-1}},"namespaces":["cv"],"queues":["cv/lq"]}}
            """)
        #expect(tenant.parent == "research")
        #expect(tenant.quotas.map(\.kind) == ["A100", "H100"])
        #expect(tenant.quotas[1].guaranteed == "64")
        #expect(tenant.quotas[1].limit == "16 nodes")
        #expect(tenant.quotas[1].weight == 3)
        #expect(tenant.cells.map { "\($0.kind) \($0.level) \($0.count)" } == ["H100 rack 2"])
        #expect(tenant.problems.map(\.path) == ["spec.cells[H100].host"])
    }

    @Test func topologyObjects() {
        var problems: [FieldProblem] = []
        let kueue = read(
            TopologyObject.self,
            """
            {"metadata":{"name":"t"},"spec":{"levels":[{"nodeLabel":"example.com/block"},
            {"nodeLabel":"example.com/rack"},{"nodeLabel":"kubernetes.io/hostname"}]}}
            """)
        #expect(
            kueue.topology(problems: &problems)?.levels.map(\.name) == ["block", "rack", "host"])
        let preset = read(
            TopologyObject.self, #"{"metadata":{"name":"t"},"spec":{"preset":"gke"}}"#)
        #expect(preset.topology(problems: &problems)?.levels.count == 4)
        #expect(problems.isEmpty)
        let twice = read(
            TopologyObject.self,
            #"{"spec":{"levels":[{"name":"a","label":"x"},{"name":"a","label":"y"}]}}"#)
        #expect(twice.topology(problems: &problems) == nil)
        #expect(problems.map(\.path) == ["spec.levels[1].name"])
    }

    @Test func priorityClassesAndBudgets() {
        let high = read(
            PriorityClass.self,
            #"{"metadata":{"name":"high"},"value":1000,"preemptionPolicy":"Never"}"#)
        #expect(high.value == 1000)
        #expect(high.preemptionPolicy == .never)
        let budget = read(
            PodDisruptionBudget.self,
            """
            {"metadata":{"name":"b","namespace":"ml"},"spec":{"minAvailable":1,"selector":
            {"matchExpressions":[{"key":"app","operator":"In","values":["a","b"]}]}},
            "status":{"disruptionsAllowed":2}}
            """)
        #expect(budget.protects(namespace: "ml", labels: ["app": "b"]))
        #expect(!budget.protects(namespace: "ml", labels: ["app": "c"]))
        #expect(!budget.protects(namespace: "x", labels: ["app": "b"]))
        #expect(budget.disruptionsAllowed == 2)
        let zonal = read(
            PersistentVolume.self,
            """
            {"metadata":{"name":"pv","labels":{"topology.kubernetes.io/zone":"a__b"}},
            "spec":{"capacity":{"storage":"1Gi"}}}
            """)
        #expect(zonal.required?[0].expressions[0].values == ["a", "b"])
    }
}
