import FleetModel

/// Thousandths of GPUs that overdue jobs ask for or hold.
struct OverdueShare: Sendable {
    /// Of gangs of several members.
    var gangs: Int64 = 0
    /// Of jobs of one member.
    var singles: Int64 = 0
}

extension Engine {
    /// Lets veterans that have waited longest go on beside the young ones, as far as the shares
    /// that the policy has for them reach: one at least.
    mutating func promoteOverdue() {
        let schedulable = placer.fleet.schedulableMilli.reduce(0, +)
        let gangs = schedulable * Int64(policy.timeline.overdueGangPercent) / 100
        let singles = schedulable * Int64(policy.timeline.overdueSinglePercent) / 100
        var candidates: [(since: Instant, slot: Int32)] = []
        for gang in room.gangsWaiting {
            for index in room.gangs[Int(gang)].waiting
            where room.classes[Int(index)].urgency == .old {
                let queue = room.classes[Int(index)].queue
                for place in 0..<min(queue.count, Engine.promotionsPerClass) {
                    let slot = queue[place].slot
                    if isOverdue(Int(slot)) {
                        candidates.append((jobs[Int(slot)].waitsSince, slot))
                    }
                }
            }
        }
        candidates.sort { ($0.since, $0.slot) < ($1.since, $1.slot) }
        for (_, slot) in candidates {
            let slot = Int(slot)
            let milli = jobs[slot].spec.minimumGPUMilli
            let isGang = jobs[slot].spec.minimumMembers > 1
            let used = isGang ? overdue.gangs : overdue.singles
            guard used == 0 || used + milli <= (isGang ? gangs : singles) else { continue }
            markOverdue(slot)
            room.dequeue(order: jobs[slot].order, from: Int(jobs[slot].waitClass))
            jobs[slot].urgency = .young
            join(slot)
        }
    }

    /// Jobs of one class that are looked at.
    private static let promotionsPerClass = 8

    /// Whether a waiting job has waited longer than the policy's patience.
    func isOverdue(_ slot: Int) -> Bool {
        let patience =
            jobs[slot].spec.minimumMembers > 1
            ? policy.timeline.gangPatience : policy.timeline.singlePatience
        return now - jobs[slot].waitsSince >= patience
    }

    private mutating func markOverdue(_ slot: Int) {
        precondition(!jobs[slot].isOverdue, "a job became overdue twice")
        jobs[slot].isOverdue = true
        addOverdue(slot, sign: 1)
    }

    /// Takes note that a job is overdue no more: it made way, or ended.
    mutating func clearOverdue(_ slot: Int) {
        guard jobs[slot].isOverdue else { return }
        jobs[slot].isOverdue = false
        addOverdue(slot, sign: -1)
    }

    private mutating func addOverdue(_ slot: Int, sign: Int64) {
        let milli = sign * jobs[slot].spec.minimumGPUMilli
        if jobs[slot].spec.minimumMembers > 1 {
            overdue.gangs += milli
        } else {
            overdue.singles += milli
        }
    }
}

extension OverdueShare: SnapshotValue {
    static var blank: OverdueShare { OverdueShare() }

    mutating func pass(through coder: inout SnapshotCoder) {
        coder.field(&gangs)
        coder.field(&singles)
    }
}
