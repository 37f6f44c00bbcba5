import FleetModel

/// Where one process group stands: the first operation that has not ended on some rank.
struct FlightFront {
    /// A group as one rank has it.
    struct Member: Comparable {
        var rank: Int32
        var group: FlightGroup

        static func < (left: Member, right: Member) -> Bool {
            if left.group.name != right.group.name { return left.group.name < right.group.name }
            if left.group.ranks != right.group.ranks {
                return left.group.ranks.lexicographicallyPrecedes(right.group.ranks)
            }
            return left.rank < right.rank
        }

        static func == (left: Member, right: Member) -> Bool {
            left.rank == right.rank && left.isSameGroup(right)
        }

        func isSameGroup(_ other: Member) -> Bool {
            group.name == other.group.name && group.ranks == other.group.ranks
        }
    }

    private let members: [Member]
    private let sequence: Int64
    private let operation: FlightOperation
    /// When the first rank asked for it.
    let onset: Instant
    /// Ranks with a record that have not asked for it.
    private(set) var missing: [Int32] = []
    /// Ranks of the group without a record.
    let unrecorded: [Int32]
    private var scheduled: [Int32] = []
    private var started: [Int32] = []
    private var completed: [Int32] = []

    /// Nil when every operation has ended.
    init?(_ members: ArraySlice<Member>, _ recorded: Set<Int32>) {
        let first = members.compactMap { $0.group.open.first }.min { $0.sequence < $1.sequence }
        guard let first, let one = members.first else { return nil }
        self.members = Array(members)
        sequence = first.sequence
        operation = first
        unrecorded = one.group.ranks.filter { !recorded.contains($0) }
        var onset = first.createdAt
        for member in members {
            let open = member.group.open.first { $0.sequence == first.sequence }
            if let open {
                onset = min(onset, open.createdAt)
                if open.state == .started {
                    started.append(member.rank)
                } else {
                    scheduled.append(member.rank)
                }
            } else if member.group.lastEnqueued < first.sequence {
                missing.append(member.rank)
            } else {
                completed.append(member.rank)
            }
        }
        self.onset = onset
    }

    /// What ranks asked for under one number and that cannot go together; nil when all does.
    var mismatch: String? {
        var seen: [Int64: (rank: Int32, operation: FlightOperation)] = [:]
        var first: (sequence: Int64, text: String)?
        for member in members {
            for operation in member.group.open {
                guard let other = seen[operation.sequence] else {
                    seen[operation.sequence] = (member.rank, operation)
                    continue
                }
                guard !FlightFront.fit(other.operation, operation) else { continue }
                if let first, first.sequence <= operation.sequence { continue }
                first = (
                    operation.sequence,
                    "operation \(operation.sequence) of \(name) is "
                        + "\(FlightFront.text(other.operation)) on rank \(other.rank) and "
                        + "\(FlightFront.text(operation)) on rank \(member.rank)"
                )
            }
        }
        return first?.text
    }

    /// Operations whose sizes are the same on all ranks.
    private static let uniform: Set<String> = [
        "nccl:all_reduce", "nccl:broadcast", "nccl:reduce", "nccl:_all_gather_base",
        "nccl:_reduce_scatter_base", "nccl:all_reduce_barrier", "nccl:barrier",
    ]

    private static func fit(_ one: FlightOperation, _ other: FlightOperation) -> Bool {
        // The parts of coalesced operations are recorded one by one, each under the same number.
        if one.name.utf8.isEmpty || other.name.utf8.isEmpty { return true }
        if one.name.contains("coalesced") || other.name.contains("coalesced") { return true }
        guard one.name == other.name else { return false }
        guard uniform.contains(one.name) else { return true }
        return one.inputs == other.inputs && one.outputs == other.outputs
            && one.types == other.types
    }

    /// Ranks whose devices are behind those of the others, when all asked for the operation.
    var laggards: (ranks: [Int32], reason: CulpritReason, text: String)? {
        let open = (scheduled + started).sorted()
        if !completed.isEmpty, open.count < completed.count {
            return (
                open, .notEnded,
                "\(RankText.of(open)) has not ended operation \(sequence) of \(name) "
                    + "(\(operation.name)), which \(completed.count) others have"
            )
        }
        guard completed.isEmpty, !scheduled.isEmpty, scheduled.count < started.count else {
            return nil
        }
        return (
            scheduled, .notStarted,
            "the device of \(RankText.of(scheduled)) has not begun operation \(sequence) of "
                + "\(name) (\(operation.name)), which those of \(started.count) others have"
        )
    }

    /// The group in words.
    private var name: String {
        let group = members[0].group
        let description = group.description
        return "group '\(group.name)'"
            + (description.isEmpty || description == "undefined" ? "" : " (\(description))")
    }

    private static func text(_ operation: FlightOperation) -> String {
        "\(operation.name) of \(operation.inputs.isEmpty ? "nothing" : operation.inputs)"
    }

    /// That every rank is there.
    var insideText: String {
        "all \(members.count) ranks of \(name) had asked for operation \(sequence) "
            + "(\(operation.name)), and it did not end: the network, or all of them"
    }

    /// Who did not come.
    func missingText(_ ranks: [Int32]) -> String {
        let there = scheduled.count + started.count + completed.count
        return "\(RankText.of(ranks)) did not come to operation \(sequence) of \(name) "
            + "(\(operation.name)), in which \(there) others wait, and waits in no other"
    }
}
