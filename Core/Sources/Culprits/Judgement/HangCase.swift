import FleetModel
import HealthSignals

/// A fault of a node's hardware, as the kernel or somebody else told it.
public struct HardwareSign: Hashable, Sendable {
    /// The node.
    public var node: NodeID
    /// What it was: `xid-79`.
    public var cause: String
    /// When it was seen, by the wall's clock.
    public var at: Instant

    /// Gathers a fault.
    public init(node: NodeID, cause: String, at: Instant) {
        self.node = node
        self.cause = cause
        self.at = at
    }
}

/// A node of the job, as it looks from outside.
public struct NodeSign: Hashable, Sendable {
    /// The node.
    public var node: NodeID
    /// Its name: some reports name ranks by their hosts.
    public var name: String
    /// When its agent was last heard; nil where there is none.
    public var lastHeard: Instant?
    /// Whether that is too long ago.
    public var isSilent: Bool

    /// Gathers what is known of a node.
    public init(node: NodeID, name: String, lastHeard: Instant? = nil, isSilent: Bool = false) {
        self.node = node
        self.name = name
        self.lastHeard = lastHeard
        self.isSilent = isSilent
    }
}

/// A sign of trouble in the log of a member.
public struct MemberSign: Hashable, Sendable {
    /// The member.
    public var member: Int32
    /// What its log says.
    public var fault: FrameworkFault

    /// Pairs both.
    public init(member: Int32, _ fault: FrameworkFault) {
        self.member = member
        self.fault = fault
    }
}

/// An attempt of a job that hung, or ran into a timeout, with all that is known about it.
public struct HangCase: Hashable, Sendable {
    /// The node of each member, by the member's rank; empty when nothing is known of nodes.
    public var members: [NodeID]
    /// The nodes.
    public var nodes: [NodeSign]
    /// Faults of their hardware, in any order; those at other times are passed over.
    public var hardware: [HardwareSign]
    /// When the attempt ended, or now.
    public var endedAt: Instant
    /// What its logs say, in order.
    public var signs: [MemberSign]
    /// What was read from files.
    public var evidence: Evidence

    /// Gathers a case.
    public init(
        members: [NodeID] = [], nodes: [NodeSign] = [], hardware: [HardwareSign] = [],
        endedAt: Instant, signs: [MemberSign] = [], evidence: Evidence = Evidence()
    ) {
        self.members = members
        self.nodes = nodes
        self.hardware = hardware
        self.endedAt = endedAt
        self.signs = signs
        self.evidence = evidence
    }
}

/// What was read from files about one attempt.
public struct Evidence: Hashable, Sendable {
    /// Flight records, one for each rank, in the order of ranks.
    public private(set) var records: [FlightRecord] = []
    /// The last report of NCCL's RAS.
    public private(set) var report: RASReport?
    private var memberships = 0

    /// Ranks of all groups of all records together.
    private static let mostMemberships = 16_000_000

    /// Begins with nothing.
    public init() {}

    /// Whether nothing was read.
    public var isEmpty: Bool { records.isEmpty && report == nil }

    /// Reads a file. Of two records of one rank the later counts.
    public mutating func add(_ bytes: [UInt8], name: String) throws(EvidenceFault) {
        switch try EvidenceFile(bytes, name: name) {
        case .ras(let report): self.report = report
        case .flightRecord(let record):
            guard let rank = record.rank else {
                throw EvidenceFault(
                    0, "it does not say which rank it is of",
                    hint: "its name has to end in the rank: nccl_trace_rank_12")
            }
            guard keep(record, of: rank) else {
                throw EvidenceFault(0, "there is too much evidence")
            }
        }
    }

    /// Adds what was read elsewhere; what goes beyond the bounds is left out.
    public mutating func add(_ other: Evidence) {
        if let report = other.report { self.report = report }
        for record in other.records {
            if let rank = record.rank { _ = keep(record, of: rank) }
        }
    }

    private mutating func keep(_ record: FlightRecord, of rank: Int32) -> Bool {
        let size = record.groups.reduce(0) { $0 + $1.ranks.count }
        let place = records.firstIndex { ($0.rank ?? 0) >= rank } ?? records.count
        let isKnown = place < records.count && records[place].rank == rank
        let old = isKnown ? records[place].groups.reduce(0) { $0 + $1.ranks.count } : 0
        guard memberships - old + size <= Evidence.mostMemberships,
            isKnown || records.count < EvidenceLimits.files
        else { return false }
        memberships += size - old
        if isKnown {
            records[place] = record
        } else {
            records.insert(record, at: place)
        }
        return true
    }
}
