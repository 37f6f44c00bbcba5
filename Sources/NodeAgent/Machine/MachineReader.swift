import AgentWire
import FleetModel
import HealthSignals

/// Reads the machine: often what changes, and now and then what is there at all.
public struct MachineReader {
    private let tree: SysTree
    private var devices: [BusReader.Device] = []
    private var packages: [(package: Int64, processor: String)] = []
    private var slots: [String: String] = [:]
    private var lookedAt: Instant?

    /// How often the machine is looked over for what is there.
    private static let lookOver = TimeSpan.seconds(300)

    /// Reads below a folder.
    public init(_ tree: SysTree) { self.tree = tree }

    /// All values, and what the machine is made of as far as sysfs tells. `devices` are those that
    /// answered the driver's library, with its versions.
    public mutating func read(now: Instant, into report: inout MachineReport) -> [AgentSample] {
        if lookedAt.map({ $0 + MachineReader.lookOver <= now }) ?? true {
            lookedAt = now
            devices = BusReader(tree: tree).devices()
            packages = HeatReader(tree: tree).packages()
            slots = readSlots()
            let identity = IdentityReader(tree: tree)
            report.chassisSerial = identity.chassisSerial()
            report.product = identity.product()
            report.interfaces = NetworkReader(tree: tree).interfaces()
            report.devicesOnBus = UInt8(clamping: devices.lazy.filter(\.isGPU).count)
            report.versions = identity.versions()
        }
        return NetworkReader(tree: tree).samples() + BusReader(tree: tree).samples(devices)
            + HeatReader(tree: tree).samples(packages)
    }

    /// The slot that a device of the buses is plugged into, as the firmware calls it.
    func slot(of device: ReportedDevice) -> String {
        guard let address = device.address else { return "" }
        // The kernel names slots without the function.
        return slots[String(address.text.dropLast(2))] ?? ""
    }

    private func readSlots() -> [String: String] {
        var slots: [String: String] = [:]
        for name in tree.names("/sys/bus/pci/slots").prefix(256) {
            if let address = tree.text("/sys/bus/pci/slots/\(name)/address") {
                slots[address] = name
            }
        }
        return slots
    }
}
