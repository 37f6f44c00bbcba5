import FleetModel

/// What a check across nodes says of the network of one of them.
public enum GangFinding: Hashable, Sendable {
    /// Right with the partner of this test.
    case good(PairTest)
    /// Bad in these tests, at last with a partner that is good elsewhere.
    case blamed([PairTest])
    /// Bad in these tests, and there was no good node left to tell whose fault it is.
    case undecided([PairTest])
    /// In no pair that came to an answer, and why.
    case unknown(String)
}

extension GangCheck {
    /// What is known of a member's network; nil when pairs were not to be tested.
    public func finding(_ rank: Int) -> GangFinding? {
        guard limits.pair != nil else { return nil }
        let own = tests.filter { $0.partner(of: rank) != nil }
        let bad = own.filter { $0.outcome == .bad }
        if let plan, let place = paired.firstIndex(of: rank) {
            switch plan.standings[place] {
            case .good:
                let good = own.filter { $0.outcome == .good }
                if let best = good.max(by: { ($0.speed ?? 0) < ($1.speed ?? 0) }) {
                    return .good(best)
                }
            case .blamed: return .blamed(bad)
            case .undecided, .suspect: if !bad.isEmpty { return .undecided(bad) }
            case .unknown: break
            }
        }
        if isStopped { return .unknown("the run was stopped") }
        if let absence = members[rank].absence { return .unknown(absence.words) }
        let partners = own.map { "with rank \($0.partner(of: rank) ?? 0): \($0.words)" }
        return .unknown(
            partners.isEmpty
                ? "there was nobody to test it with" : partners.joined(separator: "; "))
    }

    /// Who is blamed, by rank.
    public var blamed: [Int] { ranks(.blamed) }
    /// Who was in bad pairs, and whose fault it is was not to be told.
    public var undecided: [Int] { ranks(.undecided) }

    private func ranks(_ standing: PairPlan.Standing) -> [Int] {
        guard let plan else { return [] }
        return plan.standings.indices.filter { plan.standings[$0] == standing }.map { paired[$0] }
    }

    /// The tests of pairs that were bad although both are good elsewhere.
    public var badWays: [PairTest] {
        (plan?.badWays ?? []).compactMap { pair in
            tests.last { test in
                test.outcome == .bad && min(test.from, test.to) == paired[pair.first]
                    && max(test.from, test.to) == paired[pair.second]
            }
        }
    }

    /// The check `network` of a member, from all pairs that it was in; nil when none were to be.
    ///
    /// - Parameters:
    ///   - names: What to call each member.
    ///   - crosses: Whether what goes between two leaves a machine. Where it does not, nothing is
    ///     said to have been a peer, and so the network is not proved.
    public func networkResult(
        of rank: Int, names: [String], crosses: (Int, Int) -> Bool
    ) -> CheckResult? {
        guard let finding = finding(rank) else { return nil }
        func name(_ test: PairTest) -> String { names[test.partner(of: rank) ?? rank] }
        func told(_ test: PairTest, _ status: CheckStatus) -> CheckResult {
            var result = test.result ?? CheckResult(.network, status)
            result.status = status
            result.device = nil
            result.code = nil
            result.notes.removeAll()
            result.notes.append(
                crosses(test.from, test.to)
                    ? RunVerdict.peerNote + name(test)
                    : "with \(name(test)) on the same machine, which tests no network")
            return result
        }
        switch finding {
        case .good(let test):
            var result = told(test, test.result?.status == .degraded ? .degraded : .passed)
            for way in badWays where way.partner(of: rank) != nil {
                result.note(.degraded, "a bad way to \(name(way)): \(way.words)")
            }
            return result
        case .blamed(let bad), .undecided(let bad):
            var isBlamed = false
            if case .blamed = finding { isBlamed = true }
            var result =
                bad.last.map { told($0, isBlamed ? .failed : .error) }
                ?? CheckResult(.network, .error)
            if !isBlamed { result.code = .checkPeer }
            let words = bad.map { "bad with \(name($0)): \($0.words)" }
            let end =
                isBlamed
                ? ", which is good with others"
                : "; there was no good node left to tell which of the two is bad"
            result.notes.insert(words.joined(separator: "; ") + end, at: 0)
            return result
        case .unknown(let words):
            return isStopped
                ? CheckResult(.network, .notRun, [words])
                : CheckResult(.network, .error, [words], code: .checkPeer)
        }
    }
}
