import ControlPlane
import FleetModel
import KubernetesObjects

/// Where the scheduler in charge starts gangs otherwise than Muster decides. No I/O and no clock;
/// figures are kept for ever, gangs in detail while they are open and a while longer.
struct DifferenceBook {
    /// Gangs that are settled and still known in detail.
    private let mostSettled: Int
    /// Gangs that are open; beyond that the oldest count as gone.
    private let mostOpen: Int

    private var records: [Int: GangRecord] = [:]
    private var open: [GangKey: Int] = [:]
    private var openOrder: [(number: Int, key: GangKey)] = []
    private var settled: [(number: Int, key: GangKey)] = []
    private var next = 0
    private var totals = StartDifferences.Totals()
    private var earlier = SpanCounts()

    init(mostSettled: Int = 500, mostOpen: Int = 5_000) {
        self.mostSettled = mostSettled
        self.mostOpen = mostOpen
    }

    /// Whether a gang is in the book and has neither ended nor gone.
    func has(_ gang: GangKey) -> Bool { open[gang] != nil }

    /// Gangs in detail.
    var count: Int { records.count }

    /// A gang is there.
    mutating func add(_ gang: GangKey, _ record: GangRecord) {
        guard open[gang] == nil else { return }
        records[next] = record
        open[gang] = next
        openOrder.append((next, gang))
        next += 1
        totals.gangs += 1
        trim()
    }

    /// Something has happened to a gang that is in the book.
    mutating func note(_ gang: GangKey, at now: Int64, _ change: (inout GangRecord) -> Void) {
        guard let number = open[gang], var record = records[number] else { return }
        let wasSettled = record.isSettled
        change(&record)
        records[number] = record
        if record.endedAt != nil { open[gang] = nil }
        if record.isSettled, !wasSettled { settle(gang, number, record, at: now) }
    }

    private mutating func settle(
        _ gang: GangKey, _ number: Int, _ record: GangRecord, at now: Int64
    ) {
        add(record, at: now, to: &totals)
        if record.wholeAt == nil {
            totals.gone += 1
        } else if let span = record.earlier(at: now) {
            totals.earlier += 1
            earlier.add(milliseconds: span)
        }
        settled.append((number, gang))
        trim()
    }

    /// What counts of a gang at any time.
    private func add(
        _ record: GangRecord, at now: Int64, to totals: inout StartDifferences.Totals
    ) {
        let difference = record.difference(at: now, origin: .zero)
        if difference.halfStarted != nil { totals.halfStarted += 1 }
        totals.idleGPUMilliSeconds += difference.idleGPUMilliSeconds
        if !difference.stops.isEmpty {
            totals.preempting += 1
            totals.stops += difference.stops.count
        }
        if difference.agrees { totals.agreed += 1 }
        if difference.breaksWish {
            if difference.wish?.isRequired ?? false {
                totals.requiredBroken += 1
            } else {
                totals.preferredBroken += 1
            }
        }
        guard difference.wasHeldBack else { return }
        switch difference.decision {
        case .waits(let code, _): totals.waits[code, default: 0] += 1
        case .refuses: totals.refused += 1
        case .none, .starts: break
        }
    }

    private mutating func trim() {
        while settled.count > mostSettled {
            let (number, key) = settled.removeFirst()
            records[number] = nil
            // A gang that runs on is not followed any further.
            if open[key] == number { open[key] = nil }
        }
        if openOrder.count > 2 * mostOpen {
            openOrder.removeAll { entry in
                open[entry.key] != entry.number || records[entry.number]?.isSettled ?? true
            }
        }
        guard openCount > mostOpen else { return }
        while let first = openOrder.first {
            openOrder.removeFirst()
            guard open[first.key] == first.number, records[first.number]?.isSettled == false
            else { continue }
            (records[first.number], open[first.key]) = (nil, nil)
            totals.gone += 1
            return
        }
    }

    private var openCount: Int { records.count - settled.count }

    /// All of it, as it is at a time; `origin` is when the clock stood at zero.
    func report(at now: Int64, origin: Instant) -> StartDifferences {
        var totals = totals
        let done = Set(settled.map(\.number))
        for (number, record) in records where !done.contains(number) {
            add(record, at: now, to: &totals)
            totals.open += 1
        }
        totals.earlierMedian = earlier.quantile(percent: 50).map { .milliseconds($0) }
        totals.earlierP90 = earlier.quantile(percent: 90).map { .milliseconds($0) }
        let gangs = records.sorted { $0.key > $1.key }
            .map { $0.value.difference(at: now, origin: origin) }
        return StartDifferences(
            since: origin, totals: totals,
            // The sort is stable only by chance, so equal ones go by their numbers.
            gangs: gangs.enumerated()
                .sorted { ($1.element.weight, $0.offset) < ($0.element.weight, $1.offset) }
                .map(\.element))
    }
}
