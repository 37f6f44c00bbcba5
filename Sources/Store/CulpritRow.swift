import FleetModel
import Foundation

/// Who is to blame for the end of an attempt, as it is kept and shown.
public struct CulpritRow: Hashable, Sendable, Codable {
    /// Whether somebody is named: a token of the API.
    public var verdict: String
    /// Why, or why nobody is: a token of the API.
    public var reason: String
    /// The same in a sentence.
    public var text: String
    /// What it rests on, a sentence each.
    public var grounds: [String]
    /// The ranks that are named.
    public var ranks: [Int32]
    /// The node that the attempt's end is put down to; nil where only ranks of one node, the
    /// program or nobody is.
    public var suspect: NodeID? {
        get { suspectNode.map { NodeID(rawValue: $0) } }
        set { suspectNode = newValue?.rawValue }
    }
    /// When the hang began, as far as that is told.
    public var onset: Instant? {
        get { onsetNanoseconds.map { Instant(nanoseconds: $0) } }
        set { onsetNanoseconds = newValue?.nanoseconds }
    }
    /// Under what the loss is counted: the number of a cause of the health engine; nil where the
    /// attempt's own end says it.
    public var cause: UInt8?
    /// The nodes that are named.
    public var nodes: [NodeID] {
        get { nodeNumbers.map { NodeID(rawValue: $0) } }
        set { nodeNumbers = newValue.map(\.rawValue) }
    }

    private var suspectNode: Int32?
    private var onsetNanoseconds: Int64?
    private var nodeNumbers: [Int32]

    /// Gathers what is kept.
    public init(
        verdict: String, reason: String, text: String, grounds: [String] = [],
        ranks: [Int32] = [], nodes: [NodeID] = [], suspect: NodeID? = nil, cause: UInt8? = nil,
        onset: Instant? = nil
    ) {
        self.verdict = verdict
        self.reason = reason
        self.text = text
        self.grounds = grounds
        self.ranks = ranks
        self.cause = cause
        nodeNumbers = nodes.map(\.rawValue)
        suspectNode = suspect?.rawValue
        onsetNanoseconds = onset?.nanoseconds
    }

    /// As it stands in the database.
    func column() throws -> Data { try JSONEncoder().encode(self) }

    /// What stands in the database; nil for nothing.
    init?(column: Data?) throws {
        guard let column else { return nil }
        self = try JSONDecoder().decode(CulpritRow.self, from: column)
    }
}
