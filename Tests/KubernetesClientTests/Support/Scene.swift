import FleetModel
import Foundation
import KubernetesClient
import KubernetesFaults
import KubernetesJSON

extension ResourceType {
    static let pods = ResourceType(version: "v1", plural: "pods", kind: "Pod")
}

/// A `ConfigMap`.
struct MapSample: Decoded, Equatable {
    var identity = ObjectIdentity.none
    var data: [String: String] = [:]

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        let start = scanner.mark
        identity = try ObjectIdentity(reading: &scanner)
        scanner.rewind(to: start)
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            if key == "data" { data = try scanner.stringMap() } else { try scanner.skipValue() }
        }
    }
}

extension ObjectIdentity {
    static let none = try! ObjectIdentity(json: Array("{}".utf8))
}

/// A client and a namespace of its own on the real API server.
struct Scene: Sendable {
    static let maps = ResourceType(version: "v1", plural: "configmaps", kind: "ConfigMap")
    static let leases = ResourceType(
        group: "coordination.k8s.io", version: "v1", plural: "leases", kind: "Lease")
    static let namespaces = ResourceType(
        version: "v1", plural: "namespaces", kind: "Namespace", isNamespaced: false)

    func run(
        _ body: (KubernetesClient, String) async throws -> Void
    ) async throws {
        let client = KubernetesClient(configuration: try KubeTestServer.configuration())
        defer { client.close() }
        let namespace = "client-" + UUID().uuidString.lowercased().prefix(8)
        let object = JSONWriter.object { object in
            object.member("apiVersion", "v1")
            object.member("kind", "Namespace")
            object.object("metadata") { $0.member("name", namespace) }
        }
        _ = try await client.create(Scene.namespaces, body: object, of: ObjectIdentity.self).get()
        try await body(client, namespace)
    }

    static func map(
        _ name: String, _ data: [String: String], labels: [String: String] = [:],
        version: String = ""
    ) -> [UInt8] {
        JSONWriter.object { object in
            object.member("apiVersion", "v1")
            object.member("kind", "ConfigMap")
            object.object("metadata") { metadata in
                metadata.member("name", name)
                metadata.member("labels", labels)
                if !version.isEmpty { metadata.member("resourceVersion", version) }
            }
            object.member("data", data)
        }
    }

    static func pod(_ name: String) -> [UInt8] {
        JSONWriter.object { object in
            object.member("apiVersion", "v1")
            object.member("kind", "Pod")
            object.object("metadata") { metadata in
                metadata.member("name", name)
                metadata.member("labels", ["app": "p"])
            }
            object.object("spec") { spec in
                spec.member("schedulerName", "muster")
                spec.array("containers") { containers in
                    containers.object { container in
                        container.member("name", "c")
                        container.member("image", "i")
                    }
                }
            }
        }
    }

    /// A PodDisruptionBudget for all pods, with the status that its controller would write.
    static func budget(
        _ client: KubernetesClient, _ namespace: String, allowed: Int64
    ) async throws -> ObjectPlace {
        let found = try await client.discover().get()
        let type =
            found.type(
                group: "policy", plural: "poddisruptionbudgets", versions: ["v1", "v1beta1"])
            ?? Scene.maps
        let body = JSONWriter.object { object in
            object.member("apiVersion", type.apiVersion)
            object.member("kind", type.kind)
            object.object("metadata") { $0.member("name", "b") }
            object.object("spec") { spec in
                spec.member("minAvailable", 1)
                spec.object("selector") { $0.member("matchLabels", ["app": "p"]) }
            }
        }
        _ = try await client.create(
            type, namespace: namespace, body: body, of: ObjectIdentity.self
        ).get()
        let status = JSONWriter.object { object in
            object.object("status") { status in
                status.member("disruptionsAllowed", allowed)
                status.member("currentHealthy", 1)
                status.member("desiredHealthy", 1)
                status.member("expectedPods", 1)
                status.member("observedGeneration", 1)
            }
        }
        var place = ObjectPlace(type, namespace: namespace, name: "b", subresource: "status")
        _ = try await client.patch(place, .merge, body: status, of: ObjectIdentity.self).get()
        place.subresource = nil
        return place
    }

    /// The names of all maps of a namespace, and in how many parts they came.
    static func names(
        _ client: KubernetesClient, _ namespace: String, page: Int, selector: Selector = .all
    ) async throws -> (names: [String], parts: Int) {
        var names: [String] = []
        var parts = 0
        _ = try await client.list(
            Scene.maps, of: ObjectIdentity.self, namespace: namespace, selector: selector,
            page: page
        ) { part in
            guard case .items(let items) = part else { return }
            names += items.map(\.name).filter { $0 != "kube-root-ca.crt" }
            parts += 1
        }.get()
        return (names, parts)
    }

    /// Compacts the database of the server, as happens every five minutes in life.
    static func forgetThePast() async throws {
        let state = try Data(
            contentsOf: URL(fileURLWithPath: (KubeTestServer.folder ?? "") + "/state.json"))
        let etcd = try JSONDecoder().decode(EtcdState.self, from: state).etcd
        let status = try await curl(etcd + "/v3/maintenance/status", "{}")
        let revision = try JSONDecoder().decode(EtcdStatus.self, from: status).header.revision
        _ = try await curl(etcd + "/v3/kv/compaction", #"{"revision":"\#(revision)"}"#)
    }

    private struct EtcdState: Decodable {
        var etcd: String
    }

    private struct EtcdStatus: Decodable {
        struct Header: Decodable {
            var revision: String
        }
        var header: Header
    }

    private static func curl(_ url: String, _ body: String) async throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["curl", "-sf", "-X", "POST", "-d", body, url]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return data
    }
}
