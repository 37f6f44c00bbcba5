import AgentWire
import FleetModel
import HealthSignals

/// Reads what the machine is, and which parts of it are there to be asked what changes.
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

    /// Looks over, now and then, what the machine is made of as far as sysfs tells: by files that
    /// the kernel has in its own memory, so that nothing that dies can hold their reader.
    public mutating func look(now: Instant, into report: inout MachineReport) {
        guard lookedAt.map({ $0 + MachineReader.lookOver <= now }) ?? true else { return }
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

    /// What is there to be asked for values.
    func parts() -> [MachinePart] {
        let network = NetworkReader(tree: tree)
        return network.cards().map { .card($0) } + network.physical().map { .interface($0) }
            + devices.map { .bus($0) } + HeatReader(tree: tree).zones().map { .zone($0) }
            + packages.map { .package($0.package, processor: $0.processor) }
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
