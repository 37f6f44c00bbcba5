import KubernetesJSON
import NIOCore
import NIOHTTP1

extension KubernetesClient {
    /// What a container of a pod wrote, from its beginning and at most so many bytes. The API
    /// server asks the kubelet for it: where that does not answer, this is a refusal.
    public func log(
        ofPod pod: String, namespace: String, container: String, limitBytes: Int64
    ) async throws -> Result<[UInt8], APIRefusal> {
        let path = ResourceType.pods.path(namespace: namespace, name: pod, subresource: "log")
        let call = APICall.get(
            path, query: [("container", container), ("limitBytes", String(limitBytes))])
        return try await transport.send(call).map { Array($0.readableBytesView) }
    }
}
