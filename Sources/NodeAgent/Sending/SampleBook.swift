import AgentWire

/// Who reads values. Where two read the same, the first one counts.
public enum SampleSource: Int, CaseIterable, Sendable {
    /// NVML, in its own process.
    case devices
    /// sysfs.
    case machine
    /// dcgm-exporter.
    case exporter
}

/// Values as they are and as the receiver has them: what differs is to be told.
///
/// A value that was sent and not acknowledged may or may not have arrived. Until something is
/// acknowledged it is told again, even when it has gone back to what was acknowledged before.
public struct SampleBook: Sendable {
    private var sources = [[SampleKey: Int64]](repeating: [:], count: SampleSource.allCases.count)
    private var told: [SampleKey: Int64] = [:]
    private var uncertain: Set<SampleKey> = []
    private var sent: [AgentSample] = []

    /// A book of a receiver that knows nothing.
    public init() {}

    /// The value of a key now.
    public func value(of key: SampleKey) -> Int64? {
        for values in sources { if let value = values[key] { return value } }
        return nil
    }

    /// Takes all that a source reads, in place of what it read before.
    public mutating func set(_ source: SampleSource, _ samples: [AgentSample]) {
        var values: [SampleKey: Int64] = [:]
        for sample in samples.prefix(AgentLimits.samples) { values[sample.key] = sample.value }
        sources[source.rawValue] = values
    }

    /// What differs, in the order of the keys.
    public func changes() -> [AgentSample] {
        var keys = uncertain
        for values in sources {
            for key in values.keys where told[key] != value(of: key) { keys.insert(key) }
        }
        for key in told.keys where value(of: key) == nil { keys.insert(key) }
        return keys.sorted().map { AgentSample($0, value(of: $0)) }
    }

    /// Takes at most so many changes as sent, and says which.
    public mutating func send(limit: Int) -> [AgentSample] {
        sent = Array(changes().prefix(limit))
        return sent
    }

    /// What was sent has arrived.
    public mutating func acknowledge() {
        for sample in sent {
            told[sample.key] = sample.value
            uncertain.remove(sample.key)
        }
        sent = []
    }

    /// What was sent may not have arrived.
    public mutating func fail() {
        uncertain.formUnion(sent.map(\.key))
        sent = []
    }

    /// The receiver knows nothing.
    public mutating func forget() {
        told = [:]
        uncertain = []
        sent = []
    }
}
