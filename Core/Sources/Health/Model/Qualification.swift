import FleetModel

/// How long a qualification may take, and so how much it can find.
public enum QualificationLevel: UInt8, CaseIterable, Hashable, Comparable, Sendable {
    /// Presence, identity, versions, counters.
    case seconds
    /// And short loads.
    case twoMinutes
    /// And sustained loads.
    case fifteenMinutes
    /// And everything that there is.
    case hour

    /// Orders from short to long.
    public static func < (left: QualificationLevel, right: QualificationLevel) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// How a qualification ended.
public enum QualificationVerdict: UInt8, CaseIterable, Hashable, Sendable {
    /// Everything that ran was right.
    case passed
    /// Something was wrong.
    case failed
    /// It could not run, or says nothing about the hardware.
    case inconclusive
}

/// What a qualification found.
public struct QualificationOutcome: Hashable, Sendable {
    /// How it ended.
    public var verdict: QualificationVerdict
    /// The level that was run.
    public var level: QualificationLevel
    /// Whether the hardware was under load: a machine that idles looks well.
    public var isLoaded: Bool
    /// What was put under load.
    public var components: ComponentSet
    /// Bit `i` says that device `i` was tested.
    public var devices: UInt64
    /// Bit `i` says that device `i` is to blame; 0 when the node is, or nothing.
    public var failedDevices: UInt64
    /// What failed.
    public var failedTests: [TestID]
    /// The version of the tests.
    public var version: Int32
    /// Of a test between two nodes without an answer: whether the other one was ready to answer
    /// and could not be reached.
    public var isUnreached = false

    /// Gathers an outcome.
    public init(
        verdict: QualificationVerdict, level: QualificationLevel, isLoaded: Bool,
        components: ComponentSet, devices: UInt64, failedDevices: UInt64 = 0,
        failedTests: [TestID] = [], version: Int32 = 1
    ) {
        self.verdict = verdict
        self.level = level
        self.isLoaded = isLoaded
        self.components = components
        self.devices = devices
        self.failedDevices = failedDevices
        self.failedTests = failedTests
        self.version = version
    }

    /// A test between two nodes whose other side was ready to answer and could not be reached.
    public static func unreached(_ level: QualificationLevel) -> QualificationOutcome {
        var outcome = noAnswer(level)
        outcome.isUnreached = true
        return outcome
    }

    /// A test that says nothing about the hardware: it never had an answer, or none to go by.
    public static func noAnswer(_ level: QualificationLevel) -> QualificationOutcome {
        QualificationOutcome(
            verdict: .inconclusive, level: level, isLoaded: false, components: [], devices: 0)
    }
}

/// How a repair ended.
public enum RepairOutcome: UInt8, CaseIterable, Hashable, Sendable {
    /// It was carried out; whether it helped is for the proof to say.
    case done
    /// It was tried and did not work.
    case failed
    /// The backend cannot do it.
    case impossible
}
