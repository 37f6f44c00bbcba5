import AgentWire
import FleetModel

/// Reads who the machine is and what runs on it.
struct IdentityReader {
    let tree: SysTree
    private static let firmware = "/sys/class/dmi/id/"
    /// Kernel modules whose version matters to jobs.
    private static let modules = [
        "efa", "gdrdrv", "ib_core", "mlx5_core", "nvidia", "nvidia_fs", "nvidia_peermem",
    ]

    /// The serial number of the machine; empty where there is none.
    func chassisSerial() -> String {
        ChassisSerial.of(
            chassis: tree.text(IdentityReader.firmware + "chassis_serial"),
            product: tree.text(IdentityReader.firmware + "product_serial"))
    }

    /// What the machine is.
    func product() -> String {
        let maker = tree.text(IdentityReader.firmware + "sys_vendor") ?? ""
        let name = tree.text(IdentityReader.firmware + "product_name") ?? ""
        return maker.isEmpty || name.hasPrefix(maker) ? name : "\(maker) \(name)"
    }

    /// Versions of the kernel, of modules and of the firmware, in the order of their parts.
    func versions() -> [ReportedVersion] {
        var versions: [ReportedVersion] = []
        if let bios = tree.text(IdentityReader.firmware + "bios_version") {
            versions.append(ReportedVersion("bios", bios))
        }
        if let kernel = tree.text("/proc/sys/kernel/osrelease") {
            versions.append(ReportedVersion("kernel", kernel))
        }
        for module in IdentityReader.modules {
            guard let version = tree.text("/sys/module/\(module)/version") else { continue }
            versions.append(ReportedVersion(module, version))
        }
        return versions
    }
}
