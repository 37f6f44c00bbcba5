import ControlPlane
import FleetModel
import Foundation
import Testing

@testable import LocalBackend

@Suite struct MachineTests {
    @Test func kindsAreWhatPeopleCallThem() {
        let names = [
            "NVIDIA H100 80GB HBM3": "H100", "NVIDIA H100 PCIe": "H100", "NVIDIA H200": "H200",
            "NVIDIA A100-SXM4-80GB": "A100", "NVIDIA B200": "B200", "NVIDIA L40S": "L40S",
            "NVIDIA GH200 480GB": "GH200", "Tesla T4": "T4", "Tesla V100-SXM2-32GB": "V100",
            "NVIDIA GeForce RTX 4090": "RTX-4090", "NVIDIA RTX A6000": "RTX-A6000",
            "NVIDIA GeForce GTX 1080 Ti": "GTX-1080", "NVIDIA Graphics Device": "GPU", "": "GPU",
            "4090": "GPU-4090",
        ]
        for (product, kind) in names { #expect(NVML.kind(of: product) == kind, "\(product)") }
    }

    @Test func virtualDevicesAreSaidToBeVirtual() async throws {
        let backend = LocalBackend(LocalSettings(folder: "/tmp/none", devices: 3))
        let fleet = try await backend.inventory()
        let node = try #require(fleet.nodes.first)
        #expect(fleet.nodes.count == 1)
        #expect(node.devices == 3)
        #expect(fleet.kinds.names == ["virtual"])
        #expect(node.host.cpuMilli >= 1000)
        #expect(node.host.memoryMiB > 0)
        #expect(node.host.diskMiB > 0)
        #expect(backend.message?.hasPrefix("3 virtual devices") == true)
        let none = LocalBackend(LocalSettings(folder: "/tmp/none", devices: 0))
        #expect(try await none.inventory().nodes.first?.devices == 0)
        #expect(none.message == nil)
        var settings = LocalSettings(folder: "/tmp/none")
        settings.nvmlLibrary = "libno-such-library.so"
        let found = LocalBackend(settings)
        #expect(try await found.inventory().nodes.first?.devices == 8)
        #expect(found.message?.hasPrefix("no GPU found: 8 virtual devices") == true)
    }

    /// A library with NVML's calls that tells of GPUs that are not there.
    @Test func gpusAreFoundThroughTheLibrary() async throws {
        let folder = NSTemporaryDirectory() + "muster-nvml-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let source = """
            #include <stdio.h>
            typedef struct { unsigned long long total, free, used; } memory;
            int nvmlInit_v2(void) { return 0; }
            int nvmlShutdown(void) { return 0; }
            int nvmlDeviceGetCount_v2(unsigned *count) { *count = 4; return 0; }
            int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
                *device = (void *)(unsigned long)(index + 1);
                return index == 2 ? 15 : 0;
            }
            int nvmlDeviceGetName(void *device, char *name, unsigned length) {
                snprintf(name, length, "NVIDIA %s", (long)device == 4 ? "T4" : "H100 80GB HBM3");
                return 0;
            }
            int nvmlDeviceGetUUID(void *device, char *name, unsigned length) {
                snprintf(name, length, "GPU-%ld", (long)device);
                return 0;
            }
            int nvmlDeviceGetMemoryInfo(void *device, memory *memory) {
                memory->total = 85899345920ULL;
                return 0;
            }
            """
        try source.write(toFile: folder + "/nvml.c", atomically: true, encoding: .utf8)
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = [
            "cc", "-shared", "-fPIC", "-o", folder + "/nvml.so", folder + "/nvml.c",
        ]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)
        var settings = LocalSettings(folder: folder)
        settings.nvmlLibrary = folder + "/nvml.so"
        let machine = Machine(settings)
        #expect(machine.gpus.map(\.uuid) == ["GPU-1", "GPU-2", "", "GPU-4"])
        #expect(machine.gpus.first?.memoryMiB == 81_920)
        let node = try #require(machine.fleet.nodes.first)
        #expect(machine.fleet.kinds.names == ["H100"])
        #expect(node.devices == 4)
        #expect(node.unhealthyDevices == 0b1100)
        #expect(machine.message?.hasPrefix("2 of 4 GPUs are out of service") == true)
        // Who asks for virtual devices gets them.
        settings.devices = 2
        #expect(Machine(settings).fleet.kinds.names == ["virtual"])
    }
}
