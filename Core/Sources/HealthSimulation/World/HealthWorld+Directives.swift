import FleetModel
import Health
import Simulation

// The health engine, joined to the scheduler as the control plane joins them.
extension HealthWorld {
    mutating func tell(_ input: HealthInput) {
        health.apply(input, at: now, into: &healthDirectives)
    }

    /// Does what the health engine has asked for, and tells it what follows from that.
    mutating func settle() {
        repeat {
            tellOccupancy()
            let directives = healthDirectives.closingFirst
            healthDirectives = []
            for directive in directives { carryOut(directive) }
            if healthDirectives.isEmpty, occupancyChanges.isEmpty { keepSpares() }
        } while !healthDirectives.isEmpty || !occupancyChanges.isEmpty
        checkStarts()
    }

    private mutating func tellOccupancy() {
        let changes = occupancyChanges.sorted()
        occupancyChanges.removeAll(keepingCapacity: true)
        for id in changes {
            guard let known = health[id] else { continue }
            let devices = occupants[id.index].reduce(UInt64(0)) { $0 | $1.devices }
            let isBusy = !occupants[id.index].isEmpty
            guard known.busyDevices != devices || known.isBusy != isBusy else { continue }
            tell(.occupied(id, devices: devices, isBusy: isBusy))
        }
    }

    private mutating func carryOut(_ directive: HealthDirective) {
        switch directive {
        case .cordon(let id): if health[id] != nil { give(.drain(id)) }
        case .drain(let id, let deadline):
            if health[id] != nil { give(.drainBy(id, deadline: deadline ?? .never)) }
        case .uncordon(let id): if health[id] != nil { give(.resume(id)) }
        case .setDevices(let id, let unhealthy):
            guard health[id] != nil else { break }
            lostNode = id
            give(.setDeviceHealth(id, unhealthy: unhealthy))
            lostNode = nil
        case .qualify(let id, let operation, let level, let devices, let components):
            guard health.isOutstanding(operation) else { break }
            let outcome = QualificationOutcome(
                verdict: .passed, level: level, isLoaded: true, components: components,
                devices: devices)
            // With what it takes to start and clean up.
            let spans: [Int64] = [72, 144, 1_080, 3_960]
            after(.seconds(spans[Int(level.rawValue)]), .tested(id, operation, outcome))
        case .pair(let id, let operation, let level, _):
            let outcome = QualificationOutcome(
                verdict: .passed, level: level, isLoaded: true, components: .network, devices: 0)
            after(.seconds(72), .tested(id, operation, outcome))
        case .repair(let id, let operation, let action, _):
            figures.repairs += 1
            switch action {
            case .replace: after(.seconds(3_600), .operate(id))
            case .reset: after(.seconds(360), .mended(id, operation))
            default: after(.seconds(1_080), .mended(id, operation))
            }
        case .restack(let id, let operation, _): after(.seconds(1_080), .mended(id, operation))
        case .refuse(let id, _):
            figures.refused += 1
            after(.seconds(7_200), .operate(id))
        case .propose(let id, let action, _):
            if action != .takeOut, action != .lookAfterAgent {
                after(.seconds(86_400), .operate(id))
            }
        case .tell(let event): note(event)
        case .wake(let at, let token): events.schedule(.healthWake(token: token), at: at)
        }
    }

    private mutating func note(_ event: HealthEvent) {
        switch event {
        case .moved(let id, let device, let from, let to, let decision):
            noteMove(id, device, from, to, decision)
        case .tripped(let breaker): if !breaker.isAboutAttempts { figures.trips += 1 }
        default: break
        }
    }

    private mutating func noteMove(
        _ id: NodeID, _ device: Int32?, _ from: HealthState, _ to: HealthState,
        _ decision: Decision
    ) {
        areSparesStale = true
        guard let slot = slot(of: id), let number = box[slot] else { return }
        if to == .inService, decision.rule == .proofPassed {
            provedAt[id.index] = now
        }
        let isFault = [.fault, .partialFault, .proofFailed].contains(decision.rule)
        if from != .proving, isFault, !to.takesWork, boxes[number].isGood {
            figures.wrongOutages += 1
        }
        // Of what goes on before this move is told, the state after all of it counts.
        if to.takesWork, !from.takesWork, watch.badSince[slot] == nil, badServes(slot) {
            figures.badEntries += 1
        }
        if device == nil, to == .qualifying { outages.testedFrom(id, takesWork: from.takesWork) }
        let gone = outages.devicesTaken(
            id, device, from, to, decision.rule, devices: HealthScenario.devices)
        if gone > 0 { noteOutage(gone) }
        account(slot)
    }

    /// What was just taken out, against what the policy allows.
    private mutating func noteOutage(_ devices: Int64) {
        outages.take(devices, at: now)
        var (total, out) = (Int64(0), Int64(0))
        for case .some(let id) in node {
            guard let known = health[id], known.wasInService, known.hold == nil else { continue }
            total += Int64(HealthScenario.devices)
            guard known.track.state.takesWork else {
                out += Int64(HealthScenario.devices)
                continue
            }
            out += Int64(known.devices.count { !$0.state.takesWork })
        }
        guard total > 0 else { return }
        figures.worstHourMilli = max(
            figures.worstHourMilli, outages.lastHour * 1000 / total)
        figures.mostOutMilli = max(figures.mostOutMilli, out * 1000 / total)
    }
}
