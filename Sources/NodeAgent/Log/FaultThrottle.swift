import AgentWire
import FleetModel
import HealthSignals

/// Lets the first faults of a kind through, and counts the rest of a flood: a link that reports a
/// corrected error a thousand times a second must not fill the queue, nor the network.
public struct FaultThrottle: Sendable {
    private struct Kind: Hashable {
        var code: FaultCode
        var device: PCIAddress?
        var interface: String
        var link: Int32?
        var instance: Int32?
        var isDetail: Bool
    }

    private struct Count {
        var since: Instant
        var passed = 0
        var held: UInt64 = 0
        var last: AgentRecord
    }

    /// Faults of a kind in a minute that are told one by one.
    public static let perMinute = 32
    private static let window = TimeSpan.seconds(60)
    private static let kinds = 256

    private var counts: [Kind: Count] = [:]
    private var order: [Kind] = []

    /// A throttle that has seen nothing.
    public init() {}

    /// Takes a fault that was told at an instant of a clock that only goes forward; appends what is
    /// to be told.
    public mutating func take(
        _ fault: LogFault, at: Instant, now: Instant, into records: inout [AgentRecord]
    ) {
        flush(now: now, into: &records)
        let kind = Kind(
            code: fault.code, device: fault.device, interface: fault.interface, link: fault.link,
            instance: fault.instance, isDetail: fault.isDetail)
        let record = AgentRecord(at: at, .fault(fault))
        var count = counts[kind] ?? Count(since: now, last: record)
        if counts[kind] == nil {
            // The kind that began longest ago ends early; what it held back is told.
            if order.count >= FaultThrottle.kinds { end(0, into: &records) }
            order.append(kind)
        }
        if count.passed < FaultThrottle.perMinute {
            count.passed += 1
            records.append(record)
        } else {
            count.held += 1
            count.last = record
        }
        counts[kind] = count
    }

    /// When something that is held back is due; nil when nothing is.
    public var due: Instant? {
        order.first { counts[$0]!.held > 0 }.map { counts[$0]!.since + FaultThrottle.window }
    }

    /// Tells what was held back for a minute. Kinds stand in the order in which they began.
    public mutating func flush(now: Instant, into records: inout [AgentRecord]) {
        while let first = order.first, counts[first]!.since + FaultThrottle.window <= now {
            end(0, into: &records)
        }
    }

    private mutating func end(_ place: Int, into records: inout [AgentRecord]) {
        let kind = order.remove(at: place)
        guard let count = counts.removeValue(forKey: kind), count.held > 0,
            case .fault(let fault) = count.last.body
        else { return }
        records.append(
            AgentRecord(at: count.last.at, .repeated(fault, count: count.held)))
    }
}
