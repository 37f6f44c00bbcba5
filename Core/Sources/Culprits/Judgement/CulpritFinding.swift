import FleetModel

/// Somebody to blame.
public struct CulpritSuspect: Hashable, Sendable {
    /// Its rank over the whole job; nil where a node as such is meant.
    public var rank: Int32?
    /// Its node; nil where nothing is known of nodes.
    public var node: NodeID?
    /// Its host, as a report names it; empty where none does.
    public var host: String

    init(rank: Int32? = nil, node: NodeID? = nil, host: String = "") {
        self.rank = rank
        self.node = node
        self.host = host
    }
}

/// Why somebody is to blame, from the strongest reason to the weakest.
public enum CulpritReason: UInt8, CaseIterable, Hashable, Sendable {
    /// Its hardware had the first fault.
    case hardwareFault
    /// The log of its process tells of a fault of its device.
    case deviceError
    /// Its agent was not heard any more, while others were.
    case silentNode
    /// NCCL's RAS does not reach its process.
    case lostProcess
    /// It did not come to an operation that others wait in, and waits for nobody itself.
    case missingAtFront
    /// It wrote no flight record, while others did and wait for it.
    case noRecord
    /// Its device has not begun an operation that those of others have.
    case notStarted
    /// Its device has not ended an operation that those of others have.
    case notEnded
    /// It has launched fewer operations than others.
    case behind

    /// The name in the API.
    public var name: String { "\(self)" }
}

/// Why the program itself is to blame.
public enum ProgramReason: UInt8, CaseIterable, Hashable, Sendable {
    /// Ranks asked for different operations under one number.
    case mismatch
    /// Ranks asked for the same operations in different orders, and wait for each other.
    case order
    /// A process ended by a mistake of its own.
    case ownError

    /// The name in the API.
    public var name: String { "\(self)" }
}

/// Why nobody is to blame.
public enum NoCulprit: UInt8, CaseIterable, Hashable, Sendable {
    /// There is nothing to go by.
    case noEvidence
    /// No rank was in an operation that had not ended.
    case nothingStuck
    /// Every rank was in the operation: what is between them, or all of them, is to blame.
    case allInside
    /// More than a quarter of the ranks, or more than ten, would be to blame.
    case tooMany
    /// Nobody stands out in what there is.
    case nobodyStandsOut

    /// The name in the API.
    public var name: String { "\(self)" }
}

/// Who is to blame.
public enum CulpritVerdict: Hashable, Sendable {
    /// These.
    case named([CulpritSuspect], CulpritReason)
    /// The program.
    case program(ProgramReason)
    /// Nobody can be named.
    case notAttributable(NoCulprit)
}

/// Who is to blame for a hang or a collective timeout, and what that rests on.
public struct CulpritFinding: Hashable, Sendable {
    /// Who is to blame.
    public var verdict: CulpritVerdict
    /// The verdict in a sentence.
    public var text: String
    /// What speaks for it, and what else was seen, a sentence each.
    public var grounds: [String]
    /// When the hang began, as far as that is told.
    public var onset: Instant?

    /// The nodes to blame, each once, ascending.
    public var nodes: [NodeID] {
        guard case .named(let suspects, _) = verdict else { return [] }
        var nodes: [NodeID] = []
        for node in suspects.compactMap(\.node).sorted() where nodes.last != node {
            nodes.append(node)
        }
        return nodes
    }
}
