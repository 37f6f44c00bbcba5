import FleetModel

/// A rule that is met now, or no more: what a health desk is told of values.
public struct MetricChange: Hashable, Sendable {
    /// Which rule, and where.
    public var sign: MetricSign
    /// What it is called; nil when the rule is met no more.
    public var event: FaultEvent?
    /// What was measured, in words; empty when the rule is met no more.
    public var text = ""
}

/// Where a rule is met, as it is remembered beyond a book's life.
public struct MetricSign: Hashable, Sendable {
    /// Where.
    public var place: MetricPlace
    /// The rule's name.
    public var rule: String

    /// Pairs both.
    public init(_ place: MetricPlace, rule: String) {
        self.place = place
        self.rule = rule
    }
}

/// Watches the values of all nodes by ``MetricRules``, and says when a rule is met and when it is
/// met no more. What comes out is little, whatever comes in.
///
/// A value and not a part of any recorded state: after a restart counters begin anew with the first
/// value that is told, and what was met before is known from the signs. Bounded: values that no
/// rule is about are passed over, and of a node at most ``values`` values and ``tracks`` rules that
/// something is remembered of are kept.
public struct MetricBook: Sendable {
    /// Values that are kept of a node: 16 bytes each.
    public static let values = 1024
    /// Rules and places of a node that something is remembered of.
    public static let tracks = 256
    /// Different names of ports and interfaces in the fleet.
    static let names = 65_536 - 512

    private struct Value {
        var key: UInt32
        var value: Int64
    }

    private struct Node {
        /// In the order of their keys.
        var values: [Value] = []
        var tracks: [MetricTrack] = []
        /// When it was heard before.
        var heard: Instant

        private func index(_ key: UInt32) -> Int {
            var (low, high) = (0, values.count)
            while low < high {
                let middle = (low + high) / 2
                if values[middle].key < key { low = middle + 1 } else { high = middle }
            }
            return low
        }

        func value(_ key: UInt32) -> Int64? {
            let index = index(key)
            return index < values.count && values[index].key == key ? values[index].value : nil
        }

        /// Keeps a value; false when there is no room.
        mutating func set(_ key: UInt32, _ value: Int64?) -> Bool {
            let index = index(key)
            let isKnown = index < values.count && values[index].key == key
            guard let value else {
                if isKnown { values.remove(at: index) }
                return true
            }
            if isKnown {
                values[index].value = value
            } else {
                guard values.count < MetricBook.values else { return false }
                values.insert(Value(key: key, value: value), at: index)
            }
            return true
        }
    }

    private var nodes: [Node?] = []
    private var places: [String: Int] = [:]
    private var placeNames: [String] = []

    /// A book that knows nothing.
    public init() {}

    /// Forgets a node.
    public mutating func forget(_ node: NodeID) {
        if nodes.indices.contains(node.index) { nodes[node.index] = nil }
    }

    /// Takes in that a node was started anew: its counters begin again, and what was met counts as
    /// met no more until it is found again.
    public mutating func restart(_ node: NodeID, into changes: inout [MetricChange]) {
        guard nodes.indices.contains(node.index), let known = nodes[node.index] else { return }
        for track in known.tracks where track.isOn { changes.append(off(track)) }
        nodes[node.index] = Node(heard: known.heard)
    }

    /// Takes in what a node tells, which may be nothing but that it lives, and appends what rules
    /// make of it.
    ///
    /// - Parameter signs: what was met when the node was not known to this book; else unused.
    public mutating func note(
        _ readings: [MetricReading], of node: NodeID, signs: [MetricSign], at now: Instant,
        into changes: inout [MetricChange]
    ) {
        while nodes.count <= node.index { nodes.append(nil) }
        var known = nodes[node.index] ?? resume(signs, at: now, into: &changes)
        nodes[node.index] = nil
        var hasHeat = false
        for reading in readings {
            guard let signal = MetricRules.number(of: reading.signal),
                let place = number(of: reading.place)
            else { continue }
            let key = UInt32(place << 8 | signal)
            let before = known.value(key)
            guard known.set(key, reading.value), let value = reading.value else { continue }
            hasHeat = hasHeat || signal == MetricBook.heat
            for rule in MetricRules.rulesOfSignal[signal] {
                take(value, after: before, rule, place, at: now, &known)
            }
        }
        if hasHeat { comparePeers(at: now, &known) }
        turn(&known, at: now, into: &changes)
        known.heard = max(known.heard, now)
        nodes[node.index] = known
    }

