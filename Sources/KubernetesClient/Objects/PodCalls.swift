import KubernetesJSON
import NIOHTTP1

extension ResourceType {
    /// Pods.
    static let pods = ResourceType(version: "v1", plural: "pods", kind: "Pod")
}

extension KubernetesClient {
    /// Binds a pod to a node. The server refuses with a conflict when it is bound already, and when
    /// another pod of that name has come in its place: that is what the `uid` is for. Kubernetes
    /// 1.20 does not compare it.
    ///
    /// The pod gets the annotations in the same step: nobody sees the one without the other.
    /// It is not repeated when the connection breaks: whether it is bound is then seen in the pod.
    public func bind(
        pod: String, namespace: String, uid: String, node: String,
        annotations: [String: String] = [:],
        options: WriteOptions = WriteOptions()
    ) async throws -> Result<Void, APIRefusal> {
        let body = JSONWriter.object { object in
            object.member("apiVersion", "v1")
            object.member("kind", "Binding")
            object.object("metadata") { metadata in
                metadata.member("name", pod)
                metadata.member("namespace", namespace)
                if !uid.isEmpty { metadata.member("uid", uid) }
                if !annotations.isEmpty { metadata.member("annotations", annotations) }
            }
            object.object("target") { target in
                target.member("apiVersion", "v1")
                target.member("kind", "Node")
                target.member("name", node)
            }
        }
        let path = ResourceType.pods.path(
            namespace: namespace, name: pod, subresource: "binding")
        return try await transport.send(options.call(.POST, path, body)).map { _ in }
    }

    /// Asks for a pod to go, as PodDisruptionBudgets allow; with its `uid` only that one. `version`
    /// is ``Discovery/evictionVersion``.
    ///
    /// A budget in the way is a refusal that ``APIRefusal/isDisruptionBudget``, at once: whether to
    /// wait, take another victim or delete the pod is the caller's decision.
    public func evict(
        pod: String, namespace: String, uid: String? = nil, graceSeconds: Int64? = nil,
        version: String = "policy/v1", options: WriteOptions = WriteOptions()
    ) async throws -> Result<Void, APIRefusal> {
        let body = JSONWriter.object { object in
            object.member("apiVersion", version)
            object.member("kind", "Eviction")
            object.object("metadata") { metadata in
                metadata.member("name", pod)
                metadata.member("namespace", namespace)
            }
            object.object("deleteOptions") { delete in
                if let graceSeconds { delete.member("gracePeriodSeconds", graceSeconds) }
                if let uid { delete.object("preconditions") { $0.member("uid", uid) } }
            }
        }
        let path = ResourceType.pods.path(
            namespace: namespace, name: pod, subresource: "eviction")
        var call = options.call(.POST, path, body)
        call.isRepeatable = uid != nil
        return try await transport.send(call).map { _ in }
    }
}
