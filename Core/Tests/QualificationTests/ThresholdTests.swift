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
}
