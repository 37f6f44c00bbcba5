/// Which resource names are accelerators and which are network interfaces of their fabric.
public struct ResourceNaming: Hashable, Sendable {
    /// Names of accelerators; one that ends in `*` stands for all that begin like it.
    public var accelerators: [String]
    /// Names of network interfaces, written the same way.
    public var nics: [String]

    /// The defaults: NVIDIA GPUs and MIG profiles, AMD GPUs, AWS Neuron; EFA and RDMA devices.
    public init(
        accelerators: [String] = [
            "nvidia.com/gpu", "nvidia.com/mig-*", "amd.com/gpu", "aws.amazon.com/neuron",
        ],
        nics: [String] = ["vpc.amazonaws.com/efa", "rdma/*"]
    ) {
        self.accelerators = accelerators
        self.nics = nics
    }

    /// What a resource is counted as.
    public enum Role: Hashable, Sendable {
        /// A device of an accelerator kind.
        case accelerator
        /// A network interface.
        case nic
        /// Something that only the node itself counts.
        case other
    }

    /// What a resource is counted as. O(patterns).
    public func role(of name: String) -> Role {
        if accelerators.contains(where: { ResourceNaming.matches(name, $0) }) {
            return .accelerator
        }
        return nics.contains { ResourceNaming.matches(name, $0) } ? .nic : .other
    }

    private static func matches(_ name: String, _ pattern: String) -> Bool {
        guard pattern.utf8.last == UInt8(ascii: "*") else { return name == pattern }
        return name.utf8.starts(with: pattern.utf8.dropLast())
    }
}
