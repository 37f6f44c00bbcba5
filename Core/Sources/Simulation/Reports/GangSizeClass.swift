/// Classes of jobs by the GPUs they ask for, part of a GPU rounded up.
///
/// Jobs below one GPU, those without any included, count as one GPU.
public enum GangSizeClass: Int, CaseIterable, Sendable {
    /// One GPU or less.
    case one
    /// Two to seven GPUs.
    case twoToSeven
    /// Eight GPUs: one common node.
    case eight
    /// 9 to 31 GPUs.
    case nineTo31
    /// 32 to 63 GPUs.
    case from32To63
    /// 64 GPUs and more.
    case from64

    /// GPUs from which on a gang counts as large: on a dozen nodes of 8 and on some dozens.
    public static let largeGangGPUs: [Int64] = [16, 32]

    /// The class of a job that asks for `gpuMilli` thousandths of GPUs.
    public init(gpuMilli: Int64) {
        switch gpuMilli {
        case ...1_000: self = .one
        case ...7_000: self = .twoToSeven
        case ...8_000: self = .eight
        case ...31_000: self = .nineTo31
        case ...63_000: self = .from32To63
        default: self = .from64
        }
    }

    /// The name in JSON and in tables.
    public var name: String {
        switch self {
        case .one: "1"
        case .twoToSeven: "2-7"
        case .eight: "8"
        case .nineTo31: "9-31"
        case .from32To63: "32-63"
        case .from64: "64+"
        }
    }
}
