import FleetModel
import Testing

@testable import Qualification

/// What figures are held against, and how that is learned.
struct ThresholdTests {
    private let key = FigureKey(model: "NVIDIA H100 80GB HBM3", driver: "580.82.07", fabric: "")

    @Test(arguments: [
        (Int64(100_000), CheckStatus.passed), (99_999, .degraded), (90_000, .degraded),
        (89_999, .failed),
        (0, .failed), (500_000, .passed),
    ])
    func moreIsBetter(milli: Int64, status: CheckStatus) {
        let bound = Threshold(.network, milli: 100_000, .rule("a test"))
        #expect(bound.judge(Figure(.network, milli: milli)) == status)
    }

    @Test(arguments: [
        (Int64(100_000), CheckStatus.passed), (100_001, .degraded), (110_000, .degraded),
        (110_001, .failed), (0, .passed),
    ])
    func lessIsBetter(milli: Int64, status: CheckStatus) {
        let bound = Threshold(.flushMedian, milli: 100_000, .rule("a test"))
        #expect(bound.judge(Figure(.flushMedian, milli: milli)) == status)
    }

    /// A device behind an older slot, or in a machine of another maker, is told and not blamed.
    @Test(arguments: [
        (Int64(48_000), CheckStatus.passed), (25_000, .degraded), (19_200, .degraded),
        (19_000, .failed), (3_000, .failed),
    ])
    func publishedValuesBlameOnlyWhatIsFarOff(milli: Int64, status: CheckStatus) throws {
        let bound = try #require(
            Priors.thresholds(model: "NVIDIA H100 80GB HBM3", devices: 8)
                .first { $0.figure == .hostToDevice })
        #expect(bound.judge(Figure(.hostToDevice, milli: milli)) == status)
        #expect(Priors.thresholds(model: "NVIDIA GH200 480GB", devices: 1).isEmpty)
    }

    @Test func figuresThatAreToldAreNeverJudged() {
        let bound = Threshold(.deviceTemperature, milli: 1, .rule("a test"))
        #expect(bound.judge(Figure(.deviceTemperature, milli: 900_000)) == .passed)
    }

    @Test func publishedGatesGoByModel() {
        func bound(_ model: String, _ figure: FigureID, devices: Int32 = 8) -> Int64? {
            Priors.thresholds(model: model, devices: devices)
                .first { $0.figure == figure }?.boundMilli
        }
        #expect(bound("NVIDIA H100 80GB HBM3", .hostToDevice) == 48_000)
        #expect(bound("NVIDIA A100-SXM4-80GB", .hostToDevice) == 21_000)
        #expect(bound("NVIDIA H200", .allReduce) == 431_000)
        #expect(bound("NVIDIA H200", .allReduce, devices: 4) == nil)
        #expect(bound("NVIDIA GB200", .multiplyBF16) == 1_457_600)
        #expect(bound("NVIDIA B200", .multiplyBF16) == 1_396_000)
        #expect(bound("NVIDIA H100 PCIe", .hostToDevice) == nil)
        #expect(bound("NVIDIA A100-PCIE-40GB", .hostToDevice) == nil)
        #expect(bound("Quadro", .hostToDevice) == nil)
    }

    @Test func learnsTheUsualValueAndAllowsFivePerCentLess() throws {
        var bounds = LearnedBounds()
        for machine in 0..<20 {
            let value = Int64(795_000 + machine * 100)
            bounds.learn(Figure(.multiplyBF16, milli: value), of: "m\(machine)", key)
        }
        let bound = try #require(bounds.threshold(.multiplyBF16, key))
        #expect(bound.source == .learned(machines: 20, usualMilli: 795_950))
        #expect(bound.boundMilli == 795_950 - 7_959 * 5)
        #expect(bounds.threshold(.hostToDevice, key) == nil)
        #expect(
            bounds.threshold(.multiplyBF16, FigureKey(model: "x", driver: "", fabric: "")) == nil)
    }

    @Test func afewBadMachinesDoNotMoveIt() throws {
        var bounds = LearnedBounds()
        for machine in 0..<10 {
            bounds.learn(Figure(.network, milli: 46_000), of: "good\(machine)", key)
        }
        for machine in 0..<4 {
            bounds.learn(Figure(.network, milli: 1_000), of: "bad\(machine)", key)
        }
        let bound = try #require(bounds.threshold(.network, key))
        #expect(bound.source == .learned(machines: 10, usualMilli: 46_000))
    }

    @Test func oneMachineCountsOnceHoweverOftenItIsTested() {
        var bounds = LearnedBounds()
        for _ in 0..<100 { bounds.learn(Figure(.network, milli: 46_000), of: "one", key) }
        #expect(bounds.threshold(.network, key) == nil)
    }

    @Test func nothingIsLearnedFromMachinesThatDisagree() {
        var bounds = LearnedBounds()
        for machine in 0..<10 {
            bounds.learn(
                Figure(.network, milli: machine % 2 == 0 ? 10_000 : 46_000), of: "m\(machine)", key)
        }
        #expect(bounds.threshold(.network, key) == nil)
    }

    @Test func whatIsLessIsBetterMayBeFivePerCentMore() throws {
        var bounds = LearnedBounds()
        for machine in 0..<5 {
            bounds.learn(Figure(.roundTrip, milli: 20_000), of: "m\(machine)", key)
        }
        #expect(try #require(bounds.threshold(.roundTrip, key)).boundMilli == 21_000)
    }

    @Test func learnedBoundsTakeThePlaceOfPublishedOnes() {
        var bounds = LearnedBounds()
        for machine in 0..<5 {
            bounds.learn(Figure(.hostToDevice, milli: 55_000), of: "m\(machine)", key)
        }
        let all = bounds.thresholds(key, priors: Priors.thresholds(model: key.model, devices: 8))
        let own = all.filter { $0.figure == .hostToDevice }
        #expect(own.map(\.source.isLearned) == [true])
        #expect(all.contains { $0.figure == .deviceToHost && !$0.source.isLearned })
    }

    /// No values trap, and a threshold is never better than the best value.
    @Test func staysWithinWhatItWasTold() {
        var random = SplitMix(seed: 41)
        var learned = 0
        for _ in 0..<500 {
            var bounds = LearnedBounds()
            var values: [Int64] = []
            for machine in 0..<(3 + random.below(12)) {
                let value =
                    random.below(8) == 0
                    ? Int64(bitPattern: random.next()) : Int64(40_000 + random.below(6_000))
                values.append(value)
                bounds.learn(Figure(.network, milli: value), of: "m\(machine)", key)
            }
            guard let bound = bounds.threshold(.network, key) else { continue }
            learned += 1
            #expect(bound.boundMilli <= values.max() ?? 0)
            #expect(bound.boundMilli >= 30_000)
        }
        #expect(learned > 200)
    }

    // MARK: Drops

    @Test func dropsAreReadAndWritten() throws {
        let rules = try #require(DropRules(text: "8,diskWrite=15,roundTrip=50"))
        #expect(rules.percent == 8 && rules[.diskWrite] == 15 && rules[.network] == 8)
        #expect(rules.text == "8,diskWrite=15,roundTrip=50")
        #expect(DropRules(text: rules.text) == rules)
        #expect(try #require(DropRules(text: "network=9")).text == "5,network=9")
        #expect(DropRules().text == "5")
        for text in [
            "", "0", "51", "5%", "-5", "5,", "5,6", "5,nothing=6", "5,network", "network=",
            "network=5,network=6", "5,network=0", "5,deviceClock=9", "5,network=9=9",
            "99999999999999999999",
        ] {
            #expect(DropRules(text: text) == nil, "\(text)")
        }
    }

    @Test func aDropIsThatOfItsFigure() throws {
        var bounds = LearnedBounds(drops: try #require(DropRules(text: "10,roundTrip=50")))
        for machine in 0..<5 {
            bounds.learn(Figure(.roundTrip, milli: 20_000), of: "m\(machine)", key)
            bounds.learn(Figure(.network, milli: 40_000), of: "m\(machine)", key)
        }
        #expect(bounds.threshold(.roundTrip, key)?.boundMilli == 30_000)
        #expect(bounds.threshold(.network, key)?.boundMilli == 36_000)
        // Other drops are of the same values.
        bounds.drops = DropRules()
        #expect(bounds.threshold(.network, key)?.boundMilli == 38_000)
    }

    // MARK: The best that was usual

    private func tested(
        _ bounds: inout LearnedBounds, _ figure: FigureID, _ milli: Int64, machines: Int = 6
    ) {
        for machine in 0..<machines {
            bounds.learn(Figure(figure, milli: milli), of: "m\(machine)", key)
        }
        _ = bounds.keepBest(of: figure, key)
    }

    /// All of a fleet lose two per cent from test to test, and no one ever more than the others.
    @Test(arguments: [(FigureID.network, Int64(98)), (.roundTrip, 102)])
    func aFleetThatFadesKeepsItsThresholds(figure: FigureID, share: Int64) throws {
        var (bounds, unheld) = (LearnedBounds(), LearnedBounds())
        var value: Int64 = 100_000
        var failedAt: Int64?
        for _ in 0..<100 {
            tested(&bounds, figure, value)
            for machine in 0..<6 {
                unheld.learn(Figure(figure, milli: value), of: "m\(machine)", key)
            }
            value = value * share / 100
            let bound = try #require(bounds.threshold(figure, key))
            if bound.judge(Figure(figure, milli: value)) != .passed { failedAt = failedAt ?? value }
        }
        let failed = try #require(failedAt)
        let bound = try #require(bounds.threshold(figure, key))
        #expect(bound.source == .held(machines: 6, bestMilli: 100_000))
        #expect(bound.boundMilli == (figure == .network ? 90_250 : 110_250))
        #expect(figure == .network ? failed > 88_000 : failed < 113_000)
        #expect(
            bound.words(about: Figure(figure, milli: failed)).hasSuffix(
                "(learned earlier from 6 machines, usually 100 then)"))
        // Without a best it would have gone along.
        let loose = try #require(unheld.threshold(figure, key)).boundMilli
        #expect(figure == .network ? loose < 30_000 : loose > 200_000)
        let row = try #require(bounds.rows.first)
        #expect(row.reference?.isHeld(figure) == true && row.worse == 6)
    }

    @Test func oneLuckyMachineIsNoBest() throws {
        var bounds = LearnedBounds()
        tested(&bounds, .network, 40_000)
        for _ in 0..<20 {
            bounds.learn(Figure(.network, milli: 400_000), of: "lucky", key)
            bounds.learn(Figure(.network, milli: 43_900), of: "m0", key)
            #expect(bounds.keepBest(of: .network, key) == nil)
        }
        #expect(
            bounds.threshold(.network, key)?.source == .learned(machines: 6, usualMilli: 40_000))
    }

    @Test func aDropWithinTheDropMovesTheThreshold() throws {
        var bounds = LearnedBounds()
        tested(&bounds, .network, 100_000)
        for _ in 0..<16 { tested(&bounds, .network, 96_000) }
        let bound = try #require(bounds.threshold(.network, key))
        #expect(bound.source == .learned(machines: 6, usualMilli: 96_000))
        // Better values count at once, and are the best from then on.
        for _ in 0..<16 { tested(&bounds, .network, 103_000) }
        for _ in 0..<16 { tested(&bounds, .network, 97_000) }
        #expect(
            bounds.threshold(.network, key)?.source == .held(machines: 6, bestMilli: 103_000))
    }

    @Test func whatDisagreesIsHeldByTheBestAndPeopleMayLetItGo() throws {
        var bounds = LearnedBounds()
        tested(&bounds, .network, 100_000)
        for _ in 0..<16 {
            for machine in 0..<3 {
                bounds.learn(Figure(.network, milli: 40_000), of: "m\(machine)", key)
            }
        }
        #expect(
            bounds.threshold(.network, key)?.source == .held(machines: 6, bestMilli: 100_000))
        #expect(bounds.relearn(LearnedKind(model: "other"), forgetsValues: false).isEmpty)
        let other = LearnedKind(model: key.model, figure: .roundTrip)
        #expect(bounds.relearn(other, forgetsValues: true).isEmpty)
        let meant = bounds.relearn(LearnedKind(model: key.model), forgetsValues: false)
        #expect(meant.map(\.figure) == [.network])
        #expect(bounds.keepBest(of: .network, key) == nil)
        #expect(bounds.threshold(.network, key) == nil && bounds.rows.count == 1)
        for _ in 0..<16 { tested(&bounds, .network, 40_000) }
        #expect(bounds.threshold(.network, key)?.boundMilli == 38_000)
        _ = bounds.relearn(LearnedKind(model: key.model), forgetsValues: true)
        #expect(bounds.threshold(.network, key) == nil && bounds.rows.isEmpty)
    }

    @Test func whatOthersLearnedHoldsUntilThereIsEnough() throws {
        var bounds = LearnedBounds()
        bounds.take(
            LearnedReference(
                usualMilli: 80_000, machines: 40, best: .init(milli: 90_000, machines: 38),
                dropPercent: 10), of: .network, key)
        let bound = try #require(bounds.threshold(.network, key))
        #expect(bound.boundMilli == 72_900)
        #expect(bound.source == .held(machines: 38, bestMilli: 90_000))
        tested(&bounds, .network, 88_000, machines: 4)
        #expect(bounds.threshold(.network, key) == bound)
        tested(&bounds, .network, 88_000)
        #expect(bounds.threshold(.network, key)?.boundMilli == 79_200)
    }

    @Test func wordsOfASourceSayTheSameSource() {
        let sources: [ThresholdSource] = [
            .published("somebody 0e0a1ac"), .learned(machines: 9, usualMilli: 50_000),
            .held(machines: 12, bestMilli: 100_000), .rule("six per cent of the time"),
        ]
        for source in sources {
            #expect(ThresholdSource(words: source.words, isLearned: source.isLearned) == source)
        }
        #expect(
            ThresholdSource(words: "anything", isLearned: true)
                == .learned(machines: 0, usualMilli: 0))
    }
}
