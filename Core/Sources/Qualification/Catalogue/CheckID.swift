import Health

/// One of the checks that a node can go through. The raw value is the check's `TestID` in the
/// ledger, so a number that was ever used is never used again. They run in the order in which they
/// stand here: what is quick, what is of the host, what is of devices, other tools.
public enum CheckID: Int32, CaseIterable, Hashable, Comparable, Sendable {
    /// Which devices there are, and whether they are those that should be.
    case identity = 0
    /// Versions against the declared stack and known conflicts.
    case versions = 1
    /// Errors that the devices' memory counts, and rows that were replaced.
    case deviceECC = 2
    /// Generation and width of the devices' PCIe links.
    case devicePCIe = 3
    /// Whether the devices are registered with their fabric of NVLinks.
    case deviceFabric = 19
    /// InfiniBand, RoCE and EFA ports.
    case fabric = 4
    /// Errors that the host's memory controllers count.
    case hostECC = 5
    /// NVIDIA Health Validation, where it is installed.
    case healthValidation = 6
    /// Pattern and bandwidth of the host's memory.
    case hostMemory = 7
    /// The host's cores under load: results, clocks, temperatures.
    case hostCPU = 8
    /// Throughput, flush latency and contents of a local disk.
    case disk = 9
    /// A TCP connection to itself or to a peer.
    case network = 10
    /// Copies between host and device.
    case deviceCopy = 11
    /// Pattern and bandwidth of the devices' memory.
    case deviceMemory = 12
    /// Sustained matrix multiplication with its result checked.
    case deviceMultiply = 13
    /// Copies from device to device.
    case deviceLinks = 14
    /// `dcgmi diag`, where it is installed.
    case dcgm = 15
    /// nvbandwidth, where it is installed.
    case nvbandwidth = 16
    /// All-reduce of nccl-tests, where they are installed.
    case nccl = 17
    /// A matrix multiplication by PyTorch, where it is installed.
    case pytorch = 18

    /// Orders as they run.
    public static func < (left: CheckID, right: CheckID) -> Bool { left.place < right.place }

    private var place: Int { CheckID.allCases.firstIndex(of: self) ?? CheckID.allCases.count }

    /// The number in the ledger.
    public var testID: TestID { TestID(rawValue: rawValue) }

    /// The name in commands and output.
    public var name: String { entry.name }

    /// The check of a name.
    public init?(name: String) {
        guard let found = CheckID.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }
}

extension QualificationLevel {
    /// The name in commands and output.
    public var name: String {
        switch self {
        case .seconds: "quick"
        case .twoMinutes: "2m"
        case .fifteenMinutes: "15m"
        case .hour: "1h"
        }
    }

    /// Seconds that all checks of the level together may take.
    public var budgetSeconds: Int32 {
        switch self {
        case .seconds: 10
        case .twoMinutes: 120
        case .fifteenMinutes: 900
        case .hour: 3600
        }
    }

    /// The level of a name.
    public init?(name: String) {
        guard let level = QualificationLevel.allCases.first(where: { $0.name == name }) else {
            return nil
        }
        self = level
    }
}
