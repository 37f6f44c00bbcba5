/// Bounds on what an agent may say, whatever its bytes claim.
public enum AgentLimits {
    /// The version of the format that is written where the receiver knows it. The second has
    /// where devices sit, their fabric, and the addresses of network interfaces.
    public static let version: UInt8 = 2
    /// The oldest version that is read, and written for receivers that know no newer one. Answers
    /// and files of an agent's memory, which have not changed since, are of this version.
    public static let oldestVersion: UInt8 = 1
    /// Bytes of one message.
    public static let messageBytes = 512 << 10
    /// Bytes of a node's name, as DNS has it.
    public static let nodeBytes = 253
    /// Bytes of any other name, version or serial number.
    public static let textBytes = 128
    /// Bytes of a record, its fault included.
    public static let recordBytes = 2048
    /// Records of one message.
    public static let records = 256
    /// Samples of one message.
    public static let samples = 4096
    /// Devices of one machine.
    public static let devices = 64
    /// Network interfaces of one machine.
    public static let interfaces = 128
    /// Versions that a machine reports.
    public static let versions = 32
    /// Streams of a node whose place is kept, so that a late copy of an older one is known.
    public static let streams = 4
    /// Seconds between messages that a receiver can ask for.
    public static let interval: ClosedRange<UInt16> = 1...3600
    /// How old a record can be; what claims more is taken for so old.
    public static let recordAge: Int64 = 400 * 86_400_000_000_000
}
