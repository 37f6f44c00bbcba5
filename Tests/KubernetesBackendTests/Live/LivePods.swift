import FleetModel
import Foundation
import KubernetesClient
import KubernetesJSON
import KubernetesObjects

/// Pods for tests against a real API server, labelled for ``ClusterObserver``.
enum LivePods {
    static func gang(_ name: String, count: Int, gpus: Int) -> [PodText] {
        PodText.gang(name, count: count, gpus: gpus).map { pod in
            var pod = pod
            pod.labels[ClusterObserver.gangLabel] = name
            pod.labels[ClusterObserver.countLabel] = "\(count)"
            return pod
        }
    }

    /// The same under another name.
    static func again(_ pod: PodText, _ suffix: String) -> PodText {
        var pod = pod
        pod.name += "-" + suffix
        return pod
    }
}

extension PodText {
    /// The gang that an observer takes it for a part of.
    var gang: String { labels[ClusterObserver.gangLabel] ?? name }
}

extension TestCluster {
    /// A pod `high` of a class that goes before others.
    func urgent() async throws -> PodText {
        let type = PriorityClass.resources[0]
        let body = JSONWriter.object { object in
            object.member("apiVersion", type.apiVersion)
            object.member("kind", type.kind)
            object.object("metadata") { $0.member("name", "urgent-" + namespace) }
            object.member("value", 1000)
        }
        _ = try await client.create(type, body: body, of: ObjectIdentity.self).get()
        var high = PodText("high")
        high.priorityClass = "urgent-" + namespace
        return high
    }

    func createAtOnce(_ pods: [PodText], namespace: String? = nil) async throws {
        let namespace = namespace ?? self.namespace
        try await withThrowingTaskGroup(of: Void.self) { group in
            for pod in pods {
                group.addTask {
                    var pod = pod
                    pod.namespace = namespace
                    _ = try await client.create(
                        TestCluster.pods, namespace: namespace, body: pod.bytes,
                        of: ObjectIdentity.self
                    ).get()
                }
            }
            try await group.waitForAll()
        }
    }

    /// Deletes pods at once, as their kubelets would in the end.
    func deleteAtOnce(
        _ names: [String], namespace: String? = nil, grace: Int64 = 0
    ) async throws {
        let namespace = namespace ?? self.namespace
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names {
                group.addTask {
                    _ = try await client.delete(
                        ObjectPlace(TestCluster.pods, namespace: namespace, name: name),
                        graceSeconds: grace)
                }
            }
            try await group.waitForAll()
        }
    }
}

/// What a random run against a real API server is told from outside.
enum LiveRun {
    static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }
}
