import KubernetesJSON
import NIOCore
import NIOHTTP1

extension KubernetesClient {
    /// What a container of a pod wrote: at most so many bytes from its beginning, or from that of
    /// its last `tailLines` lines. The API server asks the kubelet for it: where that does not
    /// answer, this is a refusal.
    public func log(
        ofPod pod: String, namespace: String, container: String, limitBytes: Int64,
        tailLines: Int64? = nil
    ) async throws -> Result<[UInt8], APIRefusal> {
        let path = ResourceType.pods.path(namespace: namespace, name: pod, subresource: "log")
        var query = [("container", container), ("limitBytes", String(limitBytes))]
        if let tailLines { query.append(("tailLines", String(tailLines))) }
        let call = APICall.get(path, query: query.map { (name: $0.0, value: $0.1) })
        return try await transport.send(call).map { Array($0.readableBytesView) }
    }
}
