import FleetModel
import Health
import HealthFuzzing
import Testing

/// Goal: what the fuzzer is for is found. Method: engines that mishear, and so break a promise.
@Suite struct MishearingTests {
    /// The complaints of the first worlds in which something was found.
    private func found(_ mishearing: Mishearing) -> [String] {
        (UInt64(0)..<30).compactMap { seed in
            var run = HealthCase(seed: seed, length: 300, mishearing: mishearing)
            run.run()
            return run.failure
        }
    }

    @Test func aReturnWithoutAProofIsFound() {
        let failures = found(
            Mishearing(input: { input in
                guard case .qualified(let node, let id, var outcome) = input else { return input }
                outcome.verdict = .passed
                outcome.isLoaded = true
                outcome.level = .hour
                outcome.components = .all
                outcome.devices = .max
                return .qualified(node, id, outcome)
            }))
        #expect(failures.contains { $0.contains("without a proof") }, "\(failures)")
    }

    @Test func anUnknownFaultThatQuarantinesIsFound() {
        let failures = found(
            Mishearing(input: { input in
                guard case .found(let node, var finding) = input, finding.severity == .unknown
                else { return input }
                finding.severity = .fatal
                return .found(node, finding)
            }))
        #expect(failures.contains { $0.contains("nothing was wrong") }, "\(failures)")
    }

    @Test func aBreakerThatDoesNotHoldIsFound() {
        let failures = found(
            Mishearing(policy: { limits in
                var policy = limits
                policy.breakers.fleetMilli = 1000
                policy.breakers.heldMilli = 1000
                policy.breakers.domainMilli = 1000
                return policy
            }))
        #expect(failures.contains { $0.contains("went out in a window") }, "\(failures)")
        #expect(failures.contains { $0.contains("are out") }, "\(failures)")
    }

    @Test func aForeignCordonThatIsForgottenIsFound() {
        let failures = found(
            Mishearing(input: { input in
                guard case .stated(let node, .cordoned) = input else { return input }
                return .heard(node)
            }))
        #expect(failures.contains { $0.contains("cordons of others changed") }, "\(failures)")
    }

    @Test func aRepairUnderARunningJobIsFound() {
        let failures = found(
            Mishearing(input: { input in
                guard case .occupied(let node, _, _) = input else { return input }
                return .occupied(node, devices: 0, isBusy: false)
            }))
        #expect(failures.contains { $0.contains("which is busy") }, "\(failures)")
    }
}
