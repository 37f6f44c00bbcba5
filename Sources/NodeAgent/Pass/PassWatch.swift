import FleetModel

/// Watches over a pass: all parts of the machine are asked for their values, one after the other,
/// by a process that any of them may block. Says which parts to ask, when one is late, and which
/// ones do not answer. Without I/O; instants are of a clock that only goes forward.
///
/// A part that is late costs the pass its process. The parts behind it are asked by another one,
/// and the part itself not before some time is over and its process is gone: a device that does not
/// let go of one would not let go of another.
struct PassWatch {
    /// A part that does not answer.
    private struct Silence {
        /// How often in a row it was late.
        var times = 0
        /// Not to be asked before.
        var until: Instant
        /// Whether the process that asked it is still there.
        var isHeld = true
    }

    /// How far a process came.
    enum End: Equatable {
        /// Every part was asked.
        case done
        /// It was asking a part.
        case at(String)
        /// It did not come so far as to ask.
        case unasked
    }

    private var silent: [String: Silence] = [:]
    /// Parts that are still to be asked in this pass, in this order.
    private var rest: [String] = []
    private var asked: String?
    /// Silent parts whose turn it is, the longest waiting first, and that of them which is asked
    /// behind the process that runs.
    private var due: [String] = []
    private var next: String?
    /// When the process that runs was heard last; nil when none runs.
    private var heard: Instant?

    /// How long a part may take. A card that is well takes milliseconds.
    static let patience = TimeSpan.seconds(10)
    /// How long a part that was late is left alone; twice as long each further time.
    static let pause = TimeSpan.seconds(20)
    /// The longest pause is so many times as long, about an hour.
    private static let longest: Int64 = 180
    /// Processes that may be there for parts that hold them. With more nothing is asked.
    static let held = 16

    /// Whether no process runs and none is to be started.
    var isOver: Bool { heard == nil && rest.isEmpty }

    /// When to look next.
    var lateAt: Instant { heard.map { $0 + PassWatch.patience } ?? .never }

    /// Parts that do not answer.
    func isSilent(_ part: String) -> Bool { silent[part] != nil }

    /// Whether so many parts hold a process that nothing is asked.
    var isFull: Bool { silent.values.count { $0.isHeld } >= PassWatch.held }

    /// A pass over these parts begins. Of those that did not answer one is asked, the last of all,
    /// and the next only when it answers: each may cost so much time that others are not asked
    /// often enough, but what held them all may be over.
    mutating func begin(_ parts: [String], now: Instant) {
        let known = Set(parts)
        silent = silent.filter { known.contains($0.key) || $0.value.isHeld }
        rest = parts.filter { silent[$0] == nil }
        var waiting: [(part: String, until: Instant, place: Int)] = []
        for (place, part) in parts.enumerated() {
            guard let silence = silent[part], !silence.isHeld, silence.until <= now else {
                continue
            }
            waiting.append((part, silence.until, place))
        }
        due = waiting.sorted { ($0.until, $0.place) < ($1.until, $1.place) }.map(\.part)
        next = nil
        if !due.isEmpty { rest.append(due.removeFirst()) }
    }

    /// The parts that a process is to be started for now; none when one runs or none is needed.
    mutating func start(now: Instant) -> [String] {
        guard heard == nil, !rest.isEmpty else { return [] }
        guard !isFull else {
            rest = []
            return []
        }
        heard = now
        asked = nil
        return rest
    }

    /// The process could not be started.
    mutating func failed() {
        heard = nil
        rest = []
    }

    /// It asks a part.
    mutating func asking(_ part: String, now: Instant) {
        if let place = rest.firstIndex(of: part) { rest.removeFirst(place + 1) }
        asked = part
        heard = now
    }

    /// A part has told its values. True if it did not answer before.
    mutating func answered(_ part: String, now: Instant) -> Bool {
        asked = nil
        heard = now
        guard silent.removeValue(forKey: part) != nil else { return false }
        if !due.isEmpty { next = due.removeFirst() }
        return true
    }

    /// The process has ended by itself. The part that it was asking, if any, is not asked again in
    /// this pass; nothing says that it is to blame.
    mutating func ended() -> End {
        guard asked == nil, rest.isEmpty else { return close(asked.map { .at($0) } ?? .unasked) }
        if let next { rest = [next] }
        next = nil
        return close(.done)
    }

    /// A process that is late: it is to be ended by force, and is there until ``released(_:)``.
    mutating func late(now: Instant) -> End? {
        guard let heard, heard + PassWatch.patience <= now else { return nil }
        guard let part = asked else { return close(.unasked) }
        var silence = silent[part] ?? Silence(until: now)
        let factor = min(PassWatch.longest, 1 << Int64(min(silence.times, 8)))
        silence.times += 1
        silence.until = now + TimeSpan(nanoseconds: PassWatch.pause.nanoseconds * factor)
        silence.isHeld = true
        silent[part] = silence
        return close(.at(part))
    }

    private mutating func close(_ end: End) -> End {
        heard = nil
        asked = nil
        // Without time or memory to ask anything, another process would fare no better.
        if end == .unasked { rest = [] }
        return end
    }

    /// The process that asked a part is gone.
    mutating func released(_ part: String) { silent[part]?.isHeld = false }
}
