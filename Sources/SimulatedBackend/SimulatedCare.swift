import ControlPlane
import FleetModel
import Health
import HealthControl
import Simulation

/// Tests and repairs simulated machines, in fleet time.
struct SimulatedCare: NodeCare {
    let backend: SimulatedBackend

    func take(_ order: CareOrder) { backend.take(order) }
}

extension SimulatedWorld {
    /// Begins a test or a repair, unless it is under way already.
    mutating func take(_ order: CareOrder) {
        if case .drop(_, let id) = order {
            care.remove(id)
            return
        }
        guard care.insert(order.id).inserted else { return }
        events.schedule(.care(order), at: now + span(of: order))
    }

    /// Says how a test or a repair ended. A test finds what is broken about the node and can be
    /// seen; a repair is always carried out, and whether it helped is for the test to say.
    mutating func finish(_ order: CareOrder) {
        guard care.remove(order.id) != nil else { return }
        switch order {
        case .drop: break
        case .repair(let node, let id, let action, _):
            if action == .replace { deadLinks.remove(node) }
            report(.repaired(node, id, .done))
        case .restack(let node, let id, let stack): finish(node, id, stack)
        case .pair(let node, let id, let level, let other):
            let answer =
                isLinkDead(node, other)
                ? QualificationAnswer.unreached(level)
                : QualificationAnswer(
                    outcome: QualificationOutcome(
                        verdict: .passed, level: level, isLoaded: true, components: .network,
                        devices: 0))
            report(.qualified(node, id, answer))
        case .qualify(let node, let id, let level, let devices, let asked):
            let isBroken = !(faults?.encounters(on: [node]).isEmpty ?? true) || isBad(node)
            // Nobody else takes part.
            let components = asked.subtracting(.network)
            report(
                .qualified(
                    node, id,
                    QualificationAnswer(
                        outcome: QualificationOutcome(
                            verdict: isBroken ? .failed : .passed, level: level, isLoaded: true,
                            components: components, devices: devices),
                        failedTests: isBroken ? ["matrix multiply"] : [])))
        }
    }

    /// Whether one of two nodes has a dead link, which neither finds by itself.
    private func isLinkDead(_ node: NodeID, _ other: NodeID) -> Bool {
        let isMet = (faults?.encounters(on: [node, other]) ?? []).contains { encounter in
            if case .breaks = encounter { true } else { false }
        }
        return isMet || !deadLinks.isDisjoint(with: [node, other])
    }

    private func span(of order: CareOrder) -> TimeSpan {
        switch order {
        case .qualify(_, _, let level, _, _):
            switch level {
            case .seconds: .seconds(20)
            case .twoMinutes: .seconds(120)
            case .fifteenMinutes: .seconds(900)
            case .hour: .seconds(3600)
            }
        case .pair(_, _, let level, _): level > .twoMinutes ? .seconds(90) : .seconds(60)
        case .repair(_, _, let action, _):
            switch action {
            case .nothing, .restart, .watch, .prove, .reset: .seconds(60)
            case .reboot: .seconds(300)
            case .replace: .seconds(86_400)
            }
        case .restack: installation.span
        case .drop: .zero
        }
    }
}

/// The serial numbers of simulated machines: made of the machine's name, so that they are the same
/// on every start.
enum SimulatedHardware {
    static func facts(machine: String, devices: Int32) -> HardwareFacts {
        HardwareFacts(
            chassis: "SIM" + digits(machine, 0, 12),
            devices: (0..<max(0, devices)).map { index in
                let salt = UInt64(index) + 1
                let (head, tail) = (digits(machine, salt << 8, 8), digits(machine, salt << 9, 12))
                return HardwareFacts.Device(
                    index: index, uuid: "GPU-\(head)-5349-4d55-4c41-\(tail)",
                    boardSerial: "B" + digits(machine, salt << 10, 12),
                    slot: slot(index))
            },
            nics: [digits(machine, 1, 16)])
    }

    /// Where a device sits: a bus for each.
    static func slot(_ index: Int32) -> String {
        let bus = String(index + 1, radix: 16)
        return "0000:\(bus.utf8.count < 2 ? "0" : "")\(bus):00.0"
    }

    private static func digits(_ name: String, _ salt: UInt64, _ count: Int) -> String {
        var hash: UInt64 = 14_695_981_039_346_656_037
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        let text = String(SplitMix.mix(hash ^ SplitMix.mix(salt)), radix: 16)
        return (String(repeating: "0", count: max(0, 16 - text.utf8.count)) + text)
            .suffix(count).uppercased()
    }
}
