import Documents
import FleetModel
import Foundation
import Simulation
import Testing

/// A fleet document from text.
func fleet(_ text: String) -> Result<FleetDefinition, DiagnosticList> {
    FleetDocument.parse(SourceText(text, file: "fleet.yaml")).resolve()
}

/// Two spines of two racks of two nodes with eight H100, and one node with four A100.
func smallFleet() throws -> FleetDefinition {
    try fleet(
        """
        topology: {levels: [spine, rack]}
        nodes:
          - name: h-{index}
            count: 8
            pool: train
            group: {rack: 2, spine: 2}
            gpus: {count: 8, kind: H100}
            cpu: 64
            memory: 1TiB
          - {name: a, pool: serve, gpus: {count: 4, kind: A100}, cpu: 32, memory: 256GiB,
             domains: {spine: x, rack: y}}
        """
    ).get()
}

/// A quota tree from text, against ``smallFleet()``.
func tenants(_ text: String) throws -> Result<TenantTree, DiagnosticList> {
    TenantsDocument.parse(SourceText(text, file: "tenants.yaml")).resolve(fleet: try smallFleet())
}

/// Jobs from text, against ``smallFleet()`` and, unless nil, a quota tree.
func jobs(_ text: String, tenants tree: String? = nil) throws -> Result<Workload, DiagnosticList> {
    let tree = try tree.map { try tenants($0).get() }
    return JobsDocument.parse(SourceText(text, file: "jobs.yaml"))
        .resolve(fleet: try smallFleet(), tenants: tree)
}

/// One job whose lines come after `name` on line 1 and `runTime` on line 2.
func job(_ lines: String) throws -> Result<Workload, DiagnosticList> {
    try jobs("name: j\nrunTime: 1h\n" + lines)
}

/// The mistakes of a refused input; none, with a failed expectation, when it was accepted.
func mistakes<Value>(
    _ result: Result<Value, DiagnosticList>, _ location: SourceLocation = #_sourceLocation
) -> [Diagnostic] {
    switch result {
    case .success:
        Issue.record("accepted", sourceLocation: location)
        return []
    case .failure(let list): return list.diagnostics
    }
}

/// Expects exactly one mistake, and all that it says.
func expect<Value>(
    _ result: Result<Value, DiagnosticList>, _ code: DiagnosticCode, _ line: Int, _ message: String,
    expected: String? = nil, hint: String? = nil,
    _ location: SourceLocation = #_sourceLocation
) {
    let all = mistakes(result, location)
    #expect(all.count == 1, "\(all.map(\.text))", sourceLocation: location)
    guard let first = all.first else { return }
    #expect(first.code == code, sourceLocation: location)
    #expect(first.line == line, sourceLocation: location)
    #expect(first.message == message, sourceLocation: location)
    if let expected { #expect(first.expected == expected, sourceLocation: location) }
    if let hint { #expect(first.hint == hint, sourceLocation: location) }
}

/// The directory of the examples.
let examples = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Examples")

/// One example file.
func example(_ path: String) throws -> SourceText {
    let data = try Data(contentsOf: examples.appendingPathComponent(path))
    return SourceText(bytes: [UInt8](data), file: path)
}