    // MARK: Places

    private static let host = 256
    private static let firstName = 512
    private static let heat = MetricRules.number(of: .field(150)) ?? -1
    private static let load = MetricRules.number(of: .field(203)) ?? -1

    private mutating func number(of place: MetricPlace) -> Int? {
        switch place {
        case .device(let index): return Int(index)
        case .host: return MetricBook.host
        case .named(let name):
            if let known = places[name] { return known }
            guard placeNames.count < MetricBook.names else { return nil }
            places[name] = MetricBook.firstName + placeNames.count
            placeNames.append(name)
            return MetricBook.firstName + placeNames.count - 1
        }
    }

    private func place(_ number: Int) -> MetricPlace {
        if number < MetricBook.host { return .device(UInt8(number)) }
        return number == MetricBook.host ? .host : .named(placeNames[number - MetricBook.firstName])
    }

    // MARK: Rules

    /// A node that is new to the book: what was met goes on to be.
    private mutating func resume(
        _ signs: [MetricSign], at now: Instant, into changes: inout [MetricChange]
    ) -> Node {
        var node = Node(heard: now)
        for sign in signs {
            guard let rule = MetricRules.place(of: sign.rule),
                let place = number(of: sign.place), node.tracks.count < MetricBook.tracks
            else {
                changes.append(MetricChange(sign: sign))
                continue
            }
            var track = MetricTrack(rule: rule, place: place, at: now)
            track.isOn = true
            if case .grows = MetricRules.all[rule].condition { track.times = [now] }
            node.tracks.append(track)
        }
        return node
    }

    private func take(
        _ value: Int64, after before: Int64?, _ rule: Int, _ place: Int, at now: Instant,
        _ node: inout Node
    ) {
        switch MetricRules.all[rule].condition {
        case .isAtLeast(let least):
            hold(value >= least, value, rule, place, at: now, &node)
        case .holds(let predicate, _, _):
            switch predicate {
            case .atLeast(let least): hold(value >= least, nil, rule, place, at: now, &node)
            case .atMost(let most): hold(value <= most, nil, rule, place, at: now, &node)
            case .anyBit(let mask):
                let isSet = UInt64(bitPattern: value) & mask != 0
                hold(isSet, nil, rule, place, at: now, &node)
            case .left(let good):
                // A port that nobody ever used is not down.
                let isKnown = track(rule, place, node) != nil
                guard value == good || before == good || isKnown else { return }
                hold(value != good, nil, rule, place, at: now, &node)
            case .aboveBusyPeers: break
            }
        case .rate, .grows:
            // A counter that has become smaller was reset: it counts from here.
            guard let before, value > before else { return }
            let (growth, overflow) = value.subtractingReportingOverflow(before)
            guard !overflow else { return }
            guard let index = begin(rule, place, at: node.heard, &node) else { return }
            node.tracks[index].grow(by: growth, at: now)
        }
    }

    /// `value` is kept where the words need it.
    private func hold(
        _ holds: Bool, _ value: Int64?, _ rule: Int, _ place: Int, at now: Instant,
        _ node: inout Node
    ) {
        guard holds || track(rule, place, node) != nil,
            let index = begin(rule, place, at: now, &node)
        else { return }
        node.tracks[index].hold(holds, at: now)
        if holds, let value { node.tracks[index].level = value }
    }

    private func track(_ rule: Int, _ place: Int, _ node: Node) -> Int? {
        node.tracks.firstIndex { $0.rule == rule && $0.place == place }
    }

