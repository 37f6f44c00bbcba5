import FleetModel

/// Whether a library of a driver is there and works.
public enum LibraryState: Hashable, Sendable {
    /// It is not installed.
    case absent
    /// It answers.
    case works
    /// It is there and does not work, and what it says.
    case fails(String)
}

/// What is known of one accelerator without putting it under load. What its driver does not tell is
/// nil or empty.
public struct DeviceFacts: Hashable, Sendable {
    /// The UUID.
    public var uuid = ""
    /// The serial number of its board.
    public var serial = ""
    /// The model, as the driver calls it.
    public var model = ""
    /// Where it is on the PCI bus.
    public var pciAddress = ""
    /// Its firmware.
    public var vbios = ""
    /// Whether ECC is on.
    public var hasECC: Bool?
    /// Memory errors since the driver was loaded that could not be corrected.
    public var uncorrectedErrors: Int64?
    /// The same over its life.
    public var uncorrectedErrorsEver: Int64?
    /// Rows that were replaced after errors that could be corrected.
    public var correctedRows: Int64?
    /// Rows that were replaced after errors that could not be corrected.
    public var uncorrectedRows: Int64?
    /// Whether a replacement waits for a reset.
    public var isRemapPending: Bool?
    /// Whether a replacement did not work.
    public var hasRemapFailed: Bool?
    /// Lanes of its PCIe link.
    public var width: Int64?
    /// Lanes that device and slot have.
    public var widthMost: Int64?
    /// Generation that device and slot have.
    public var generationMost: Int64?
    /// Whether it is split into instances (MIG), each a device of its own to CUDA.
    public var isSplit: Bool?
    /// How it stands in the fabric of NVLinks; nil where its driver does not say.
    public var fabric: FabricFacts?
    /// Questions that its driver failed to answer.
    public var failures: [String] = []

    /// Nothing is known.
    public init() {}
}

/// What is known of one port of the fabric.
public struct PortFacts: Hashable, Sendable {
    /// The adapter and port, such as `mlx5_0/1`.
    public var name: String
    /// Whether it carries data.
    public var isActive: Bool
    /// The rate in words, such as `400 Gb/sec (4X NDR)`.
    public var rate: String

    /// Gathers a port.
    public init(name: String, isActive: Bool, rate: String) {
        self.name = name
        self.isActive = isActive
        self.rate = rate
    }

    /// The rate in Gb/s; 0 when the words have none.
    public var gigabits: Int64 {
        let number = rate.utf8.prefix { $0 != 0x20 }
        return (FixedDecimal.milli(number) ?? 0) / 1000
    }
}

/// Errors that one of the host's memory controllers counted since the machine was started.
public struct MemoryControllerFacts: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Errors that were corrected.
    public var corrected: Int64
    /// Errors that could not be corrected.
    public var uncorrected: Int64

    /// Gathers counters.
    public init(name: String, corrected: Int64, uncorrected: Int64) {
        self.name = name
        self.corrected = corrected
        self.uncorrected = uncorrected
    }
}

/// What a node is, as far as can be seen without putting anything under load.
public struct MachineFacts: Hashable, Sendable {
    /// The host's name.
    public var host = ""
    /// The serial number of the chassis; often only root may read it.
    public var chassis = ""
    /// The model of the processor.
    public var processor = ""
    /// Cores that are on.
    public var cores: Int64 = 0
    /// The devices, in order of their PCI addresses.
    public var devices: [DeviceFacts] = []
    /// Devices that the CUDA driver counts; nil when it is not there or does not work.
    public var cudaDevices: Int64?
    /// Where the devices that the CUDA driver counts are on the PCI bus.
    public var cudaAddresses: [String] = []
    /// NVIDIA's accelerators on the PCI bus.
    public var pciDevices: Int64 = 0
    /// Where those of them are that can do nothing but compute, and are this system's to use.
    public var computeAddresses: [String] = []
    /// Where those of them are that can also drive a display.
    public var displayAddresses: [String] = []
    /// NVML.
    public var nvml = LibraryState.absent
    /// The CUDA driver's library.
    public var cuda = LibraryState.absent
    /// Ports of the fabric.
    public var ports: [PortFacts] = []
    /// The host's memory controllers, where the kernel watches them.
    public var memoryControllers: [MemoryControllerFacts] = []
    /// Versions that were found.
    public var versions: [FoundVersion] = []

    /// Nothing is known.
    public init() {}

    /// How many devices there are to check.
    public var deviceCount: Int32 {
        Int32(clamping: devices.isEmpty ? cudaDevices ?? 0 : Int64(devices.count))
    }

    /// Whether a device is split into instances.
    public var isSplit: Bool { devices.contains { $0.isSplit == true } }

    /// NVIDIA's devices on the bus that should be devices of the driver. One with a display counts
    /// only where the driver has others of the kind: elsewhere it may be there for a screen.
    var expectedAddresses: [String] {
        let known = Set(devices.compactMap { BusPlace($0.pciAddress) })
        let hasDisplays = displayAddresses.contains { BusPlace($0).map(known.contains) ?? false }
        return (computeAddresses + (hasDisplays ? displayAddresses : [])).sorted()
    }

    /// Why there is no device to check, if there is none: nothing that could drive one is installed
    /// and the bus has none; or why they cannot be checked although something is there.
    public var absence: DeviceAbsence? {
        if case .fails(let words) = nvml { return .broken("NVML is installed and fails: \(words)") }
        if case .fails(let words) = cuda {
            return .broken("the CUDA driver is installed and fails: \(words)")
        }
        guard deviceCount == 0 else { return nil }
        if pciDevices > 0 {
            return .broken("\(pciDevices) NVIDIA devices are on the PCI bus and no driver has them")
        }
        if nvml == .works || cuda == .works {
            return .broken("the driver is installed and has no device")
        }
        return .absent("no NVIDIA driver is installed and no NVIDIA device is on the PCI bus")
    }

    /// What a figure of this node can be compared by.
    public func key(for result: CheckResult) -> FigureKey {
        func version(_ part: StackPart) -> String {
            versions.first { $0.part == part }?.version.text ?? ""
        }
        let fabric = ports.first(where: \.isActive)?.rate ?? ""
        if result.check.entry.subject == .host {
            return FigureKey(model: processor, driver: version(.kernel), fabric: fabric)
        }
        let device = result.device.flatMap { index in
            devices.indices.contains(Int(index)) ? devices[Int(index)] : nil
        }
        return FigureKey(
            model: (device ?? devices.first)?.model ?? "", driver: version(.driver), fabric: fabric)
    }

    /// What the machine or device of a result is known by.
    public func machine(of result: CheckResult) -> String {
        let own = chassis.isEmpty ? host : chassis
        guard let index = result.device, devices.indices.contains(Int(index)) else { return own }
        let uuid = devices[Int(index)].uuid
        return uuid.isEmpty ? "\(own)/\(index)" : uuid
    }
}

/// Why no device can be checked.
public enum DeviceAbsence: Hashable, Sendable {
    /// There is none.
    case absent(String)
    /// Something is there and does not work.
    case broken(String)

    /// A device is split into instances: a program sees one of them, whose figures are not those of
    /// a device.
    public static let split = DeviceAbsence.absent("a device is split into instances (MIG)")

    /// The result of a check of devices.
    public func result(of check: CheckID, device: Int32? = nil) -> CheckResult {
        switch self {
        case .absent(let words): CheckResult(check, device: device, .notApplicable, [words])
        case .broken(let words):
            CheckResult(check, device: device, .error, [words], code: .driverFails)
        }
    }
}
