import FleetModel

/// Bounds of the format beside those of the fleet model. Writer and reader enforce the same ones.
public enum JournalLimits {
    /// Bytes of one record's payload: what 26 bits of length can say, just below 64 MiB. The
    /// largest input, a whole fleet of `FleetLimits.nodes` nodes, takes about a tenth of it.
    public static let payloadBytes = (1 << 26) - 1
    /// Bytes of the header's body: twice what the longest names of the most levels take.
    public static let headerBytes = 1 << 16
    /// Bytes of a level's name or label; a Kubernetes label key has at most 317.
    public static let nameBytes = 1_024
    /// Classes of an expected workload: ten times the shapes seen in public traces.
    public static let workloadClasses = 10_000
    /// Jobs that a gang stands in place of: each had a device where it stands, or waited as it.
    public static let replacedJobs = FleetLimits.membersPerJob
}
