/// Versions that are known not to work together, or not at all.
public struct KnownConflict: Hashable, Sendable {
    /// A part with a range of versions.
    public struct Side: Hashable, Sendable {
        /// The part.
        public var part: StackPart
        /// All of these hold; without any it is enough that the part is there.
        public var rules: [VersionRule]
    }

    /// What stands in the names of the devices that it is about; nil when it is about any node.
    public var device: String?
    /// All sides hold at a time.
    public var sides: [Side]
    /// What goes wrong, and what to use.
    public var words: String
    /// Who says so.
    public var source: String

    private init(
        on device: String? = nil, _ sides: [Side], _ words: String, _ source: String
    ) {
        self.device = device
        self.sides = sides
        self.words = words
        self.source = source
    }

    private static func side(_ part: StackPart, _ rules: VersionRule...) -> Side {
        Side(part: part, rules: rules)
    }

    private static func from(_ text: String) -> VersionRule { .atLeast(Version(text)) }
    private static func before(_ text: String) -> VersionRule { .below(Version(text)) }

    private static let cuda = "CUDA's compatibility notes, by the documents of cuQuantum"
    private static let ofi = "aws/aws-ofi-nccl 2daf7d3"
    private static let aws = "aws-samples/awsome-distributed-training 7217859"

    /// All that are known.
    public static let all: [KnownConflict] = [
        KnownConflict(
            [side(.cuda, from("12"), before("13")), side(.driver, before("525.60.13"))],
            "CUDA 12 needs driver 525.60.13 or newer", cuda),
        KnownConflict(
            [side(.cuda, from("13")), side(.driver, before("580.65.06"))],
            "CUDA 13 needs driver 580.65.06 or newer", cuda),
        KnownConflict(
            [side(.nccl, from("2.28.3"), before("2.28.9"))],
            "NCCL 2.28.3 to 2.28.8 breaks restarts in the process",
            "NVIDIA/nvidia-resiliency-ext d8686d9"),
        KnownConflict(
            [side(.ofi, from("1.11.0"), before("1.11.1")), side(.efa, from("1.35"))],
            "the OFI plugin 1.11.0 is slow with EFA 1.35 and newer; 1.11.1 is not", ofi),
        KnownConflict(
            [side(.ofi, from("1.12.0"), before("1.12.1")), side(.efa, from("1.35"))],
            "the OFI plugin 1.12.0 is slow with EFA 1.35 and newer; 1.12.1 is not", ofi),
        KnownConflict(
            [side(.ofi, from("1.21.1"), before("1.22")), side(.libfabric, before("1.11"))],
            "the OFI plugin 1.21.1 needs libfabric 1.11 or newer", ofi),
        KnownConflict(
            [side(.ofi, from("1.21.1"), before("1.22")), side(.nccl, before("2.17.1"))],
            "the OFI plugin 1.21.1 was tested with NCCL 2.17.1 to 2.31.2, not with older ones",
            ofi),
        KnownConflict(
            [side(.efa, before("1.29.1")), side(.nccl, from("2.19"))],
            "EFA before 1.29.1 with NCCL 2.19 and newer needs FI_EFA_SET_CUDA_SYNC_MEMOPS=0", aws),
        p5(.cuda, "12.0", "CUDA 12.0"),
        p5(.nccl, "2.18.5", "NCCL 2.18.5"),
        p5(.ofi, "1.7.3", "the OFI plugin 1.7.3"),
    ]

    /// What AWS asks of its p5: machines with H100 that EFA is installed on.
    private static func p5(_ part: StackPart, _ least: String, _ name: String) -> KnownConflict {
        KnownConflict(
            on: "H100", [side(.efa), side(part, before(least))],
            "H100 with EFA (AWS p5) needs \(name) or newer", aws)
    }

    /// Those that versions that were found on a node run into.
    ///
    /// - Parameter models: What its devices are called; those of a node are of one model.
    public static func among(_ found: [FoundVersion], models: [String]) -> [KnownConflict] {
        all.filter { conflict in
            conflict.isAbout(models)
                && conflict.sides.allSatisfy { side in
                    found.contains { version in
                        version.part == side.part && !version.version.numbers.isEmpty
                            && side.rules.allSatisfy { $0.allows(version.version) }
                    }
                }
        }
    }

    private func isAbout(_ models: [String]) -> Bool {
        guard let device else { return true }
        return models.contains { $0.uppercased().contains(device) }
    }
}
