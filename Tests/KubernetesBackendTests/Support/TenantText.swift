import KubernetesJSON
import KubernetesObjects

/// Tenant objects for tests.
enum TenantText {
    static func object(_ name: String, _ spec: String, generation: Int64 = 1) -> TenantObject {
        let text = """
            {"metadata":{"name":"\(name)","uid":"uid-\(name)","generation":\(generation)},
            "spec":\(spec)}
            """
        do {
            return try TenantObject(json: Array(text.utf8))
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
