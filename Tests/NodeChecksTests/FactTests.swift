import FleetModel
import Foundation
import KubernetesJSON
import Qualification
import Testing

@testable import NodeChecks

/// What a node is and whether that is what it should be.
struct FactTests {
    private func facts(_ fake: Fake) throws -> MachineFacts {
        var facts = MachineFacts()
        var probe = FactsProbe()
        probe.nvmlNames = [try fake.library]
        probe.cudaNames = [try fake.library]
        probe.lookAtDevices(&facts)
        return facts
    }

    private func result(
        _ check: CheckID, _ facts: MachineFacts, _ stack: StackDeclaration = StackDeclaration()
    ) throws -> CheckResult {
        try #require(FactChecks(facts, stack: stack).result(of: check))
    }

    @Test func knowsDevicesByTheirIdentities() throws {
        let facts = try facts(.good)
        #expect(facts.devices.map(\.serial) == ["1653123456780", "1653123456781"])
        #expect(facts.devices.map(\.pciAddress) == ["00000000:18:00.0", "00000000:19:00.0"])
        #expect(facts.devices[0].uuid.hasPrefix("GPU-00000000"))
        #expect(facts.cudaDevices == 2)
        #expect(facts.versions.contains { $0.part == .driver && $0.version.text == "580.82.07" })
        #expect(facts.versions.contains { $0.part == .cuda && $0.version.text == "13.0" })
        for check in [CheckID.identity, .deviceECC, .devicePCIe] {
            #expect(try result(check, facts).status == .passed, "\(check.name)")
        }
    }

    @Test func withoutNVMLTheDriverIsAsked() throws {
        var facts = MachineFacts()
        var probe = FactsProbe()
        probe.nvmlNames = ["/proc/nowhere/libnvidia-ml.so.1"]
        probe.cudaNames = [try Fake.good.library]
        probe.lookAtDevices(&facts)
        #expect(facts.nvml == .absent)
        #expect(facts.devices.map(\.model) == Array(repeating: "NVIDIA H100 80GB HBM3", count: 2))
        #expect(facts.devices.map(\.pciAddress) == ["0000:18:00.0", "0000:19:00.0"])
        #expect(try result(.identity, facts).status == .passed)
        // What only NVML knows cannot be checked, which is no pass.
        #expect(try result(.deviceECC, facts).status == .error)
        #expect(try result(.devicePCIe, facts).status == .notApplicable)
    }

