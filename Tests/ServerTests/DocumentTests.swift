import API
import FleetModel
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import Testing

@testable import Server

@Suite("The document of the API")
struct APIDocumentTests {
    private func document() throws -> [String: Any] {
        let response = try #require(Dashboard().file("openapi.json"))
        _ = response
        let path = #filePath.replacing(
            "Tests/ServerTests/DocumentTests.swift", with: "dashboard/openapi.json")
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Named parts of a path are only their places.
    private func shape(_ path: String) -> String {
        "/"
            + path.split(separator: "/").map { $0.hasPrefix("{") ? "*" : String($0) }
            .joined(separator: "/")
    }

    @Test("it has every place of the server, and no other")
    func matchesRoutes() throws {
        let paths = try #require(try document()["paths"] as? [String: [String: Any]])
        let methods = ["get", "put", "post", "delete", "patch"]
        var documented: Set<String> = []
        for (path, operations) in paths {
            for method in operations.keys where methods.contains(method) {
                documented.insert(method.uppercased() + " " + shape(path))
            }
        }
        var served: Set<String> = [
            "GET /healthz", "GET /readyz", "GET /v1/openapi.json", "GET /", "GET /*",
        ]
        for route in Routes.all {
            served.insert(
                route.method.rawValue + " /" + route.path.map { $0 ?? "*" }.joined(separator: "/"))
        }
        #expect(documented.subtracting(served) == [])
        #expect(served.subtracting(documented) == [])
    }

    @Test("every kind of event is in it")
    func knowsEvents() throws {
        let data = try JSONSerialization.data(withJSONObject: document())
        let text = String(decoding: data, as: UTF8.self)
        for kind in EventHandlers.kinds { #expect(text.contains("\"\(kind)\""), "\(kind)") }
    }

    @Test("the dashboard's page, scripts and styles are in the program")
    func embedsDashboard() {
        let dashboard = Dashboard()
        #expect(dashboard.file("")?.headers[.contentType] == "text/html; charset=utf-8")
        #expect(dashboard.file("app.js") != nil)
        #expect(dashboard.file("../secret") == nil)
        let root = #filePath.replacing(
            "Tests/ServerTests/DocumentTests.swift", with: "dashboard")
        let files = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        for file in files where file.contains(".") {
            #expect(dashboard.file(file) != nil, "\(file) is not compiled in")
        }
    }
}
