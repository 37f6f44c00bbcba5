import FleetModel

/// What a control plane is able to hear of agents, so that what it could not hear is nobody's
/// silence.
///
/// It is deaf while what has come is not taken in, as when its process stands still; while agents
/// are heard that were late, so that others may be late as well; and while none of many is heard
/// at all. A value beside the journal: what follows from it is told to the engine as
/// ``HealthInput/deaf(_:)``, and journalled there.
public struct Hearing: Sendable {
    /// How long what has come may wait to be taken in, by the wall.
    public static let tolerance = TimeSpan.seconds(5)
    /// An agent that is heard after more than this was late: it tells something every thirty
    /// seconds.
    public static let late = TimeSpan.seconds(50)
    /// The time that is looked back upon.
    public static let window = TimeSpan.seconds(60)
    /// Agents of which so few in a hundred are late are heard badly from then on, and well again
    /// below half of that. Where one message in twenty is lost, six in a row are lost once in 64
    /// million times.
    private static let lateShare = 5
    /// Fewer late agents say nothing: each may have been away itself.
    private static let leastLate = 3
    /// Fewer agents may all be silent at once.
    private static let leastAgents = 8
    /// What is shorter is not told by itself.
    private static let step = TimeSpan.seconds(5)
    private static let part = TimeSpan.seconds(10)
    private static let parts = 6

    private struct Part {
        var heard = 0
        var late = 0
    }

    /// When each node's agent was last heard, by the node's id.
    private var last: [Instant?] = []
    private var agents = 0
    private var lastOfAll: Instant
    /// The last minute in parts, the newest last.
    private var recent = [Part](repeating: Part(), count: Hearing.parts)
    private var partEnd: Instant
    private var hearsLate = false
    /// All that had come by then was taken in.
    private var clearAt: Instant
    /// Until then it is settled what counts as silence.
    private var settled: Instant
    private let tolerance: TimeSpan

    /// Since when it is deaf; nil while it hears well.
    public private(set) var deafSince: Instant?

    /// Begins to listen to agents that were heard before. `pace` is how many times as fast as the
    /// wall's the clock goes.
    public init(at now: Instant, heard nodes: [NodeID] = [], pace: Int64 = 1) {
        lastOfAll = now
        partEnd = now + Hearing.part
        clearAt = now
        settled = now
        tolerance = TimeSpan(nanoseconds: Hearing.tolerance.nanoseconds * max(1, pace))
        for node in nodes { put(now, node) }
    }

    private mutating func put(_ at: Instant?, _ node: NodeID) {
        while last.count <= node.index { last.append(nil) }
        agents += (at == nil ? 0 : 1) - (last[node.index] == nil ? 0 : 1)
        last[node.index] = at
    }

    /// A message of a node's agent is taken in. O(1).
    public mutating func note(_ node: NodeID, at now: Instant) {
        turn(to: now)
        if last.indices.contains(node.index), let before = last[node.index] {
            recent[Hearing.parts - 1].late += now - before > Hearing.late ? 1 : 0
        }
        recent[Hearing.parts - 1].heard += 1
        lastOfAll = now
        put(now, node)
    }

    /// A node is gone, and with it its agent.
    public mutating func forget(_ node: NodeID) {
        if last.indices.contains(node.index) { put(nil, node) }
    }

    /// All that had come by this time has been taken in.
    public mutating func clear(at time: Instant) { clearAt = max(clearAt, time) }

    /// What has come is about to be looked at: how much of the time until now nobody could be
    /// heard in, since it was last asked. Zero while there are no agents. O(1).
    public mutating func listen(at now: Instant) -> TimeSpan {
        turn(to: now)
        let waits = now - clearAt > tolerance
        let hearsNobody = agents >= Hearing.leastAgents && now - lastOfAll > Hearing.window
        guard agents > 0, waits || hearsLate || hearsNobody else {
            deafSince = nil
            settled = max(settled, now)
            return .zero
        }
        // What was taken in until then was heard.
        let from = waits && !hearsLate && !hearsNobody ? max(settled, clearAt) : settled
        guard now - from >= Hearing.step else { return .zero }
        if deafSince == nil { deafSince = from }
        settled = now
        return now - from
    }

    /// Turns to the present part of the last minute.
    private mutating func turn(to now: Instant) {
        guard now >= partEnd else { return }
        let turns = (now - partEnd).nanoseconds / Hearing.part.nanoseconds + 1
        for _ in 0..<min(turns, Int64(Hearing.parts)) {
            recent.removeFirst()
            recent.append(Part())
        }
        partEnd = partEnd + TimeSpan(nanoseconds: turns * Hearing.part.nanoseconds)
        judge()
    }

    private mutating func judge() {
        let heard = recent.reduce(0) { $0 + $1.heard }
        let late = recent.reduce(0) { $0 + $1.late }
        let share = hearsLate ? Hearing.lateShare : 2 * Hearing.lateShare
        hearsLate = late >= Hearing.leastLate && late * 200 >= heard * share
    }
}
