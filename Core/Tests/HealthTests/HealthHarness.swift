import FleetModel
import Testing

@testable import Health

/// A health engine with a clock and what it answered, for tests that read like a story.
struct HealthHarness {
    var engine: HealthEngine
    var now = Instant.seconds(1_764_000_000)
    var log: [HealthDirective] = []
    var names = IdentityNames()

    init(_ policy: HealthPolicy = HealthPolicy()) { engine = HealthEngine(policy: policy) }

    /// A policy that takes new nodes in at once, as for a fleet that works already.
    static var trusting: HealthPolicy {
        var policy = HealthPolicy()
        policy.arrival.new = .admit
        // Fleets of tests are small; what breakers do has tests of its own.
        policy.breakers.leastDevices = 64
        policy.breakers.leastDomainDevices = 64
        return policy
    }

    @discardableResult
    mutating func tell(_ input: HealthInput) -> [HealthDirective] {
        var answer: [HealthDirective] = []
        engine.apply(input, at: now, into: &answer)
        #expect(engine.checkInvariants() == [])
        log += answer
        return answer
    }

    mutating func pass(_ seconds: Int64) -> [HealthDirective] {
        var answer: [HealthDirective] = []
        var left = seconds
        while left > 0 {
            // As a driver does, in time for what was asked for last.
            let asked = engine.askedWake.map { max(1, ($0 - now).nanoseconds / 1_000_000_000) }
            let step = min(left, asked ?? 1800, 1800)
            left -= step
            now = now + .seconds(step)
            answer += tell(.wake(token: 0))
        }
        return answer
    }

    /// What box number `box` says that it is: eight devices in a chassis.
    mutating func report(box: Int, devices: Int = 8, chassis: Bool = true) -> HardwareReport {
        HardwareReport(
            chassis: chassis ? names.intern("CHASSIS-\(box)") : nil,
            devices: (0..<devices).map { index in
                DeviceReport(
                    index: Int32(index), uuid: names.intern("GPU-\(box)-\(index)"),
                    boardSerial: names.intern("BOARD-\(box)-\(index)"))
            }, nics: [names.intern("NIC-\(box)")].compactMap { $0 })
    }

    @discardableResult
    mutating func arrive(_ node: Int, box: Int, domain: Int = 0) -> [HealthDirective] {
        let report = report(box: box)
        return tell(
            .arrived(NodeID(node), Arrival(report: report, domains: [DomainID(domain)])))
    }

    func finding(
        _ scope: FaultScope = .node, _ action: FaultAction, cause: Int = 79,
        severity: FaultSeverity = .fatal, urgency: FaultUrgency = .now,
        components: ComponentSet = .device, age: Int64 = 0
    ) -> Finding {
        Finding(
            scope: scope, cause: CauseID(cause), severity: severity, action: action,
            urgency: urgency, components: components, rule: RuleID(3), version: 7,
            seenAt: Instant(nanoseconds: now.nanoseconds - age * 1_000_000_000), inputs: [11, 12])
    }

    @discardableResult
    mutating func find(_ node: Int, _ finding: Finding) -> [HealthDirective] {
        tell(.found(NodeID(node), finding))
    }

    func state(_ node: Int) -> HealthState? { engine[NodeID(node)]?.track.state }
    func device(_ node: Int, _ index: Int) -> HealthState? {
        engine[NodeID(node)]?.devices[index].state
    }

    /// The operation that a node, or one of its devices, waits for.
    func operation(_ node: Int) -> Operation? {
        engine.operations.first { $0.node == NodeID(node) }
    }

    /// Answers what a node waits for as everybody hopes.
    @discardableResult
    mutating func succeed(_ node: Int) -> [HealthDirective] {
        guard let operation = operation(node) else { return [] }
        switch operation.kind {
        case .repair, .restack: return tell(.repaired(NodeID(node), operation.id, .done))
        case .qualify(let level, let devices, let components):
            return tell(
                .qualified(
                    NodeID(node), operation.id,
                    QualificationOutcome(
                        verdict: .passed, level: level, isLoaded: true, components: components,
                        devices: devices)))
        case .pair(_, let level):
            return tell(
                .qualified(
                    NodeID(node), operation.id,
                    QualificationOutcome(
                        verdict: .passed, level: level, isLoaded: true, components: .network,
                        devices: 0)))
        }
    }

    @discardableResult
    mutating func fail(_ node: Int, devices: UInt64 = 0) -> [HealthDirective] {
        guard let operation = operation(node),
            case .qualify(let level, let tested, let components) = operation.kind
        else { return [] }
        return tell(
            .qualified(
                NodeID(node), operation.id,
                QualificationOutcome(
                    verdict: .failed, level: level, isLoaded: true, components: components,
                    devices: tested, failedDevices: devices, failedTests: [TestID(2)])))
    }
}

extension [HealthDirective] {
    var events: [HealthEvent] {
        compactMap { if case .tell(let event) = $0 { event } else { nil } }
    }

    var proposals: [HoldReason] {
        compactMap { if case .propose(_, _, let why) = $0 { why } else { nil } }
    }

    var tripped: [BreakerID] {
        events.compactMap { if case .tripped(let id) = $0 { id } else { nil } }
    }
}
