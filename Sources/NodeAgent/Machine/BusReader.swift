import AgentWire
import HealthSignals

/// Reads the PCI buses from sysfs: which GPUs are there, how wide and fast the links of GPUs,
/// switches and network cards are, and what errors they counted.
struct BusReader {
    /// A device that is watched.
    struct Device: Equatable {
        var address: PCIAddress
        var name: String
        var isGPU: Bool
    }

    let tree: SysTree
    private static let folder = "/sys/bus/pci/devices"
    private static let nvidia: Int64 = 0x10DE

    /// GPUs, NVSwitches and network cards. A walk over all devices: for now and then.
    func devices() -> [Device] {
        var devices: [Device] = []
        for name in tree.names(BusReader.folder) where devices.count < 256 {
            guard let address = PCIAddress(text: name),
                let kind = tree.number("\(BusReader.folder)/\(name)/class").map({ $0 >> 8 })
            else { continue }
            let isNvidia =
                tree.number("\(BusReader.folder)/\(name)/vendor") == BusReader.nvidia
            // Display and 3D controllers; bridges of other kinds; Ethernet and InfiniBand.
            let isGPU = isNvidia && (kind == 0x0300 || kind == 0x0302)
            let isSwitch = isNvidia && kind == 0x0680
            let isNetwork = kind == 0x0200 || kind == 0x0207
            // A virtual function has the link of its physical one.
            let isVirtual = tree.exists("\(BusReader.folder)/\(name)/physfn")
            if isGPU || isSwitch || isNetwork && !isVirtual {
                devices.append(Device(address: address, name: name, isGPU: isGPU))
            }
        }
        return devices
    }

    /// The link and the error counters of a device. Speeds are in MT/s.
    func samples(of device: Device) -> [AgentSample] {
        var samples: [AgentSample] = []
        let folder = "\(BusReader.folder)/\(device.name)/"
        func add(_ name: String, _ value: Int64?) {
            guard let value else { return }
            samples.append(AgentSample(SampleKey(.bus(device.address), .counter(name)), value))
        }
        for name in ["current_link_width", "max_link_width"] {
            add(name, tree.number(folder + name))
        }
        for name in ["current_link_speed", "max_link_speed"] {
            add(name, tree.text(folder + name).flatMap(BusReader.megatransfers))
        }
        for (name, total) in [
            ("aer_dev_correctable", "TOTAL_ERR_COR"), ("aer_dev_nonfatal", "TOTAL_ERR_NONFATAL"),
            ("aer_dev_fatal", "TOTAL_ERR_FATAL"),
        ] { add(name, tree.text(folder + name).flatMap { BusReader.total($0, total) }) }
        return samples
    }

    /// `16.0 GT/s PCIe` as 16000.
    static func megatransfers(_ text: String) -> Int64? {
        guard let word = text.split(separator: " ").first, text.contains("GT/s") else { return nil }
        return DecimalNumber.scaled(word, by: 3)
    }

    /// The total of a table of error counters.
    static func total(_ text: String, _ name: String) -> Int64? {
        for line in text.split(separator: "\n") where line.hasPrefix(name + " ") {
            return Int64(line.dropFirst(name.utf8.count + 1))
        }
        return nil
    }
}
