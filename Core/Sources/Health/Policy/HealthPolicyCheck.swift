import FleetModel

extension HealthPolicy {
    /// Every mistake in the limits, each named as in ``HealthPolicy``; empty when it is well
    /// formed.
    public func mistakes() -> [Diagnostic] {
        var check = PolicyCheck()
        check.span("arrival.proofLifetime", arrival.proofLifetime)
        for (name, action) in [
            ("knownBad", arrival.knownBad), ("knownBadRenamed", arrival.knownBadRenamed),
        ] where action == .admit {
            check.add("'arrival.\(name)' is admit", expected: "qualify or refuse")
        }
        check.level("arrival.level", arrival.level)
        check.level("suspicion.idleLevel", suspicion.idleLevel)
        checkBreakers(&check)
        checkRepairs(&check)
        checkSuspicions(&check)
        check.number("network.heldMilli", Int64(network.heldMilli), 0...1000)
        check.span("network.patience", network.patience)
        check.number("historyKept", Int64(historyKept), 1...1_024)
        check.number("decisionsKept", Int64(decisionsKept), 16...1_048_576)
        return check.mistakes
    }

    private func checkBreakers(_ check: inout PolicyCheck) {
        check.span("breakers.window", breakers.window)
        check.number("breakers.fleetMilli", Int64(breakers.fleetMilli), 0...1000)
        check.number("breakers.heldMilli", Int64(breakers.heldMilli), 0...1000)
        check.number("breakers.leastDevices", Int64(breakers.leastDevices), 0...1_000_000)
        check.number("breakers.domainMilli", Int64(breakers.domainMilli), 0...1000)
        check.number(
            "breakers.leastDomainDevices", Int64(breakers.leastDomainDevices), 0...1_000_000)
        check.number(
            "breakers.domainLevel", Int64(breakers.domainLevel),
            0...Int64(FleetLimits.topologyLevels - 1))
        check.reset("breakers.reset", breakers.reset)
        check.number("breakers.concurrentRepairs", Int64(breakers.concurrentRepairs), 0...100_000)
        check.number("breakers.attemptsPerMachine", Int64(breakers.attemptsPerMachine), 0...64)
        check.number("breakers.attemptsPerCause", Int64(breakers.attemptsPerCause), 0...64)
        check.span("breakers.attemptWindow", breakers.attemptWindow)
        check.reset("breakers.attemptReset", breakers.attemptReset)
    }

    private func checkRepairs(_ check: inout PolicyCheck) {
        let actions = FaultAction.allCases.count
        check.number("repair.tries, how many", Int64(repair.tries.count), exactly: actions)
        for (index, tries) in repair.tries.enumerated() {
            check.number("repair.tries[\(index)]", Int64(tries), 0...100)
        }
        check.number("repair.levels, how many", Int64(repair.levels.count), exactly: actions)
        for (index, level) in repair.levels.enumerated() {
            check.level("repair.levels[\(index)]", level)
        }
        check.number(
            "repair.testTimeouts, how many", Int64(repair.testTimeouts.count),
            exactly: QualificationLevel.allCases.count)
        for (index, span) in repair.testTimeouts.enumerated() {
            check.span("repair.testTimeouts[\(index)]", span)
        }
        check.number(
            "repair.repairTimeouts, how many", Int64(repair.repairTimeouts.count),
            exactly: actions)
        for (index, span) in repair.repairTimeouts.enumerated() {
            check.span("repair.repairTimeouts[\(index)]", span)
        }
        check.number("repair.asks", Int64(repair.asks), 1...100)
        check.number("repair.fruitlessTests", Int64(repair.fruitlessTests), 1...100)
        check.span("repair.testPause", repair.testPause)
        check.span("repair.repeatWindow", repair.repeatWindow)
        check.span("repair.drainGrace", repair.drainGrace, least: .zero)
        if let patience = repair.drainPatience { check.span("repair.drainPatience", patience) }
        check.span("repair.shrunkPatience", repair.shrunkPatience, least: .zero)
        if !repair.afterFailedTest.takesOut {
            check.add(
                "'repair.afterFailedTest' does not take the hardware out of service",
                expected: "prove, reset, reboot or replace")
        }
    }

    private func checkSuspicions(_ check: inout PolicyCheck) {
        check.span("suspicion.findingLifetime", suspicion.findingLifetime)
        check.span("suspicion.lifetime", suspicion.lifetime)
        check.span("suspicion.silence", suspicion.silence)
        check.span("suspicion.longSilence", suspicion.longSilence, least: suspicion.silence)
        check.span("suspicion.idleTestInterval", suspicion.idleTestInterval)
        if let period = suspicion.idleTestPeriod {
            check.span("suspicion.idleTestPeriod", period, least: .seconds(3600))
        }
        check.number(
            "suspicion.peerDeviationMilli", suspicion.peerDeviationMilli, 1_000...1_000_000)
        check.number("suspicion.peerShareMilli", suspicion.peerShareMilli, 1...1_000_000)
        check.number("suspicion.leastPeers", Int64(suspicion.leastPeers), 3...100_000)
        check.number("suspicion.peerLosses", Int64(suspicion.peerLosses), 1...1_000)
        let lemon = suspicion.lemon
        check.number("suspicion.lemon.days", Int64(lemon.days), 1...Int64(LemonSignals.days))
        check.number("suspicion.lemon.threshold", Int64(lemon.threshold), 1...1_000_000)
        check.number("suspicion.lemon.leastSoloJobs", Int64(lemon.leastSoloJobs), 1...1_000_000)
        check.number(
            "suspicion.lemon.signals, how many", Int64(lemon.signals.count),
            exactly: LemonSignal.allCases.count)
        for (index, signal) in lemon.signals.enumerated() {
            check.number("suspicion.lemon.signals[\(index)].weight", Int64(signal.weight), 0...1000)
            check.number("suspicion.lemon.signals[\(index)].cap", Int64(signal.cap), 0...10_000)
        }
    }
}

/// Gathers what is wrong with a policy.
private struct PolicyCheck {
    var mistakes: [Diagnostic] = []

    mutating func add(_ message: String, expected: String) {
        mistakes.append(Diagnostic(.invalidValue, message: message, expected: expected))
    }

    mutating func number(_ name: String, _ value: Int64, _ range: ClosedRange<Int64>) {
        guard !range.contains(value) else { return }
        add(
            "'\(name)' is \(value)",
            expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    }

    mutating func number(_ name: String, _ value: Int64, exactly count: Int) {
        if value != Int64(count) { add("'\(name)' is \(value)", expected: "\(count)") }
    }

    mutating func span(_ name: String, _ span: TimeSpan, least: TimeSpan = .seconds(1)) {
        guard span < least || span > .seconds(FleetLimits.seconds) else { return }
        add(
            "'\(name)' is \(span.wholeSeconds) s",
            expected: "from \(least.wholeSeconds) to \(FleetLimits.seconds) s")
    }

    mutating func level(_ name: String, _ level: QualificationLevel) {
        guard level < .twoMinutes else { return }
        add("'\(name)' puts nothing under load", expected: "twoMinutes, fifteenMinutes or hour")
    }

    mutating func reset(_ name: String, _ reset: BreakerReset) {
        if case .after(let span) = reset { self.span(name, span) }
    }
}
