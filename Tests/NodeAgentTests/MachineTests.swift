import AgentWire
import FleetModel
import Foundation
import HealthSignals
import Testing

@testable import NodeAgent

@Suite struct MachineTests {
    /// A machine with two GPUs, a switch, an InfiniBand card and a virtual function.
    private static func fixture() -> TemporaryFolder {
        let folder = TemporaryFolder()
        func device(_ name: String, _ kind: String, _ vendor: String) {
            folder.write(kind + "\n", to: "sys/bus/pci/devices/\(name)/class")
            folder.write(vendor + "\n", to: "sys/bus/pci/devices/\(name)/vendor")
        }
        device("0000:3b:00.0", "0x030200", "0x10de")
        device("0000:5e:00.0", "0x030000", "0x10de")
        device("0000:05:00.0", "0x068000", "0x10de")
        device("0000:18:00.0", "0x020700", "0x15b3")
        device("0000:18:00.1", "0x020700", "0x15b3")
        device("0000:00:1f.0", "0x060100", "0x8086")
        folder.write("x", to: "sys/bus/pci/devices/0000:18:00.1/physfn/x")
        let gpu = "sys/bus/pci/devices/0000:3b:00.0/"
        folder.write("16\n", to: gpu + "current_link_width")
        folder.write("32.0 GT/s PCIe\n", to: gpu + "current_link_speed")
        folder.write("2.5 GT/s PCIe\n", to: gpu + "max_link_speed")
        folder.write(
            "RxErr 3\nBadTLP 4\nTOTAL_ERR_COR 7\n", to: gpu + "aer_dev_correctable")
        folder.write("TOTAL_ERR_FATAL 0\n", to: gpu + "aer_dev_fatal")
        folder.write("0000:3b:00\n", to: "sys/bus/pci/slots/7/address")
        let card = "sys/class/infiniband/mlx5_0/"
        folder.write("b83f:d203:0012:3456\n", to: card + "node_guid")
        folder.write("28.41.1000\n", to: card + "fw_ver")
        folder.write("4: ACTIVE\n", to: card + "ports/1/state")
        folder.write("5: LinkUp\n", to: card + "ports/1/phys_state")
        folder.write("400 Gb/sec (4X NDR)\n", to: card + "ports/1/rate")
        folder.write("2\n", to: card + "ports/1/counters/link_downed")
        folder.write("1\n", to: card + "ports/1/hw_counters/roce_slow_restart")
        symlink("../../../0000:18:00.0", folder.path + "/" + card + "device")
        folder.write("52:54:00:12:34:56\n", to: "sys/class/net/eth0/address")
        folder.write("9\n", to: "sys/class/net/eth0/carrier_changes")
        folder.write("x", to: "sys/class/net/eth0/device/x")
        folder.write("1\n", to: "sys/class/net/br0/carrier")
        folder.write("To Be Filled By O.E.M.\n", to: "sys/class/dmi/id/chassis_serial")
        folder.write("SN 1234567\n", to: "sys/class/dmi/id/product_serial")
        folder.write("NVIDIA\n", to: "sys/class/dmi/id/sys_vendor")
        folder.write("DGXH100\n", to: "sys/class/dmi/id/product_name")
        folder.write("6.8.0-45\n", to: "proc/sys/kernel/osrelease")
        folder.write("24.04-0.6.6\n", to: "sys/module/mlx5_core/version")
        folder.write("52500\n", to: "sys/class/thermal/thermal_zone0/temp")
        for (processor, package) in [("cpu0", "0"), ("cpu1", "0"), ("cpu2", "1")] {
            let place = "sys/devices/system/cpu/\(processor)/"
            folder.write(package, to: place + "topology/physical_package_id")
            folder.write("5", to: place + "thermal_throttle/package_throttle_count")
        }
        return folder
    }

