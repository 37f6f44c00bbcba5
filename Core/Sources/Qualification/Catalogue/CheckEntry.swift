import Health

/// What is known of a check before it runs.
public struct CheckEntry: Hashable, Sendable {
    /// How it meets the devices of a node.
    public enum Reach: UInt8, Hashable, Sendable {
        /// It is of the host, or looks at all devices itself.
        case node
        /// Once for each device, one after the other, since they share what is measured.
        case eachInTurn
        /// Once for each device, all at a time, as a job would load them.
        case eachAtOnce
    }

    /// The name in commands and output.
    public let name: String
    /// What it measures, for tables.
    public let title: String
    /// What it needs to be worth starting: a device, a tool.
    public let subject: Subject
    /// How it meets devices.
    public let reach: Reach
    /// Whether it puts its components under load; what does not proves nothing.
    public let isLoad: Bool
    /// What it is of.
    public let components: ComponentSet
    /// Seconds that it may take at each level, from short to long, all devices together; 0 where
    /// the level leaves it out.
    public let seconds: [Int32]

    /// What a check is about.
    public enum Subject: UInt8, Hashable, Sendable {
        /// The machine itself.
        case host
        /// Accelerators.
        case device
        /// Another program that tests accelerators.
        case tool
    }

    /// The shortest level that runs it.
    public var level: QualificationLevel {
        let index = seconds.firstIndex { $0 > 0 } ?? seconds.count - 1
        return QualificationLevel.allCases[index]
    }

    /// Seconds at a level, all devices together.
    public func seconds(at level: QualificationLevel) -> Int32 { seconds[Int(level.rawValue)] }
}

extension CheckID {
    /// What is known of the check.
    public var entry: CheckEntry {
        switch self {
        case .identity:
            quick("identity", "devices and their identities", .host)
        case .versions:
            quick("versions", "versions against the declared stack", .host)
        case .deviceECC:
            quick("device-ecc", "memory errors and remapped rows", .device)
        case .devicePCIe:
            quick("device-pcie", "PCIe generation and width", .device)
        case .deviceFabric:
            quick("device-fabric", "registration with the fabric of NVLinks", .device)
        case .fabric:
            quick("fabric", "ports of the fabric", .host)
        case .hostECC:
            quick("host-ecc", "errors of the host's memory", .host)
        case .healthValidation:
            quick("health-validation", "NVIDIA Health Validation", .tool)
        case .hostMemory:
            load("host-memory", "the host's memory", .host, .host, [0, 10, 60, 240])
        case .hostCPU:
            load("host-cpu", "cores, clocks, temperatures", .host, .host, [0, 10, 60, 240])
        case .disk:
            load("disk", "local disk", .host, .disk, [0, 10, 60, 180])
        case .network:
            load("network", "TCP to itself or to a peer", .host, .network, [0, 6, 30, 120])
        case .deviceCopy:
            load(
                "device-copy", "copies between host and device", .device, .pcie, [0, 16, 40, 80],
                .eachInTurn)
        case .deviceMemory:
            load(
                "device-memory", "memory of the devices", .device, .deviceMemory,
                [0, 15, 90, 400], .eachAtOnce)
        case .deviceMultiply:
            load(
                "device-multiply", "sustained matrix multiplication", .device, .device,
                [0, 20, 180, 900], .eachAtOnce)
        case .deviceLinks:
            load(
                "device-links", "copies from device to device", .device, .deviceLink,
                [0, 10, 30, 120])
        case .dcgm:
            load("dcgm", "dcgmi diag", .tool, [], [0, 10, 180, 1000])
        case .nvbandwidth:
            load("nvbandwidth", "nvbandwidth", .tool, [], [0, 0, 60, 100])
        case .nccl:
            load("nccl", "all-reduce of nccl-tests", .tool, [], [0, 0, 60, 100])
        case .pytorch:
            load("pytorch", "matrix multiplication by PyTorch", .tool, [], [0, 0, 30, 60])
        }
    }

    private func quick(
        _ name: String, _ title: String, _ subject: CheckEntry.Subject
    ) -> CheckEntry {
        CheckEntry(
            name: name, title: title, subject: subject, reach: .node, isLoad: false,
            components: [], seconds: [1, 1, 1, 1])
    }

    private func load(
        _ name: String, _ title: String, _ subject: CheckEntry.Subject,
        _ components: ComponentSet, _ seconds: [Int32], _ reach: CheckEntry.Reach = .node
    ) -> CheckEntry {
        CheckEntry(
            name: name, title: title, subject: subject, reach: reach, isLoad: true,
            components: components, seconds: seconds)
    }
}
