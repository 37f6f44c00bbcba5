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
        /// The last one that was held back.
        var last: Told
    }

    /// What is to be told, and the line that it ends with: for a count, the last one counted.
    public struct Told: Equatable, Sendable {
        /// What to tell.
        public var record: AgentRecord
        /// The number of the line among all that came.
        public var line: UInt64
        /// Where the line ends.
        public var end: LogPosition
    }

    /// Faults of a kind in a minute that are told one by one.
    public static let perMinute = 32
    private static let window = TimeSpan.seconds(60)
    private static let kinds = 256

    private var counts: [Kind: Count] = [:]
    private var order: [Kind] = []
    private var lines: UInt64 = 0

    /// A throttle that has seen nothing.
    public init() {}

    /// Takes a fault of a line that ends at a position, told at an instant of a clock that only
    /// goes forward; appends what is to be told.
    public mutating func take(
        _ fault: LogFault, upTo end: LogPosition = .beginning, at: Instant, now: Instant,
        into told: inout [Told]
    ) {
        flush(now: now, into: &told)
        lines += 1
        let kind = Kind(
            code: fault.code, device: fault.device, interface: fault.interface, link: fault.link,
            instance: fault.instance, isDetail: fault.isDetail)
        let own = Told(record: AgentRecord(at: at, .fault(fault)), line: lines, end: end)
        var count = counts[kind] ?? Count(since: now, last: own)
        if counts[kind] == nil {
            // The kind that began longest ago ends early; what it held back is told.
            if order.count >= FaultThrottle.kinds { close(0, into: &told) }
            order.append(kind)
        }
        if count.passed < FaultThrottle.perMinute {
            count.passed += 1
            told.append(own)
        } else {
            count.held += 1
            count.last = own
        }
        counts[kind] = count
    }

    /// When something that is held back is due; nil when nothing is.
    public var due: Instant? {
        order.first { counts[$0]!.held > 0 }.map { counts[$0]!.since + FaultThrottle.window }
    }

    /// Tells what was held back for a minute. Kinds stand in the order in which they began.
    public mutating func flush(now: Instant, into told: inout [Told]) {
        while let first = order.first, counts[first]!.since + FaultThrottle.window <= now {
            close(0, into: &told)
        }
    }

    private mutating func close(_ place: Int, into told: inout [Told]) {
        let kind = order.remove(at: place)
        guard let count = counts.removeValue(forKey: kind), count.held > 0,
            case .fault(let fault) = count.last.record.body
        else { return }
        var last = count.last
        last.record.body = .repeated(fault, count: count.held)
        told.append(last)
    }
}
