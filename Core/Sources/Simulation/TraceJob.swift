/// One job as a trace has it, before it is fitted to a fleet.
///
/// Every reader of a trace format produces these. What a format does not have keeps its default.
public struct TraceJob: Hashable, Sendable {
    /// The line of the file that the job stands on, counted from 1, for diagnostics.
    public var line: Int
    /// The job's name or id in the trace; empty when it has none.
    public var name: String
    /// When it was submitted, in nanoseconds since the trace's own origin.
    public var submitNanoseconds: Int64
    /// How long it ran, in nanoseconds; -1 when the trace does not say.
    public var durationNanoseconds: Int64
    /// GPUs over the whole job; processors for traces of machines without GPUs.
    public var gpus: Int
    /// Thousandths of each GPU, 1 to 1000; below 1000 only when `gpus` is 1.
    public var gpuMilli: Int = 1000
    /// CPU of the whole job in thousandths of a core.
    public var cpuMilli: Int64 = 0
    /// Memory of the whole job in MiB.
    public var memoryMiB: Int64 = 0
    /// Accelerator kinds that it accepts by name; empty for any.
    public var kinds: [String] = []
    /// Who submitted it: tenant, virtual cluster or user; empty when the trace does not say.
    public var tenant: String = ""
    /// The family of jobs it belongs to, such as a model or executable name; may be empty.
    public var family: String = ""
    /// The time limit that was declared, in nanoseconds; -1 when there is none.
    public var limitNanoseconds: Int64 = -1
    /// Its priority; higher goes first.
    public var priority: Int32 = 0

    /// Describes a job by what every trace has; the rest is set by property.
    public init(
        line: Int, name: String, submitNanoseconds: Int64, durationNanoseconds: Int64, gpus: Int
    ) {
        self.line = line
        self.name = name
        self.submitNanoseconds = submitNanoseconds
        self.durationNanoseconds = durationNanoseconds
        self.gpus = gpus
    }
}
