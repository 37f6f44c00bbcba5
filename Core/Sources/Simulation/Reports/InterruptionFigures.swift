/// What cut attempts of jobs short in one run, and what that cost.
public struct InterruptionFigures: Equatable, Sendable {
    /// The cost of one cause.
    public struct Cause: Equatable, Sendable {
        /// Attempts cut short.
        public var count = 0
        /// GPU-seconds of work since the last checkpoint.
        public var workGPUSeconds = 0.0
        /// GPU-seconds from the next start until work went on.
        public var restartGPUSeconds = 0.0
        /// GPU-seconds from the order to stop until nothing ran any more.
        public var heldGPUSeconds = 0.0
        /// GPU-seconds that slow nodes took from gangs on them; interrupted or not.
        public var slowedGPUSeconds = 0.0
        /// GPU-seconds asked for from the end of the attempt to the next start; not in
        /// ``lostGPUSeconds``, since others may have had the devices.
        public var waitGPUSeconds = 0.0

        /// GPU-seconds on devices that came to nothing.
        public var lostGPUSeconds: Double {
            workGPUSeconds + restartGPUSeconds + heldGPUSeconds + slowedGPUSeconds
        }
    }

    /// The GPUs from which on a gang is in ``restartOfLargest``.
    public static let largestGPUs: Int64 = 1024

    /// By ``InterruptionCause/rawValue``.
    public var causes = InterruptionCause.allCases.map { _ in Cause() }
    /// Faults that struck the fleet, by ``FaultKind/rawValue``, whether they hit a job or not.
    public var faults = FaultKind.allCases.map { _ in 0 }
    /// Starts on a node or rack that had broken the job before and was not repaired yet.
    public var suspectStarts = 0
    /// Seconds from a failure to the next start of the gang, by ``GangSizeClass/rawValue``.
    public var restartBySize = GangSizeClass.allCases.map { _ in Distribution(nanoseconds: []) }
    /// The same for gangs of 1,024 GPUs and more.
    public var restartOfLargest = Distribution(nanoseconds: [])

    /// Nothing was cut short.
    public init() {}

    /// The cost of one cause.
    public subscript(cause: InterruptionCause) -> Cause { causes[Int(cause.rawValue)] }

    /// Faults of one kind that struck.
    public subscript(kind: FaultKind) -> Int { faults[Int(kind.rawValue)] }

    /// GPU-seconds on devices that came to nothing, of all causes.
    public var lostGPUSeconds: Double { causes.reduce(0) { $0 + $1.lostGPUSeconds } }

    /// Attempts cut short, for any cause.
    public var count: Int { causes.reduce(0) { $0 + $1.count } }

    /// Whether there is anything to tell.
    public var isEmpty: Bool { count == 0 && faults.allSatisfy { $0 == 0 } }
}
