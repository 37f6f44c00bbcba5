import Foundation
import KubernetesClient
import KubernetesJSON
import KubernetesObjects

// Muster's own objects on the test server.
extension TestCluster {
    static let tenants = TenantObject.resources[0]
    static let topologies = TopologyObject.resources[0]

    private static var folder: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("deploy/kubernetes")
    }

    /// Installs the definitions and runs with them; no object of these kinds is left afterwards.
    func withDefinitions(_ body: () async throws -> Void) async throws {
        let type = ResourceType(
            group: "apiextensions.k8s.io", version: "v1", plural: "customresourcedefinitions",
            kind: "CustomResourceDefinition", isNamespaced: false)
        for plural in ["tenants", "topologies"] {
            let file = TestCluster.folder.appendingPathComponent("crds/\(plural).yaml")
            try await apply(
                ObjectPlace(type, name: "\(plural).muster.dev"), Array(Data(contentsOf: file)))
        }
        let isServed = try await wait {
            let served = try await client.discover(maximumAgeSeconds: 0).get()
            return served.serves(TestCluster.tenants) && served.serves(TestCluster.topologies)
        }
        precondition(isServed != nil, "the definitions are not served")
        try await removeObjects()
        do {
            try await body()
        } catch {
            try? await removeObjects()
            throw error
        }
        try await removeObjects()
    }

    private func apply(_ place: ObjectPlace, _ body: [UInt8]) async throws {
        var options = WriteOptions()
        options.fieldManager = "tests"
        options.force = true
        _ = try await client.apply(place, body: body, of: ObjectIdentity.self, options: options)
            .get()
    }

    private func removeObjects() async throws {
        for name in try await tenantObjects().map(\.metadata.name) { try await removeTenant(name) }
        var names: [String] = []
        _ = try await client.list(TestCluster.topologies, of: TopologyObject.self) { part in
            if case .items(let items) = part { names += items.map(\.metadata.name) }
        }
        for name in names {
            _ = try await client.delete(ObjectPlace(TestCluster.topologies, name: name))
        }
    }

    private func tenantObjects() async throws -> [TenantObject] {
        var found: [TenantObject] = []
        _ = try await client.list(TestCluster.tenants, of: TenantObject.self) { part in
            if case .items(let items) = part { found += items }
        }
        return found
    }

    /// Makes a Tenant, or changes it to this.
    func putTenant(_ name: String, _ spec: String) async throws {
        try await apply(
            ObjectPlace(TestCluster.tenants, name: name),
            Array(
                """
                {"apiVersion":"muster.dev/v1alpha1","kind":"Tenant",
                "metadata":{"name":"\(name)"},"spec":\(spec)}
                """.utf8))
    }

    func removeTenant(_ name: String) async throws {
        _ = try await client.delete(ObjectPlace(TestCluster.tenants, name: name))
    }

    func putTopology(_ name: String, label: String) async throws {
        try await apply(
            ObjectPlace(TestCluster.topologies, name: name),
            Array(
                """
                {"apiVersion":"muster.dev/v1alpha1","kind":"Topology",
                "metadata":{"name":"\(name)"},"spec":{"levels":[{"label":"\(label)"}]}}
                """.utf8))
    }

    /// Makes the objects of an example.
    func applyExample(_ name: String) async throws {
        let file = TestCluster.folder.appendingPathComponent("examples/\(name).yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        for part in text.components(separatedBy: "\n---\n") {
            guard let line = part.split(separator: "\n").first(where: { $0.hasPrefix("  name: ") })
            else { continue }
            let type = name == "topology" ? TestCluster.topologies : TestCluster.tenants
            try await apply(
                ObjectPlace(type, name: String(line.dropFirst(8))), Array(part.utf8))
        }
    }

    /// The status of one of these objects as its words.
    func status(_ type: ResourceType, _ name: String) async throws -> StatusSample {
        try await client.get(ObjectPlace(type, name: name), of: StatusSample.self).get()
    }

    /// Notes of events about objects without a namespace, as `reason object: note`.
    func clusterEvents() async throws -> [String] {
        // Old servers have them there.
        try await events(in: "default") + events(in: "kube-system")
    }
}

/// The status of a Tenant or a Topology, as far as tests look at it.
struct StatusSample: Decoded {
    var accepted = ""
    var reason = ""
    var message = ""
    var tenant = ""
    var running: Int64 = -1
    var waiting: Int64 = -1
    /// As `kind used/guaranteed/limit`.
    var usage: [String] = []

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            guard key == "status" else {
                try scanner.skipValue()
                continue
            }
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                switch key {
                case "tenant": tenant = try scanner.string()
                case "running": running = try scanner.integer()
                case "waiting": waiting = try scanner.integer()
                case "usage":
                    try scanner.enterArray()
                    while try scanner.nextElement() {
                        let row = try StatusSample.strings(&scanner)
                        usage.append(
                            "\(row["kind"] ?? "") \(row["used"] ?? "")/"
                                + "\(row["guaranteed"] ?? "")/\(row["limit"] ?? "-")")
                    }
                case "conditions":
                    try scanner.enterArray()
                    while try scanner.nextElement() {
                        let row = try StatusSample.strings(&scanner)
                        accepted = row["status"] ?? ""
                        reason = row["reason"] ?? ""
                        message = row["message"] ?? ""
                    }
                default: try scanner.skipValue()
                }
            }
        }
    }

    private static func strings(
        _ scanner: inout JSONScanner
    ) throws(JSONFault) -> [String: String] {
        var row: [String: String] = [:]
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            if try scanner.kind() == .string {
                row[key.string] = try scanner.string()
            } else {
                try scanner.skipValue()
            }
        }
        return row
    }
}
