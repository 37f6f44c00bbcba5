import AgentWire
import FleetModel
import Foundation
import HealthControl
import NodeAgent
import Qualification
import Testing

@testable import LocalBackend
@testable import NodeChecks

/// Goal: a backend, a test and an agent on one machine call it by one serial number. A test of a
/// machine that another program calls otherwise would be refused as another machine's.
@Suite struct SerialTests {
    @Test(
        arguments: [
            ("SGH1234ABC\n", "P-78\n", "SGH1234ABC"),
            ("To Be Filled By O.E.M.\n", " SN 1234567 \n", "SN 1234567"),
            ("0123456789\n", "P-78\n", "P-78"),
            ("None\n", "Default string\n", ""),
            (nil, "P-78\n", "P-78"),
            (nil, nil, ""),
        ] as [(String?, String?, String)])
    func allThreeAgree(_ chassis: String?, _ product: String?, _ serial: String) throws {
        let root = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-serial-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let folder = root.appendingPathComponent("sys/class/dmi/id")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in [("chassis_serial", chassis), ("product_serial", product)] {
            try text.map { try Data($0.utf8).write(to: folder.appendingPathComponent(name)) }
        }
        let files = SmallFiles(root: root.path)
        let machine = Machine(LocalSettings(folder: "/tmp/none", devices: 0))
        #expect(machine.hardware(in: files).chassis == serial)
        var facts = MachineFacts()
        FactsProbe(files: files).lookAtHost(&facts)
        #expect(facts.chassis == serial)
        var report = MachineReport()
        var reader = MachineReader(SysTree(root: root.path))
        reader.look(now: .zero, into: &report)
        #expect(report.chassisSerial == serial)
    }
}
