import FleetModel
import Journal

/// The base's rules about repetition. Sources: NVIDIA's workflows for XIDs 13 and 31 (workbook of
/// 2025-09-30), NVSentinel 0f60731 for windows and counts.
struct BaseRepetition {
    var codes: [FaultCode]
    var threshold: FaultThreshold
    var severity: FaultSeverity
    var action: FaultAction
    /// Whether the same code on several devices means the application and not the hardware.
    var wanders: Bool

    private static let day = TimeSpan.seconds(86_400)

    static let all: [BaseRepetition] = [
        BaseRepetition(
            codes: [.xid(13)],
            threshold: FaultThreshold(count: 2, window: day, place: .engine),
            severity: .warning, action: .diagnose, wanders: true),
        BaseRepetition(
            codes: [.xid(31)],
            threshold: FaultThreshold(count: 2, window: day, place: .device),
            severity: .warning, action: .diagnose, wanders: true),
        BaseRepetition(
            codes: [.xid(74)],
            threshold: FaultThreshold(count: 2, window: day, place: .link),
            severity: .critical, action: .inspect, wanders: false),
        BaseRepetition(
            codes: [.event(.nicLinkDown)],
            threshold: FaultThreshold(
                count: 3, window: .seconds(3600), place: .device, countsLines: true),
            severity: .critical, action: .inspect, wanders: false),
    ]

    /// So many faults that need a repair, on one device: the repairs do not help.
    static let repairs = FaultThreshold(count: 5, window: day, place: .device)
}

/// Which repetition is counted: of which rule, and where.
struct RepetitionKey: Hashable {
    enum Rule: Hashable {
        case base(Int)
        case site(Int)
        case repairs
    }

    var rule: Rule
    var part: PartKey
    var engine: UInt32 = 0
    var link: Int32 = 0

    private init() {
        rule = .repairs
        part = .node
    }

    /// The key when rules of the site stand at other places; nil when its rule is gone.
    func moved(to places: [Int?]) -> RepetitionKey? {
        guard case .site(let index) = rule else { return self }
        guard places.indices.contains(index), let place = places[index] else { return nil }
        var moved = self
        moved.rule = .site(place)
        return moved
    }

    /// The key of a fault; nil when the line lacks what the place needs.
    init?(_ rule: Rule, _ fault: LogFault, at place: RepetitionPlace) {
        self.rule = rule
        part = PartKey(fault)
        switch place {
        case .device:
            break
        case .engine:
            guard let found = fault.engine else { return nil }
            engine = UInt32(found.cluster) << 16 | UInt32(found.texture)
        case .link:
            guard let found = fault.link, found >= 0 else { return nil }
            link = found
        case .node:
            part = .node
        }
    }
}

/// The times of repetitions, over bursts. Bounded: the place that was quiet longest is forgotten.
struct RepetitionBook {
    private var entries: [RepetitionEntry] = []

    /// Notes one more time, and says how many that makes in the window.
    mutating func note(_ key: RepetitionKey, at now: Instant, within window: TimeSpan) -> Int {
        var times: [Instant] = []
        if let index = entries.firstIndex(where: { $0.key == key }) {
            times = entries.remove(at: index).times.filter { now - $0 <= window }
            if times.count >= FaultLimits.repetitionDepth { times.removeFirst() }
        } else if entries.count >= FaultLimits.repetitions {
            entries.removeFirst()
        }
        times.append(now)
        entries.append(RepetitionEntry(key: key, times: times))
        return times.count
    }

    /// How many times are in the window without a new one.
    func count(_ key: RepetitionKey, at now: Instant, within window: TimeSpan) -> Int {
        let times = entries.last { $0.key == key }?.times ?? []
        return times.reduce(0) { now - $1 <= window ? $0 + 1 : $0 }
    }

    /// Rules of the site stand at other places now, or nowhere.
    mutating func move(to places: [Int?]) {
        entries = entries.compactMap { entry in
            entry.key.moved(to: places).map { RepetitionEntry(key: $0, times: entry.times) }
        }
    }

    /// On how many parts a rule's fault came in the window.
    func parts(of rule: RepetitionKey.Rule, at now: Instant, within window: TimeSpan) -> Int {
        var parts: Set<PartKey> = []
        for entry in entries where entry.key.rule == rule {
            guard let last = entry.times.last, now - last <= window else { continue }
            parts.insert(entry.key.part)
        }
        return parts.count
    }
}

/// The times of one repetition.
private struct RepetitionEntry {
    var key: RepetitionKey
    var times: [Instant]
}

private enum RuleTag: UInt8, CaseIterable {
    case base, site, repairs
}

extension RepetitionKey: RecordValue {
    static var blank: RepetitionKey { RepetitionKey() }
    mutating func pass(through coder: inout RecordCoder) {
        coder.field(&rule)
        coder.field(&part)
        coder.field(&engine)
        coder.field(&link)
    }
}

extension RepetitionKey.Rule: RecordValue {
    static var blank: Self { .repairs }
    mutating func pass(through coder: inout RecordCoder) {
        var (tag, index) = (RuleTag.repairs, Int?.none)
        switch self {
        case .base(let place): (tag, index) = (.base, place)
        case .site(let place): (tag, index) = (.site, place)
        case .repairs: break
        }
        switch coder.tag(tag) {
        case .base: self = .base(coder.part(index))
        case .site: self = .site(coder.part(index))
        case .repairs: self = .repairs
        }
    }
}

extension RepetitionEntry: RecordValue {
    static var blank: RepetitionEntry { RepetitionEntry(key: .blank, times: []) }
    mutating func pass(through coder: inout RecordCoder) {
        coder.field(&key)
        coder.list(&times, limit: FaultLimits.repetitionDepth, of: "times of a repetition")
    }
}

extension RepetitionBook: RecordValue {
    static var blank: RepetitionBook { RepetitionBook() }
    mutating func pass(through coder: inout RecordCoder) {
        coder.list(&entries, limit: FaultLimits.repetitions, of: "repetitions")
    }
}
