import FleetModel
import Health
import Simulation

// What goes wrong, and what is heard of it. Shares that no source gives are assumptions.
extension HealthWorld {
    private static let everyDevice: UInt64 = 0xFF
    /// A program whose device or host fails is gone at once or within seconds, in milliseconds; one
    /// that waits for the network after its retries; one that hangs when the watchdog of the
    /// collectives ends it.
    private static let longestCrash = 20_000
    static let networkDelay = TimeSpan.seconds(120)
    private static let hangDelay = TimeSpan.seconds(600)
    /// Until a backend says that a node is gone.
    private static let lossDelay = TimeSpan.seconds(40)
    /// Agents tell a fault after half a second, and are heard within two; of 1000, so many are held
    /// up for up to half a minute.
    private static let lateMilli = 20

    /// The next fault of the schedule, where it meets hardware that serves and is good.
    mutating func strike() {
        guard let fault = strikes.next else { return }
        strikes.draw()
        let slot = fault.nodes[0].index
        guard serves(slot), let id = node[slot], let number = box[slot], boxes[number].isGood
        else { return }
        var draw = SplitMix(seed: fault.draw)
        let device = Int32(draw.below(HealthScenario.devices))
        figures.faults += 1
        switch fault.kind {
        case .device: breakDevice(slot, id, device, draw.below(100))
        case .node where draw.below(2) == 0:
            boxes[number].isUpset = true
            hit(id, HealthWorld.everyDevice, after: crashDelay())
            find(id, .node, .reboot, .fatal, cause: 2, components: .host)
        case .node:
            boxes[number].isUpset = true
            halt(id, HealthWorld.everyDevice)
            after(HealthWorld.lossDelay, .lost(id))
        case .link:
            (boxes[number].isUpset, boxes[number].isCut) = (true, true)
            hit(
                id, HealthWorld.everyDevice, after: HealthWorld.networkDelay, isHang: true,
                isOnlyGangs: true)
            // Its counter is read with the next values, and says nothing worse than that.
            let told = finding(
                .node, .watch, .warning, cause: 3, components: .network, at: now)
            after(milliseconds(0, 30_000) + agentDelay(), .found(id, told))
        case .software:
            // One program on the node, and nothing of the machine.
            guard let first = occupants[id.index].first else { return }
            hit(id, first.devices, after: crashDelay(), isHardware: false)
        case .corruption:
            boxes[number].defect = .silent
            account(slot)
            expectToShow(slot)
        case .rack, .slowNode: preconditionFailure("no mix has racks or slow nodes")
        }
    }

    /// Six in ten are mended by a reset at once, one when its job has ended; three are defects.
    private mutating func breakDevice(_ slot: Int, _ id: NodeID, _ device: Int32, _ draw: Int) {
        guard let number = box[slot] else { return }
        switch draw {
        case 0..<60:
            boxes[number].isUpset = true
            hit(id, 1 << UInt64(device), after: crashDelay())
            find(id, .device(device), .reset, .fatal, cause: 1)
        case 60..<70:
            boxes[number].isUpset = true
            find(id, .device(device), .reset, .error, cause: 4, urgency: .afterJob)
        default:
            boxes[number].defect = .device(device)
            account(slot)
            showNow(slot, id, device)
            expectToShow(slot)
        }
    }

    /// A defect that is in use shows itself, sooner or later again.
    mutating func show(_ slot: Int, _ number: Int) {
        guard box[slot] == number, boxes[number].defect != .none else { return }
        defer { expectToShow(slot) }
        guard badServes(slot), let id = node[slot], !occupants[id.index].isEmpty else { return }
        switch boxes[number].defect {
        case .none: break
        case .device(let device):
            let isInUse = occupants[id.index].contains { $0.devices & 1 << UInt64(device) != 0 }
            if isInUse { showNow(slot, id, device) }
        case .silent:
            hit(id, HealthWorld.everyDevice, after: HealthWorld.hangDelay, isHang: true)
        }
    }

    private mutating func showNow(_ slot: Int, _ id: NodeID, _ device: Int32) {
        hit(id, 1 << UInt64(device), after: crashDelay())
        find(id, .device(device), .reset, .fatal, cause: 5)
    }