    @Test func whatTheMachineIs() {
        let folder = MachineTests.fixture()
        var reader = MachineReader(SysTree(root: folder.path))
        var report = MachineReport()
        reader.look(now: .zero, into: &report)
        #expect(report.chassisSerial == "SN 1234567")
        #expect(report.product == "NVIDIA DGXH100")
        #expect(report.devicesOnBus == 2)
        #expect(
            report.interfaces == [
                ReportedInterface(
                    name: "mlx5_0", guid: "b83f:d203:0012:3456", firmware: "28.41.1000",
                    address: PCIAddress(bus: 0x18))
            ])
        #expect(
            report.versions == [
                ReportedVersion("kernel", "6.8.0-45"), ReportedVersion("mlx5_core", "24.04-0.6.6"),
            ])
        let gpu = ReportedDevice(index: 0, address: PCIAddress(bus: 0x3B))
        #expect(reader.slot(of: gpu) == "7")
    }

    @Test func whatItCounts() {
        let folder = MachineTests.fixture()
        var reader = MachineReader(SysTree(root: folder.path))
        var report = MachineReport()
        reader.look(now: .zero, into: &report)
        let parts = reader.parts()
        #expect(Set(parts.map(\.name)).count == parts.count)
        let samples = parts.flatMap { $0.samples(in: SysTree(root: folder.path)) }
        func value(_ subject: SampleSubject, _ name: String) -> Int64? {
            samples.first { $0.key == SampleKey(subject, .counter(name)) }?.value
        }
        let port = SampleSubject.named("mlx5_0/1")
        #expect(value(port, "state") == 4 && value(port, "phys_state") == 5)
        #expect(value(port, "rate") == 400 && value(port, "link_downed") == 2)
        #expect(value(port, "roce_slow_restart") == 1 && value(port, "symbol_error") == nil)
        let bus = SampleSubject.bus(PCIAddress(bus: 0x3B))
        #expect(value(bus, "current_link_width") == 16)
        #expect(value(bus, "current_link_speed") == 32_000)
        #expect(value(bus, "max_link_speed") == 2500)
        #expect(value(bus, "aer_dev_correctable") == 7 && value(bus, "aer_dev_fatal") == 0)
        #expect(value(.named("eth0"), "carrier_changes") == 9)
        #expect(value(.named("br0"), "carrier") == nil)
        #expect(value(.named("thermal_zone0"), "temp_celsius") == 52)
        #expect(value(.named("package1"), "package_throttle_count") == 5)
        #expect(samples.filter { $0.key.signal == .counter("package_throttle_count") }.count == 2)
    }

    @Test func anEmptyTreeTellsNothing() {
        let folder = TemporaryFolder()
        var reader = MachineReader(SysTree(root: folder.path))
        var report = MachineReport()
        reader.look(now: .zero, into: &report)
        #expect(reader.parts().isEmpty)
        #expect(report.chassisSerial == "" && report.devicesOnBus == 0)
        #expect(SysTree(root: folder.path).boot == BootID())
    }

    /// The eight cards of a public DGX H100, laid out as files again.
    @Test func cardsOfAPublicMachine() throws {
        guard let text = try PublicLogs.text("fabric/sys_class_infiniband_h100.json.gz") else {
            return
        }
        let files = try #require(
            JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String])
        let folder = TemporaryFolder()
        for (path, text) in files {
            folder.write(text + "\n", to: "sys/class/infiniband/" + path)
        }
        let reader = NetworkReader(tree: SysTree(root: folder.path))
        let samples = reader.cards().flatMap { reader.samples(ofCard: $0) }
        let cards = Set(files.keys.map { $0.prefix { $0 != "/" } })
        #expect(reader.interfaces().count == cards.count && cards.count > 4)
        for card in cards {
            let subject = SampleSubject.named("\(card)/1")
            let state = samples.first { $0.key == SampleKey(subject, .counter("link_downed")) }
            #expect(
                state?.value == files["\(card)/ports/1/counters/link_downed"].flatMap(Int64.init))
        }
    }
}

/// The public logs, which stand beside the repository and not in it.
enum PublicLogs {
    static func text(_ path: String) throws -> String? {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let environment = ProcessInfo.processInfo.environment["MUSTER_TRACES"]
        let folder =
            environment.map { URL(fileURLWithPath: $0) }
            ?? root.appendingPathComponent("../shared/traces")
        let file = folder.appendingPathComponent("gpu-telemetry/" + path)
        guard FileManager.default.fileExists(atPath: file.path) else {
            print("skipped: there is no \(file.path)")
            return nil
        }
        guard file.pathExtension == "gz" else {
            return String(decoding: try Data(contentsOf: file), as: UTF8.self)
        }
        let gzip = Process()
        let output = Pipe()
        gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        gzip.arguments = ["gzip", "-dc", file.path]
        gzip.standardOutput = output
        try gzip.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        gzip.waitUntilExit()
        return String(decoding: data, as: UTF8.self)
    }
}
