/// Why an attempt of a job ended before it was done, by who has to do something about it.
public enum RestartCause: UInt8, CaseIterable, Hashable, Sendable {
    /// The job's own program.
    case application
    /// A device, node or disk.
    case hardware
    /// The network between nodes.
    case network
    /// Nobody made progress, and nobody knows whose fault it is.
    case hang
    /// The members could not be started.
    case start
    /// Another job, or maintenance.
    case preemption
    /// Something that is not attributed to anything.
    case unknown
    /// Nothing went wrong: it had done its work, or somebody ended it.
    case done

    /// The name in reports.
    public var name: String {
        switch self {
        case .application: "application"
        case .hardware: "hardware"
        case .network: "network"
        case .hang: "hang"
        case .start: "start"
        case .preemption: "preemption"
        case .unknown: "not attributed"
        case .done: "done"
        }
    }
}
