import FleetModel

/// How far one rule is met at one place. There is one only while there is something to remember.
struct MetricTrack {
    /// The rule's place in ``MetricRules/all``.
    var rule: Int
    /// What it is of, as the book numbers places.
    var place: Int
    /// Whether the rule was found to be met, and that was told.
    var isOn = false
    /// Since when the window lasts.
    var begin: Instant
    /// Until when its time was taken.
    var until: Instant
    /// Whether the predicate holds.
    var isTrue = false
    /// How long it held, or by how much the counter grew.
    var amount: Int64 = 0
    /// The value that a level has.
    var level: Int64 = 0
    /// Windows in a row that were too high.
    var highs = 0
    /// Readings between which the counter grew, the last ones.
    var times: [Instant] = []

    /// A silence of its agent that is longer says nothing about what was meanwhile.
    static let silence = TimeSpan.seconds(300)
    /// How long a value must be in order again until it is told so.
    static let calm = TimeSpan.seconds(600)
    /// Times that are kept: the most that a rule counts.
    static let times = 3

    init(rule: Int, place: Int, at now: Instant) {
        self.rule = rule
        self.place = place
        begin = now
        until = now
    }

    /// What became of a rule with time.
    enum Turn {
        /// Nothing new.
        case same
        /// It is met.
        case on(amount: Int64, span: TimeSpan)
        /// It is met no more.
        case off
        /// There is nothing left to remember.
        case over
    }

    /// Takes in that the predicate holds from now on, or no more.
    mutating func hold(_ holds: Bool, at now: Instant) {
        pass(to: now)
        isTrue = holds
    }

    /// Takes in that the counter grew.
    mutating func grow(by growth: Int64, at now: Instant) {
        let (sum, overflow) = amount.addingReportingOverflow(growth)
        amount = overflow ? .max : sum
        times.append(now)
        if times.count > MetricTrack.times { times.removeFirst() }
    }

    /// Counts the time in which the predicate held.
    private mutating func pass(to now: Instant) {
        guard now - until <= MetricTrack.silence else { return restart(at: now) }
        // Windows are short, so that this cannot overflow.
        if isTrue, now > until { amount += (now - until).nanoseconds }
        until = max(until, now)
    }

    /// Lets time pass.
    mutating func turn(_ condition: MetricRule.Condition, limit: Int64, at now: Instant) -> Turn {
        if now - until > MetricTrack.silence { restart(at: now) }
        switch condition {
        case .isAtLeast: return turnLevel(at: now)
        case .holds(_, let share, let window):
            pass(to: now)
            let span = now - begin
            guard span >= window else { return .same }
            let isHigh = Int128(amount) * 1000 >= Int128(share) * Int128(span.nanoseconds)
            return close(isHigh, of: 1, span, keeps: isTrue, at: now)
        case .rate(_, let per, let window, let windows):
            until = max(until, now)
            let span = now - begin
            guard span >= window else { return .same }
            let isHigh =
                Int128(amount) * Int128(per.nanoseconds) >= Int128(limit) * Int128(span.nanoseconds)
            return close(isHigh, of: windows, span, keeps: amount > 0, at: now)
        case .grows(let count, let within):
            until = max(until, now)
            times.removeAll { now - $0 > within }
            if times.count >= count, !isOn {
                isOn = true
                return .on(amount: amount, span: now - begin)
            }
            guard times.isEmpty else { return .same }
            return isOn ? .off : .over
        }
    }

    /// A level is on at once, and off when it was in order for some time.
    private mutating func turnLevel(at now: Instant) -> Turn {
        if isTrue {
            until = max(until, now)
            begin = until
            guard !isOn else { return .same }
            isOn = true
            return .on(amount: level, span: .zero)
        }
        until = max(until, now)
        guard now - begin >= MetricTrack.calm else { return .same }
        return isOn ? .off : .over
    }

    /// Ends a window.
    private mutating func close(
        _ isHigh: Bool, of windows: Int, _ span: TimeSpan, keeps: Bool, at now: Instant
    ) -> Turn {
        let amount = amount
        self.amount = 0
        begin = now
        highs = isHigh ? highs + 1 : 0
        if isHigh {
            guard highs >= windows, !isOn else { return .same }
            isOn = true
            return .on(amount: amount, span: span)
        }
        if isOn { return .off }
        return keeps ? .same : .over
    }

    private mutating func restart(at now: Instant) {
        amount = 0
        highs = 0
        begin = now
        until = now
    }
}