    /// A defect shows some time after the machine has gone into service.
    mutating func expectToShow(_ slot: Int) {
        guard let number = box[slot] else { return }
        let mean = TimeSpan.seconds(scenario.mix.hoursToShow * 3600)
        after(exponential(mean: mean, &luck), .show(slot: slot, box: number))
    }

    /// What says something and means nothing.
    mutating func noise(_ slot: Int) {
        guard let id = node[slot] else { return }
        let device = Int32(noiseLuck.below(HealthScenario.devices))
        switch noiseLuck.below(100) {
        case 0..<80: find(id, .device(device), .restart, .warning, cause: 13)
        case 80..<90: find(id, .device(device), .replace, .unknown, cause: 99)
        case 90..<97: find(id, .node, .watch, .warning, cause: 14)
        default: find(id, .device(device), .reset, .fatal, cause: 15)
        }
    }

    /// Alarms of most of the fleet within ten minutes that are none: a driver, or a wrong rule.
    mutating func storm() {
        outages.stormFrom = now
        for slot in node.indices {
            guard let id = node[slot], happens(700) else { continue }
            let at = now + seconds(0, 600)
            events.schedule(.found(id, finding(.node, .reboot, .fatal, cause: 77, at: at)), at: at)
        }
    }

    // MARK: What is heard of it

    private mutating func crashDelay() -> TimeSpan { milliseconds(0, HealthWorld.longestCrash) }

    private mutating func agentDelay() -> TimeSpan {
        happens(HealthWorld.lateMilli) ? milliseconds(2_000, 30_000) : milliseconds(500, 2_000)
    }

    /// The agent reads it in the log.
    private mutating func find(
        _ id: NodeID, _ scope: FaultScope, _ action: FaultAction, _ severity: FaultSeverity,
        cause: Int, urgency: FaultUrgency = .now, components: ComponentSet = .device
    ) {
        let told = finding(
            scope, action, severity, cause: cause, urgency: urgency, components: components,
            at: now)
        after(agentDelay(), .found(id, told))
    }

    func finding(
        _ scope: FaultScope, _ action: FaultAction, _ severity: FaultSeverity, cause: Int,
        urgency: FaultUrgency = .now, components: ComponentSet = .device, at: Instant
    ) -> Finding {
        Finding(
            scope: scope, cause: CauseID(cause), severity: severity, action: action,
            urgency: urgency, components: components, rule: RuleID(0), version: 1, seenAt: at)
    }

    /// Whatever uses these devices stands still, and ends by itself after a time. Backends say that
    /// programs failed, and not why; what hangs may leave behind what names the node.
    private mutating func hit(
        _ id: NodeID, _ devices: UInt64, after delay: TimeSpan, isHang: Bool = false,
        isHardware: Bool = true, isOnlyGangs: Bool = false
    ) {
        for occupant in occupants[id.index] where occupant.devices & devices != 0 {
            let job = jobs[occupant.job.index]
            guard !isOnlyGangs || job.members.count > 1, !job.isHalted else { continue }
            figures.jobsKilled += 1
            fail(occupant.job, by: isHardware ? id : nil, after: delay, isHang: isHang)
        }
    }

    /// Has an attempt stand still, and end after a time.
    mutating func fail(_ id: JobID, by node: NodeID?, after delay: TimeSpan, isHang: Bool) {
        (jobs[id.index].hurtBy, jobs[id.index].hurtAt) = (node, now)
        stall(id)
        let isSpread = jobs[id.index].members.count > 1
        let isNamed = isHang && isSpread && happens(scenario.mix.attributedMilli)
        after(delay, .crash(id, jobs[id.index].attempt, named: isNamed ? node : nil))
    }

    private mutating func halt(_ id: NodeID, _ devices: UInt64) {
        for occupant in occupants[id.index] where occupant.devices & devices != 0 {
            guard !jobs[occupant.job.index].isHalted else { continue }
            figures.jobsKilled += 1
            (jobs[occupant.job.index].hurtBy, jobs[occupant.job.index].hurtAt) = (id, now)
            stall(occupant.job)
        }
    }
}
