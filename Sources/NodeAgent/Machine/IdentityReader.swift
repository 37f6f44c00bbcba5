import AgentWire

/// Reads who the machine is and what runs on it.
struct IdentityReader {
    let tree: SysTree
    private static let firmware = "/sys/class/dmi/id/"
    /// Kernel modules whose version matters to jobs.
    private static let modules = [
        "efa", "gdrdrv", "ib_core", "mlx5_core", "nvidia", "nvidia_fs", "nvidia_peermem",
    ]

    /// The serial number of the chassis; where the vendor wrote none, the product's.
    func chassisSerial() -> String {
        for file in ["chassis_serial", "product_serial"] {
            guard let text = tree.text(IdentityReader.firmware + file) else { continue }
            if IdentityReader.isSerial(text) { return text }
        }
        return ""
    }

    /// Whether a text can be one machine's: phrases such as `To Be Filled By O.E.M.` have hardly a
    /// digit. What is no identity all the same is the ledger's to say.
    static func isSerial(_ text: String) -> Bool {
        let digits = text.utf8.filter { $0 >= 48 && $0 <= 57 }
        return digits.count >= 2 && Set(digits).count >= 2 && !text.hasPrefix("0123456789")
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
