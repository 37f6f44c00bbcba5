import FleetModel

/// What a burst of faults on a node means, decided as one.
public struct FaultVerdict: Hashable, Sendable {
    /// When in a burst a verdict is told.
    public enum Stage: String, Hashable, Sendable {
        /// At once, because hardware must not go on. More may follow for the same burst, stronger
        /// each time.
        case urgent
        /// The burst is over: this one stands.
        case final
    }

    /// The number of the burst on its node, from 1.
    public var burst: UInt64
    /// When in the burst.
    public var stage: Stage
    /// When the first fault came.
    public var opened: Instant
    /// When the last one came.
    public var last: Instant
    /// What started it: the first hardware fault, or else what explains most.
    public var root: FaultCode
    /// The part that this was on.
    public var part: FaultedPart
    /// How grave it is: the gravest of all parts.
    public var severity: FaultSeverity
    /// What to do: the strongest for parts that must go out of service, or else for the root's.
    public var action: FaultAction
    /// What to do when that did not end it.
    public var followUp: FaultFollowUp
    /// The rule that decided on the action.
    public var rule: DecidingRule
    /// The verdict on each part, the root's first. Where the hardware allows, only these go.
    public var parts: [PartVerdict]
    /// What it rests on, in order of time; at most ``FaultLimits/inputs``.
    public var inputs: [VerdictInput]
    /// Lines of the burst.
    public var faults: UInt64
    /// Codes and parts that came beyond the bounds and are only counted.
    public var omitted: UInt64
    /// The version of catalogue and rules.
    public var catalogueVersion: String

    /// Whether hardware must not take work before it is repaired. Never by an unknown code.
    public var takesOutOfService: Bool { parts.contains { $0.takesOutOfService } }
}

/// A part of a node that faults are about.
public struct FaultedPart: Hashable, Sendable {
    /// Its address; nil for a network interface that was only named, and for the node itself.
    public var device: PCIAddress?
    /// Who it is, as far as the log said.
    public var identity: DeviceIdentity?
    /// The network interface.
    public var interface = ""
    /// The number of a switch without an address.
    public var fabricSwitch: Int32?

    /// Whether it is the node itself.
    public var isNode: Bool { device == nil && interface.isEmpty && fabricSwitch == nil }
}

/// The verdict on one part.
public struct PartVerdict: Hashable, Sendable {
    /// The part.
    public var part: FaultedPart
    /// What started it there.
    public var root: FaultCode
    /// What that is by its nature.
    public var nature: FaultNature
    /// How grave it is.
    public var severity: FaultSeverity
    /// What to do.
    public var action: FaultAction
    /// What to do when that did not end it.
    public var followUp: FaultFollowUp
    /// The rule that decided.
    public var rule: DecidingRule
    /// Lines about the part.
    public var faults: UInt64
    /// Whether the same was said of it already, at once, in the same burst.
    public var isTold = false

    /// Whether the part must not take work before it is repaired.
    public var takesOutOfService: Bool { severity >= .critical && action.isRepair }
}

/// One code on one part of a burst, as evidence.
public struct VerdictInput: Hashable, Sendable {
    /// The line that decided, or the first one.
    public var fault: LogFault
    /// How many lines had the code.
    public var count: UInt64
    /// When the first came.
    public var first: Instant
    /// When the last came.
    public var last: Instant
    /// What it meant by itself.
    public var decision: FaultDecision
}
