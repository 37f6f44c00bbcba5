import FleetModel
import Foundation
import Glibc
import HealthControl
import NodeChecks

/// This machine as a fleet of one node.
struct Machine: Sendable {
    /// The fleet.
    var fleet: FleetDefinition
    /// What people must know about its devices; nil when they are what they seem.
    var message: String?
    /// The GPUs that were found, in order of index.
    var gpus: [GPU]

    /// Looks at the machine.
    init(_ settings: LocalSettings) {
        let gpus = settings.devices == nil ? NVML.devices(library: settings.nvmlLibrary) ?? [] : []
        self.gpus = Array(gpus.prefix(FleetLimits.devicesPerNode))
        fleet = FleetDefinition(topology: Topology(levels: []))
        let name = settings.nodeName ?? Machine.hostName()
        let host = Machine.host(folder: settings.folder)
        if self.gpus.isEmpty {
            let asked = settings.devices ?? LocalSettings.defaultVirtualDevices
            let count = min(max(0, asked), FleetLimits.devicesPerNode)
            fleet.addNode(
                name: name, pool: "default", kind: count > 0 ? "virtual" : nil, devices: count,
                host: host, path: [])
            if count > 0 {
                message = Machine.virtualMessage(count, isAsked: settings.devices != nil)
            }
            return
        }
        let kinds = self.gpus.map { $0.uuid.isEmpty ? "" : NVML.kind(of: $0.name) }
        // One node has one kind: the one of most devices, the first of them by index.
        let counts = Dictionary(grouping: kinds.filter { !$0.isEmpty }) { $0 }.mapValues(\.count)
        let most = counts.values.max() ?? 0
        let kind = kinds.first { counts[$0] == most } ?? "GPU"
        var unhealthy: UInt64 = 0
        for (index, other) in kinds.enumerated() where other != kind {
            unhealthy |= 1 << UInt64(index)
        }
        fleet.addNode(
            name: name, pool: "default", kind: kind, devices: self.gpus.count,
            unhealthyDevices: unhealthy, host: host, path: [])
        if unhealthy != 0 {
            message =
                "\(unhealthy.nonzeroBitCount) of \(self.gpus.count) GPUs are out of service: they"
                + " do not answer, or are not of the kind \(kind)"
        }
    }

    private static func virtualMessage(_ count: Int, isAsked: Bool) -> String {
        let devices = count == 1 ? "1 virtual device" : "\(count) virtual devices"
        return "\(isAsked ? "" : "no GPU found: ")\(devices): jobs run as real processes of this"
            + " machine, and no GPU stands behind a device"
    }

    /// The host's name in the letters that names may have.
    private static func hostName() -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, buffer.count - 1)
        let name = String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let plain = name.map { letter -> Character in
            letter.isASCII && (letter.isLetter || letter.isNumber || "-_.".contains(letter))
                ? letter : "-"
        }
        let trimmed = plain.drop { !($0.isLetter || $0.isNumber) }
        return trimmed.isEmpty ? "localhost" : String(trimmed)
    }

    private static func host(folder: String) -> HostResources {
        var host = HostResources()
        host.cpuMilli = Int64(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) * 1000
        let pages = Int64(sysconf(Int32(_SC_PHYS_PAGES)))
        host.memoryMiB = max(0, (pages * Int64(sysconf(Int32(_SC_PAGESIZE)))) >> 20)
        host.diskMiB = diskMiB(folder)
        return host
    }

    /// The size of the disk that a folder is on, or will be.
    private static func diskMiB(_ folder: String) -> Int64 {
        var url = URL(fileURLWithPath: folder).standardizedFileURL
        while true {
            var status = statvfs()
            if statvfs(url.path, &status) == 0 {
                // Some file systems say that they have no end.
                return Int64(clamping: (Int128(status.f_blocks) * Int128(status.f_frsize)) >> 20)
            }
            let parent = url.deletingLastPathComponent()
            guard parent.path != url.path else { return 0 }
            url = parent
        }
    }
}

extension Machine {
    /// What identifies it, as far as that can be read cheaply.
    var hardware: HardwareFacts { hardware(in: SmallFiles()) }

    /// The same of a machine in files.
    func hardware(in files: SmallFiles) -> HardwareFacts {
        var facts = HardwareFacts(chassis: files.chassisSerial)
        for (index, gpu) in gpus.enumerated() where !gpu.uuid.isEmpty {
            facts.devices.append(.init(index: Int32(index), uuid: gpu.uuid))
        }
        if facts.devices.isEmpty, !gpus.isEmpty { facts.deviceCount = Int32(gpus.count) }
        return facts
    }
}