    @Test func whatIsDeclaredHasToBeThere() throws {
        let facts = try facts(.good)
        let right = StackDeclaration(deviceCount: 2, deviceModel: "h100", deviceECC: true)
        #expect(try result(.identity, facts, right).status == .passed)
        #expect(try result(.deviceECC, facts, right).status == .passed)
        let wrong = StackDeclaration(
            rules: [.init(.driver, .same(Version("575.1")))], deviceCount: 8, deviceModel: "H200",
            deviceECC: false)
        #expect(
            try result(.identity, facts, wrong).note == "2 devices are there; 8 are declared")
        #expect(try result(.identity, facts, wrong).notes.count == 4)
        #expect(try result(.deviceECC, facts, wrong).status == .failed)
        #expect(try result(.versions, facts, wrong).status == .failed)
        #expect(try result(.versions, facts).status == .notApplicable)
    }

    @Test func aDeviceThatIsLostIsNamed() throws {
        let facts = try facts(.lost)
        #expect(facts.devices.count == 2)
        let identity = try result(.identity, facts)
        #expect(identity.status == .failed)
        #expect(identity.note.contains("device 1"))
        #expect(identity.note.contains("GPU is lost"))
    }

    @Test func badRowsAndNarrowLinksFail() throws {
        let rows = try result(.deviceECC, try facts(.badRows))
        #expect(rows.status == .failed)
        #expect(rows.notes.contains { $0.hasPrefix("device 1: a row could not be replaced") })
        #expect(rows.notes.contains { $0.hasPrefix("device 0: a row waits for a reset") })
        let link = try result(.devicePCIe, try facts(.narrow))
        #expect(link.status == .failed)
        #expect(link.notes == ["device 0: 8 of 16 PCIe lanes"])
    }

    @Test func devicesHaveToBeRegisteredWithTheirFabric() throws {
        let none = try facts(.good)
        let nothing = FabricFacts(state: .none, healthMask: 0, healthSummary: 0)
        #expect(none.devices[0].fabric == nothing)
        #expect(try result(.deviceFabric, none).status == .notApplicable)
        let well = try facts(.onFabric)
        let fabric = FabricFacts(
            state: .completed, cluster: "abababab-abab-abab-abab-abababababab", clique: 7,
            healthMask: 0x102, healthSummary: 1)
        #expect(well.devices.map(\.fabric) == [fabric, fabric])
        let passed = try result(.deviceFabric, well)
        #expect(passed.status == .passed)
        #expect(passed.notes == ["cluster abababab-abab-abab-abab-abababababab, clique 7"])
        let bad = try result(.deviceFabric, try facts(.offFabric))
        #expect(bad.status == .failed)
        #expect(
            bad.note
                == "device 1 could not be registered with its fabric: error 999 of NVML")
        // What a run tells comes back as it was.
        let back = try CheckTask.facts(in: Array(CheckTask.text(of: well).utf8)[...])
        #expect(back.devices == well.devices)
    }

    @Test func whatIsWrongInAFabricIsNamed() throws {
        func judged(_ fabric: FabricFacts?...) throws -> CheckResult {
            var facts = MachineFacts()
            facts.nvml = .works
            facts.devices = fabric.map {
                var device = DeviceFacts()
                device.fabric = $0
                return device
            }
            return try result(.deviceFabric, facts)
        }
        // Drivers of before tell nothing.
        #expect(try judged(nil, nil).status == .notApplicable)
        #expect(try judged(.init(state: .completed)).status == .passed)
        #expect(try judged(.init(state: .completed)).notes == [])
        for state in [FabricFacts.State.notStarted, .inProgress] {
            #expect(try judged(.init(state: state, status: 9)).status == .degraded)
        }
        for (mask, status) in [
            (Int64(0x1), CheckStatus.degraded), (0x2, .passed), (0x4, .degraded),
            (0x10, .degraded), (0x40, .degraded), (0x100, .passed), (0x200, .failed),
            (0x800, .failed), (0x5000, .passed),
        ] {
            let found = try judged(.init(state: .completed, healthMask: mask))
            #expect(found.status == status, "\(mask)")
        }
        #expect(try judged(.init(state: .completed, healthSummary: 2)).status == .failed)
        #expect(try judged(.init(state: .completed, healthSummary: 3)).status == .degraded)
        let alone = try judged(.init(state: .completed), .init(state: .none))
        #expect(alone.status == .degraded)
        #expect(alone.notes == ["device 1 has no fabric, though others have one"])
    }

    @Test func aDriverThatFailsIsAnErrorForEveryCheckOfDevices() throws {
        let facts = try facts(.noDevice)
        #expect(facts.nvml == .fails("nvmlInit: Driver Not Loaded"))
        for check in [CheckID.identity, .deviceECC, .devicePCIe, .deviceFabric] {
            #expect(try result(check, facts).status == .error)
            #expect(try result(check, facts).code == .driverFails)
        }
    }

    @Test func nothingIsNotApplicableUnlessItIsDeclared() throws {
        let nothing = MachineFacts()
        for check in [
            CheckID.identity, .versions, .deviceECC, .devicePCIe, .deviceFabric, .fabric, .hostECC,
        ] {
            #expect(try result(check, nothing).status == .notApplicable, "\(check.name)")
        }
        let stack = StackDeclaration(deviceCount: 8, portCount: 8)
        #expect(try result(.identity, nothing, stack).status == .failed)
        #expect(try result(.fabric, nothing, stack).status == .failed)
        #expect(FactChecks(nothing, stack: stack).result(of: .hostMemory) == nil)
    }

    /// Eight are on the bus and the driver came up with seven, which nobody declared.
    @Test func whatTheDriverDoesNotHaveIsMissedOnTheBus() throws {
        var facts = try facts(.good)
        facts.computeAddresses = ["0000:18:00.0", "0000:19:00.0"]
        #expect(try result(.identity, facts).status == .passed)
        facts.computeAddresses.append("0000:5d:00.0")
        let missing = try result(.identity, facts)
        #expect(missing.status == .failed)
        #expect(missing.note.hasSuffix("not there: 0000:5d:00.0"))
        // One for a screen is not missed, unless the others are of that kind.
        facts.computeAddresses.removeLast()
        facts.displayAddresses = ["0000:5d:00.0"]
        #expect(try result(.identity, facts).status == .passed)
        facts.displayAddresses = facts.computeAddresses + ["0000:5d:00.0"]
        facts.computeAddresses = []
        #expect(try result(.identity, facts).status == .failed)
    }

    @Test func devicesAreKnownByTheirPlaces() throws {
        let facts = try facts(.fewer)
        #expect(facts.cudaAddresses == ["0000:19:00.0"])
        let identity = try result(.identity, facts)
        #expect(identity.status == .failed)
        #expect(identity.notes.contains("CUDA does not have device 0, at 00000000:18:00.0"))
        #expect(!identity.notes.contains { $0.hasPrefix("CUDA does not have device 1") })
        #expect(BusPlace("00000000:19:00.0") == BusPlace("0000:19:00.0"))
        for text in ["", "0000:19", "0000:19:00:0", "x:19:00.0"] {
            #expect(BusPlace(text) == nil, "\(text)")
        }
    }

    /// A device that is split is whole, and only what is asked of whole devices cannot be asked.
    @Test func aDeviceThatIsSplitIsNotBroken() throws {
        let facts = try facts(.split)
        #expect(facts.devices.map(\.isSplit) == [true, false] && facts.cudaDevices == 1)
        let identity = try result(.identity, facts)
        #expect(identity.status == .passed, "\(identity.notes)")
        #expect(identity.notes.last == "split into instances (MIG): device 0")
        #expect(try result(.deviceECC, facts).status == .passed)
        let line = CheckTask.text(of: facts)
        #expect(try CheckTask.facts(in: Array(line.utf8)[...]) == facts)
    }

    @Test func portsThatAreAllDownAreNoPass() throws {
        var facts = MachineFacts()
        facts.ports = [PortFacts(name: "mlx5_0/1", isActive: false, rate: "10 Gb/sec (4X SDR)")]
        let alone = try result(.fabric, facts)
        #expect(alone.status == .notApplicable && alone.notes.contains("mlx5_0/1 is down"))
        #expect(try result(.fabric, facts, .init(portGigabits: 400)).status == .degraded)
        #expect(try result(.fabric, facts, .init(portCount: 1)).status == .failed)
    }

    @Test func devicesWithoutADriverAreAnError() throws {
        var facts = MachineFacts()
        facts.pciDevices = 8
        #expect(try result(.identity, facts).status == .error)
    }

    // MARK: Files

    /// A machine made of files.
    private func root(_ files: [String: String]) throws -> String {
        let root = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-root-\(UUID().uuidString)")
        for (path, text) in files {
            let file = root.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return root.path
    }

    @Test func readsPortsCountersAndPackages() throws {
        let path = try root([
            "sys/class/infiniband/mlx5_0/fw_ver": "28.39.1002\n",
            "sys/class/infiniband/mlx5_0/ports/1/state": "4: ACTIVE\n",
            "sys/class/infiniband/mlx5_0/ports/1/rate": "400 Gb/sec (4X NDR)\n",
            "sys/class/infiniband/mlx5_1/ports/1/state": "1: DOWN\n",
            "sys/class/infiniband/mlx5_1/ports/1/rate": "10 Gb/sec (4X SDR)\n",
            "sys/devices/system/edac/mc/mc0/ce_count": "7\n",
            "sys/devices/system/edac/mc/mc0/ue_count": "1\n",
            "sys/bus/pci/devices/0000:18:00.0/vendor": "0x10de\n",
            "sys/bus/pci/devices/0000:18:00.0/class": "0x030200\n",
            "sys/bus/pci/devices/0000:18:00.4/vendor": "0x10de\n",
            "sys/bus/pci/devices/0000:18:00.4/class": "0x030200\n",
            "sys/bus/pci/devices/0000:18:00.4/physfn/x": "",
            "sys/bus/pci/devices/0000:1a:00.0/vendor": "0x10de\n",
            "sys/bus/pci/devices/0000:1a:00.0/class": "0x030200\n",
            "sys/bus/pci/drivers/vfio-pci/0000:1a:00.0/x": "",
            "sys/bus/pci/devices/0000:1b:00.0/vendor": "0x10de\n",
            "sys/bus/pci/devices/0000:1b:00.0/class": "0x030000\n",
            "sys/bus/pci/devices/0000:19:00.0/vendor": "0x8086\n",
            "sys/bus/pci/devices/0000:19:00.0/class": "0x030000\n",
            "proc/sys/kernel/osrelease": "6.8.0-1021-aws\n",
            "sys/module/gdrdrv/version": "2.5.1\n",
            "opt/amazon/efa_installed_packages":
                "# EFA installer version: 1.47.0\nlibnccl-ofi-1.16.3-1.amzn\nefa-2.1\n",
        ])
        defer { try? FileManager.default.removeItem(atPath: path) }
        var facts = MachineFacts()
        let probe = FactsProbe(files: SmallFiles(root: path))
        probe.lookAtHost(&facts)
        probe.lookAtPorts(&facts)
        probe.lookAtSoftware(&facts)
        #expect(facts.pciDevices == 3)
        #expect(facts.computeAddresses == ["0000:18:00.0"])
        #expect(facts.displayAddresses == ["0000:1b:00.0"])
        #expect(facts.ports.map(\.isActive) == [true, false])
        #expect(facts.ports[0].gigabits == 400)
        let found = facts.versions.map { "\($0.part.name) \($0.version.text)" }
        for version in [
            "kernel 6.8.0-1021-aws", "efa 1.47.0", "ofi 1.16.3-1.amzn", "gdrcopy 2.5.1",
            "firmware 28.39.1002",
        ] {
            #expect(found.contains(version), "\(version) in \(found)")
        }
        #expect(try result(.hostECC, facts).status == .failed)
        #expect(try result(.fabric, facts).status == .passed)
        let declared = StackDeclaration(portCount: 2, portGigabits: 400)
        #expect(try result(.fabric, facts, declared).status == .failed)
    }

    @Test func factsSurviveTheWayFromTheirProcess() throws {
        var facts = try facts(.badRows)
        facts.host = "näme \"with\" \u{1}"
        facts.ports = [PortFacts(name: "mlx5_0/1", isActive: true, rate: "400 Gb/sec")]
        facts.memoryControllers = [
            MemoryControllerFacts(name: "mc0", corrected: 3, uncorrected: 0)
        ]
        facts.nvml = .fails("it said: \"no\"")
        let line = CheckTask.text(of: facts)
        #expect(try CheckTask.facts(in: Array(line.utf8)[...]) == facts)
        let result = CheckResult(
            .deviceCopy, device: 3, .degraded, ["a", "b\n"],
            figures: [Figure(.hostToDevice, milli: 48_123)], code: .checkPeer, milliseconds: 12)
        #expect(try ResultLine.read(ResultLine.write(result).utf8) == result)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"check": "disk"}"#, #"{"check": "disc", "status": "passed"}"#,
        #"{"check": "disk", "status": "fine"}"#, #"{"check": "disk", "status": "passed"} x"#,
        #"{"check": 7}"#,
    ])
    func refusesLinesThatAreNoResults(text: String) {
        #expect(throws: JSONFault.self) { try ResultLine.read(text.utf8) }
    }
}
