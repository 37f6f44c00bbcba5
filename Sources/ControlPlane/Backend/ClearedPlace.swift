import FleetModel
import Store

/// Where a waiting job is going to start, which others are leaving for it now.
public struct ClearedPlace: Hashable, Sendable {
    /// The place of each member, in rank order.
    public var members: [MemberPlacement]
    /// Names of the jobs that were stopped for it.
    public var stops: [String]

    /// Gathers a place.
    public init(members: [MemberPlacement], stops: [String] = []) {
        self.members = members
        self.stops = stops
    }
}

/// What became of a job that a backend found, or why it waits.
public enum FoundJobNews: Sendable {
    /// It is this job now.
    case accepted(JobID)
    /// It cannot be taken as it is; what is wrong, for people.
    case refused(String)
    /// It waits; a sentence for people.
    case waits(RefusalCode, String)
    /// Others are leaving this place for it; nil when it is not, or no longer, so.
    case planned(ClearedPlace?)
    /// It is over, without the backend having said so; what happened last, for people.
    case ended(JobOutcome, String)
    /// The key is that of a job that is over, so that this one needs another.
    case spent
}

extension FoundJobNews {
    /// The news with other ids of nodes.
    func translated(_ node: (NodeID) -> NodeID) -> FoundJobNews {
        guard case .planned(var place?) = self else { return self }
        for index in place.members.indices {
            place.members[index].node = node(place.members[index].node)
        }
        return .planned(place)
    }
}

/// How a job that a backend found went.
public enum Departure: Hashable, Sendable {
    /// Somebody took it away.
    case withdrawn
    /// It was stopped for another job. What is made anew in its place is another job.
    case preempted
    /// It was stopped because its node had to be empty. What is made anew is another job.
    case maintenance
    /// Somebody else ended it, or its node did not keep it, for no fault of its own: why, for
    /// people. What is made anew is another job.
    case evicted(String)
    /// It never ran here: it is found again where somebody else has put it.
    case placedByOthers
    /// It never ran here: its place was given to others.
    case overtaken
    /// Some of it is over, and others have its devices: it is found again as what is left of it.
    case reduced
}

/// A job that a backend found and that goes for another one.
public struct DisplacedJob: Hashable, Sendable {
    /// What the backend knew it by.
    public var key: String
    /// How it went.
    public var departure: Departure

    /// Names a job.
    public init(_ key: String, _ departure: Departure) {
        (self.key, self.departure) = (key, departure)
    }
}

extension Departure {
    /// The state that it leaves a job in.
    var state: JobState {
        switch self {
        case .withdrawn, .placedByOthers, .overtaken, .reduced: .cancelled
        case .preempted, .maintenance, .evicted: .preempted
        }
    }

    /// How an attempt ends that nobody here had asked to stop; nil for what its job's end says.
    var ending: String? {
        switch self {
        case .preempted: FailureCause.preemption.ending
        case .maintenance, .evicted: FailureCause.maintenance.ending
        case .withdrawn, .placedByOthers, .overtaken, .reduced: nil
        }
    }

    /// Whether work was cut off, so that what no checkpoint keeps is lost.
    var countsLoss: Bool { state == .preempted }

    /// For people; `detail` says for whom it was stopped.
    func words(_ detail: String) -> String {
        let anew = "what is made anew in its place is another job"
        switch self {
        case .withdrawn: return "was taken away"
        case .preempted: return "was preempted" + (detail.isEmpty ? "" : " \(detail)") + "; \(anew)"
        case .maintenance: return "was stopped for maintenance; \(anew)"
        case .evicted(let why): return "was evicted: \(why); \(anew)"
        case .placedByOthers: return "stands where another scheduler has put it"
        case .overtaken: return "its place was given to others by another scheduler"
        case .reduced:
            return "some of it is over and others have its devices; the rest is another job"
        }
    }
}
