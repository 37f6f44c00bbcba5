/// A part of a node's software or firmware that has a version.
public enum StackPart: UInt8, CaseIterable, Hashable, Comparable, Sendable {
    /// The kernel.
    case kernel
    /// NVIDIA's driver.
    case driver
    /// The newest CUDA that the driver runs.
    case cuda
    /// NCCL.
    case nccl
    /// cuBLAS.
    case cublas
    /// The installer of EFA.
    case efa
    /// libfabric.
    case libfabric
    /// NCCL's plugin for libfabric.
    case ofi
    /// GDRCopy's kernel module.
    case gdrcopy
    /// Firmware of the network interfaces.
    case firmware
    /// Firmware of the devices.
    case vbios

    /// The key in a stack file, and the name in output.
    public var name: String {
        switch self {
        case .kernel: "kernel"
        case .driver: "driver"
        case .cuda: "cuda"
        case .nccl: "nccl"
        case .cublas: "cublas"
        case .efa: "efa"
        case .libfabric: "libfabric"
        case .ofi: "ofi"
        case .gdrcopy: "gdrcopy"
        case .firmware: "firmware"
        case .vbios: "vbios"
        }
    }

    /// Whether it is found among the files of a system, so that a container has its own.
    public var isLibrary: Bool {
        switch self {
        case .nccl, .cublas, .efa, .libfabric, .ofi: true
        case .kernel, .driver, .cuda, .gdrcopy, .firmware, .vbios: false
        }
    }

    /// Orders as they are declared.
    public static func < (left: StackPart, right: StackPart) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A part and a version that was found; a part may be found in several.
public struct FoundVersion: Hashable, Sendable {
    /// The part.
    public var part: StackPart
    /// Its version.
    public var version: Version
    /// Where it was found, such as a path or a device.
    public var place: String

    /// Gathers a version.
    public init(_ part: StackPart, _ version: String, at place: String) {
        self.part = part
        self.version = Version(version)
        self.place = place
    }
}
