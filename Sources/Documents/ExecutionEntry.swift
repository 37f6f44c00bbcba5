import FleetModel

/// What the members of a job run, for backends that run programs.
public struct ExecutionEntry: Hashable, Sendable {
    /// What exit codes say about what comes next.
    public struct ExitCodes: Hashable, Sendable {
        /// Codes that mean success beside 0.
        public var done: [Int32] = []
        /// Try again, within the retries for the program's own failures.
        public var retry: [Int32] = [75]
        /// The machine is to blame: try again on other nodes.
        public var retryElsewhere: [Int32] = [76]
        /// Never try again. 64 to 78 but for 75 and 76 are usage and configuration mistakes in
        /// `sysexits.h`; 78 alone is what programs use in practice. 93 is what NVRx's launcher says
        /// when its attribution says so or nothing goes forward (nvidia-resiliency-ext d8686d9).
        public var never: [Int32] = [78, 93]

        /// The classes that `docs/FILES.md` lists as defaults.
        public init() {}
    }

    /// The program and its arguments; a single string in the file is run by `/bin/sh -c`.
    public var command: [String] = []
    /// Variables that are set for it, in order of name.
    public var environment: [EnvironmentEntry] = []
    /// Where it starts; a folder of the attempt's own when it is nil.
    public var workingDirectory: String?
    /// From the signal to stop to the end by force.
    public var grace: TimeSpan = .seconds(30)
    /// What its exit codes mean.
    public var exitCodes = ExitCodes()
    /// The most that is kept of each member's output, in bytes: the newest part.
    public var logLimitBytes: Int64 = 64 << 20
    /// Where it keeps its checkpoints; a folder of the job's own when it is nil.
    public var checkpointFolder: String?

    /// Nothing to run.
    public init() {}
}

/// One variable of a job's environment.
public struct EnvironmentEntry: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Its value.
    public var value: String

    /// Gathers a variable.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
