import ControlPlane
import FleetModel
import Foundation
import Testing

@testable import Server

@Suite("Answers about tenants")
struct TenantAnswerTests {
    @Test("manifests of Tenant objects are tried out, and applied elsewhere")
    func previewsObjects() async throws {
        let server = try await LiveServer()
        let token = try await server.token("a", .admin)
        let manifests = """
            apiVersion: v1
            kind: Namespace
            metadata: {name: lab}
            ---
            apiVersion: muster.dev/v1alpha1
            kind: Tenant
            metadata: {name: lab}
            """
        let yaml = ["Content-Type": "application/yaml"]
        let preview = try await server.ask(
            "PUT", "/v1/tenants?preview=true", token: token, manifests, headers: yaml)
        #expect(preview.status == 200, "\(preview)")
        #expect(try preview.json()["changes"] as? [String] == ["lab: new"])
        #expect(server.plane.view.directory.tenant(named: "lab") == nil)
        let applied = try await server.ask(
            "PUT", "/v1/tenants", token: token, manifests, headers: yaml)
        #expect(applied.status == 409 && applied.code == "M0615")
        let wrong = try await server.ask(
            "PUT", "/v1/tenants?preview=true", token: token, manifests + "\nspec: {parents: b}\n",
            headers: yaml)
        #expect(wrong.status == 422 && wrong.code == "M0202")
        await server.stop()
    }
}
