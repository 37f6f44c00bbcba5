import FleetModel

/// What the flight records of a job say beside each other.
enum FlightVerdict: Hashable {
    case nothingStuck
    /// These ranks are to blame.
    case ranks([Int32], CulpritReason, String)
    /// The program is to blame.
    case program(ProgramReason, String)
    /// Every rank was in the operation.
    case allInside(String)
    /// Too many ranks would be to blame.
    case tooMany(String)
}

/// Lays flight records beside each other: who had come to which operation of each process group.
///
/// A group stands at the first operation that has not ended on some rank. Ranks that have not asked
/// for it are missing there. They are to blame unless they wait in another group themselves, where
/// the blame goes on to those that are missing there. Sends and receives lead on the same way.
struct FlightComparison {
    /// Ranks of the job, as far as the records name them, ascending.
    private(set) var ranks: [Int32] = []
    /// Ranks with a record.
    private(set) var recorded: Set<Int32> = []
    /// When the oldest operation that holds others up was asked for.
    private(set) var onset: Instant?
    private(set) var verdict = FlightVerdict.nothingStuck

    private var fronts: [FlightFront] = []
    /// Ranks that have something that has not ended.
    private var waiting: Set<Int32> = []

    /// Nothing when there are no records.
    init?(_ records: [FlightRecord]) {
        guard !records.isEmpty else { return nil }
        var members: [FlightFront.Member] = []
        var all: Set<Int32> = []
        for record in records {
            guard let rank = record.rank else { continue }
            recorded.insert(rank)
            all.insert(rank)
            for group in record.groups {
                all.formUnion(group.ranks)
                members.append(FlightFront.Member(rank: rank, group: group))
                if !group.open.isEmpty || !group.meetings.isEmpty { waiting.insert(rank) }
            }
        }
        ranks = all.sorted()
        members.sort()
        var start = 0
        while start < members.count {
            var end = start + 1
            while end < members.count, members[start].isSameGroup(members[end]) { end += 1 }
            if let front = FlightFront(members[start..<end], recorded) { fronts.append(front) }
            start = end
        }
        onset = fronts.map(\.onset).min()
        verdict = judge(records)
    }

    /// Ranks without a record.
    var unrecorded: [Int32] { ranks.filter { !recorded.contains($0) } }

    private func judge(_ records: [FlightRecord]) -> FlightVerdict {
        for front in fronts {
            if let text = front.mismatch { return .program(.mismatch, text) }
        }
        var awaited: Set<Int32> = []
        for front in fronts { awaited.formUnion(front.missing) }
        awaited.formUnion(unmet(records))
        let roots = awaited.filter { recorded.contains($0) && !waiting.contains($0) }.sorted()
        if !roots.isEmpty { return blame(roots, .missingAtFront, text(ofMissing: roots)) }
        let silent = fronts.reduce(into: Set<Int32>()) { $0.formUnion($1.unrecorded) }.sorted()
        if !silent.isEmpty {
            return blame(
                silent, .noRecord,
                "\(RankText.of(silent)) wrote no flight record, and others wait for it")
        }
        let whole = fronts.filter(\.missing.isEmpty)
        for front in whole {
            if let (ranks, reason, text) = front.laggards { return blame(ranks, reason, text) }
        }
        if let front = whole.first { return .allInside(front.insideText) }
        guard !awaited.isEmpty else {
            return waiting.isEmpty
                ? .nothingStuck
                : .allInside(
                    "\(RankText.of(waiting.sorted())) wait in sends and receives of which both "
                        + "ends are there: the network between them")
        }
        return .program(
            .order,
            "\(RankText.of(awaited.sorted())) wait in other operations than those that others "
                + "expect them in: each waits for the next")
    }

    /// A few ranks may be to blame; of many the common cause is elsewhere.
    private func blame(
        _ suspects: [Int32], _ reason: CulpritReason, _ text: String
    ) -> FlightVerdict {
        Outliers.isFew(suspects.count, of: ranks.count)
            ? .ranks(suspects, reason, text) : .tooMany(text)
    }

    /// The other ends of sends and receives that are not there themselves.
    private func unmet(_ records: [FlightRecord]) -> Set<Int32> {
        var pairs: Set<RankPair> = []
        for record in records {
            for group in record.groups {
                for meeting in group.meetings where group.ranks.indices.contains(Int(meeting.peer))
                {
                    guard let rank = record.rank else { continue }
                    pairs.insert(RankPair(from: rank, to: group.ranks[Int(meeting.peer)]))
                }
            }
        }
        return Set(
            pairs.filter { !pairs.contains(RankPair(from: $0.to, to: $0.from)) }.map(\.to))
    }

    private func text(ofMissing roots: [Int32]) -> String {
        let set = Set(roots)
        guard let front = fronts.first(where: { !set.isDisjoint(with: $0.missing) }) else {
            return "\(RankText.of(roots)) did not come to a send or receive that others wait in"
        }
        return front.missingText(roots.filter { front.missing.contains($0) })
    }
}

/// One rank waits for another.
private struct RankPair: Hashable {
    var from: Int32
    var to: Int32
}

/// When few are to blame rather than what is common to all.
enum Outliers {
    /// NCCL's own rule for outliers: a quarter, and ten (`ncclras`).
    static func isFew(_ count: Int, of total: Int) -> Bool {
        count > 0 && count <= 10 && count * 4 <= total
    }
}

/// Ranks in words.
enum RankText {
    /// `rank 3`, `ranks 3, 4 and 5`, `ranks 3, 4, 5 and 20 more`.
    static func of(_ ranks: [Int32]) -> String {
        guard ranks.count > 1 else { return ranks.first.map { "rank \($0)" } ?? "no rank" }
        let shown = ranks.prefix(ranks.count > 10 ? 10 : ranks.count - 1)
        let list = shown.map(String.init).joined(separator: ", ")
        let rest = ranks.count > 10 ? "\(ranks.count - 10) more" : "\(ranks[ranks.count - 1])"
        return "ranks \(list) and \(rest)"
    }
}
