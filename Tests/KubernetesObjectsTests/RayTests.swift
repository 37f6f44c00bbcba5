import KubernetesObjects
import Testing

@Suite("Ray")
struct RayTests {
    static func ray(_ labels: String, more: String = "", hosts: Int = 1) -> GangDeclaration {
        read(
            RayCluster.self,
            """
            {"metadata":{"name":"rc","namespace":"ml","uid":"r","labels":\(labels)},"spec":{\(more)
            "headGroupSpec":{"template":{}},"workerGroupSpecs":[{"groupName":"gpu","replicas":3,
            "minReplicas":2,"maxReplicas":6,"numOfHosts":\(hosts),"template":{}}]}}
            """
        ).declaration
    }

    static func rayPods(_ workers: Int, labels: [String: String] = [:]) -> [PodText] {
        (0...workers).map { index in
            let isHead = index == 0
            var all = labels
            all["ray.io/cluster"] = "rc"
            all["ray.io/node-type"] = isHead ? "head" : "worker"
            all["ray.io/group"] = isHead ? "headgroup" : "gpu"
            return PodText(
                isHead ? "rc-head" : "rc-worker-\(index)", labels: all,
                owner: ("ray.io/v1", "RayCluster", "rc", "r"), gpus: isHead ? 0 : 8)
        }
    }

    @Test func aRayClusterIsAGangWhenItSaysSo() throws {
        let wish = #"{"ray.io/gang-scheduling-enabled":"true"}"#
        let gang = try #require(Board.gang(Self.rayPods(3), [Self.ray(wish)]))
        #expect(gang.outline == ["gpu 3/3", "headgroup 1/1"])
        #expect(gang.isComplete)
        let scaled = Self.ray(wish, more: #""enableInTreeAutoscaling":true,"#)
        #expect(try #require(Board.gang(Self.rayPods(2), [scaled])).isComplete)
        #expect(try #require(Board.gang(Self.rayPods(2), [Self.ray(wish)])).missing == 1)
        // The label of its RayJob counts as well.
        var owned = Self.ray("{}")
        owned.owner = ObjectKey(.rayJob, namespace: "ml", name: "rj")
        let job = read(
            RayJob.self,
            """
            {"metadata":{"name":"rj","namespace":"ml","uid":"j","labels":\(wish)},
            "spec":{"rayClusterSpec":{}}}
            """
        ).declaration
        #expect(try #require(Board.gang(Self.rayPods(3), [owned, job])).roles.count == 2)
        // As does the label of its pods.
        let labels = ["ray.io/gang-scheduling-enabled": "true"]
        #expect(Board.gang(Self.rayPods(3, labels: labels)) != nil)
    }

    @Test func otherwiseRayTakesPodsOneByOneAndReplicasWhole() {
        var board = Board()
        board.apply(.declared(Self.ray("{}", hosts: 2)))
        for pod in Self.rayPods(0) { board.apply(.pod(pod.pod)) }
        for index in 0..<4 {
            var pod = Self.rayPods(1)[1]
            pod.name = "rc-gpu-\(index)"
            pod.labels["ray.io/worker-group-replica-index"] = String(index / 2)
            pod.labels["ray.io/replica-host-index"] = String(index % 2)
            board.apply(.pod(pod.pod))
        }
        #expect(
            Set(board.gangs.keys.map(\.title)) == ["rc-head", "rc/gpu-0", "rc/gpu-1"])
        #expect(board.gangs.values.allSatisfy { $0.isComplete })
    }
}
