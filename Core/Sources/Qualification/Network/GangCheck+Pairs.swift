import FleetModel

extension GangCheck {
    /// Has the next pairs tested; false when there are none.
    mutating func beginRound(_ now: Instant, _ directives: inout [Directive]) -> Bool {
        guard let seconds = limits.pair, var plan else { return false }
        let pairs = plan.next()
        self.plan = plan
        for pair in pairs {
            let test = PairTest(
                number: tests.count, from: paired[pair.first], to: paired[pair.second],
                pass: plan.pass)
            tests.append(test)
            running.append(RunningTest(test: test.number, until: now + .seconds(seconds)))
            directives.append(.test(test))
        }
        return !pairs.isEmpty
    }

    /// Takes in what the one who asked found.
    mutating func measure(
        _ rank: Int, _ test: Int, _ result: CheckResult, _ now: Instant,
        _ directives: inout [Directive]
    ) {
        guard let place = running.firstIndex(where: { $0.test == test }),
            tests[test].from == rank, running[place].noConnection == nil
        else { return }
        tests[test].result = result
        switch PairJudge.judge(result) {
        case .right: running.remove(at: place)
        case .bad(let words):
            close(test, .bad, words)
            running.remove(at: place)
        case .nothing(let words):
            close(test, .unanswered, words)
            running.remove(at: place)
        case .noConnection(let words):
            // One that has just died is silent, and silence blames nobody.
            running[place].noConnection = words
            running[place].until = now + .seconds(limits.confirm)
            directives.append(.confirm(tests[test].to, test: test))
        }
    }

    /// Takes in that the other one is there, so that it is the way between them that is not.
    mutating func confirm(_ rank: Int, _ test: Int) {
        guard let place = running.firstIndex(where: { $0.test == test }),
            tests[test].to == rank, let words = running[place].noConnection
        else { return }
        close(test, .bad, words)
        running.remove(at: place)
    }

    /// Answers all pairs of the round that has just ended, once their speeds can be compared.
    mutating func judgeRound() {
        guard var plan, !plan.open.isEmpty else { return }
        let judge = PairJudge(slackPercent: limits.slackPercent)
        // The first pass is judged as a whole, since nobody is blamed in it; the second is held
        // against what is known to be good.
        let isFirst = plan.pass == 1
        let speeds = tests.filter { $0.outcome == .good || (isFirst && $0.isSound) }
            .compactMap(\.speed)
        let median = isFirst && speeds.count < 2 ? nil : PairJudge.median(speeds)
        for pair in plan.open {
            guard let index = index(of: pair) else { continue }
            if tests[index].outcome == .open {
                let words = judge.slowness(tests[index].speed ?? 0, median: median)
                close(index, words == nil ? .good : .bad, words ?? "")
                tests[index].isSlow = words != nil
            }
            distrust(index, judge, median)
            let outcome = tests[index].outcome
            plan.answer(pair, isGood: outcome == .unanswered ? nil : outcome == .good)
        }
        if isFirst { doubt(&plan, judge, median) }
        self.plan = plan
    }

    private func index(of pair: PairPlan.Pair) -> Int? {
        let (one, other) = (paired[pair.first], paired[pair.second])
        return tests.lastIndex {
            min($0.from, $0.to) == one && max($0.from, $0.to) == other
        }
    }

    /// Takes back what was good as long as nothing faster was known.
    private mutating func doubt(_ plan: inout PairPlan, _ judge: PairJudge, _ median: Int64?) {
        for index in tests.indices where tests[index].outcome == .good {
            guard let words = judge.slowness(tests[index].speed ?? 0, median: median) else {
                continue
            }
            close(index, .bad, words)
            tests[index].isSlow = true
            let both = [tests[index].from, tests[index].to]
            let suspects = both.filter { rank in
                !tests.contains { $0.outcome == .good && $0.partner(of: rank) != nil }
            }
            plan.doubt(
                PairPlan.Pair(place(both[0]), place(both[1])), suspects: suspects.map(place))
        }
    }

    private func place(_ rank: Int) -> Int { paired.firstIndex(of: rank) ?? 0 }

    /// Lets a bad pair of the second pass say nothing when the one who was held to be good has
    /// itself never been as fast as the others.
    private mutating func distrust(_ index: Int, _ judge: PairJudge, _ median: Int64?) {
        let test = tests[index]
        guard test.pass == 2, test.outcome == .bad, test.isSlow else { return }
        let known = [test.from, test.to].compactMap { rank in
            tests.filter { $0.outcome == .good && $0.partner(of: rank) != nil }
                .compactMap(\.speed).max()
        }
        guard let best = known.max(), judge.slowness(best, median: median) != nil else { return }
        close(index, .unanswered, "it is slow, and so was each pair of the one that was good")
    }
}