    private func begin(_ rule: Int, _ place: Int, at time: Instant, _ node: inout Node) -> Int? {
        if let known = track(rule, place, node) { return known }
        guard node.tracks.count < MetricBook.tracks else { return nil }
        node.tracks.append(MetricTrack(rule: rule, place: place, at: time))
        return node.tracks.count - 1
    }

    /// Compares temperatures of devices that are as busy: a device that works is hotter than one
    /// that does not, and nothing is wrong with it.
    private func comparePeers(at now: Instant, _ node: inout Node) {
        for (rule, metric) in MetricRules.all.enumerated() {
            guard case .holds(.aboveBusyPeers(let margin), _, _) = metric.condition else {
                continue
            }
            var busy: [(place: Int, heat: Int64)] = []
            for place in 0..<FleetLimits.devicesPerNode {
                let base = UInt32(place << 8)
                guard let heat = node.value(base | UInt32(MetricBook.heat)) else { continue }
                if node.value(base | UInt32(MetricBook.load)) ?? 0 >= 50 {
                    busy.append((place, heat))
                } else {
                    hold(false, nil, rule, place, at: now, &node)
                }
            }
            for (place, heat) in busy {
                let peers = busy.filter { $0.place != place }.map(\.heat).sorted()
                let isHot = peers.count >= 3 && heat - peers[peers.count / 2] >= margin
                hold(isHot, nil, rule, place, at: now, &node)
            }
        }
    }

    /// Lets time pass for what something is remembered of.
    private func turn(_ node: inout Node, at now: Instant, into changes: inout [MetricChange]) {
        var kept: [MetricTrack] = []
        for var track in node.tracks {
            let rule = MetricRules.all[track.rule]
            switch track.turn(rule.condition, limit: limit(rule, track, node), at: now) {
            case .same: kept.append(track)
            case .over: break
            case .off:
                changes.append(off(track))
                track.isOn = false
                if track.isTrue { kept.append(track) }
            case .on(let amount, let span):
                let words = MetricBook.words(rule, amount, span, limit(rule, track, node))
                let sign = MetricSign(place(track.place), rule: rule.name)
                changes.append(MetricChange(sign: sign, event: rule.event, text: words))
                kept.append(track)
            }
        }
        node.tracks = kept
    }

    private func off(_ track: MetricTrack) -> MetricChange {
        MetricChange(
            sign: MetricSign(place(track.place), rule: MetricRules.all[track.rule].name))
    }

    private func limit(_ rule: MetricRule, _ track: MetricTrack, _ node: Node) -> Int64 {
        guard case .rate(let limit, _, _, _) = rule.condition else { return 0 }
        switch limit {
        case .fixed(let most): return most
        case .replaysOfLink:
            func link(_ field: Int32) -> Int {
                MetricRules.number(of: .field(field)).flatMap {
                    node.value(UInt32(track.place << 8 | $0))
                }.map { Int(clamping: $0) } ?? 0
            }
            // Where the link is not known, that of 16 lanes of the fourth generation.
            let known = DeviceMetric.replaysPerMinute(generation: link(237), lanes: link(238))
            return Int64(known ?? 16)
        }
    }

    private static func words(
        _ rule: MetricRule, _ amount: Int64, _ span: TimeSpan, _ limit: Int64
    ) -> String {
        let signal =
            switch rule.signal {
            case .field(let number): DeviceMetric.field(number)?.name ?? "field \(number)"
            case .counter(let name): name
            }
        switch rule.condition {
        case .isAtLeast(let least): return "\(signal) is \(amount), limit \(least)"
        case .holds:
            let share = span > .zero ? Int128(amount) * 100 / Int128(span.nanoseconds) : 0
            return "\(signal): \(rule.name) in \(share) % of \(span.wholeSeconds) s"
        case .rate(_, let per, _, _):
            return "\(signal) grew by \(amount) in \(span.wholeSeconds) s, limit \(limit) in "
                + "\(per.wholeSeconds) s"
        case .grows: return "\(signal) grew by \(amount)"
        }
    }
}
