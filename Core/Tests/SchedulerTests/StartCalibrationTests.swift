import FleetModel
import Testing

@testable import Scheduler

@Suite struct StartCalibrationTests {
    private static let second: Int64 = 1_000_000_000

    private func wait(_ seconds: Int64, gpus: Int64 = 8, isProjected: Bool = true) -> ProjectedWait
    {
        ProjectedWait(
            nanoseconds: seconds * Self.second, gpuMilli: gpus * 1000, isProjected: isProjected)
    }

    /// Learns from a start after `actual` seconds, as the engine does, and says whether the range
    /// of before held it.
    private func learn(
        _ calibration: inout StartCalibration, _ wait: ProjectedWait, _ actual: Int64
    ) -> Bool {
        let range = calibration.range(of: wait)
        let span = actual * Self.second
        calibration.learn(wait, actual: span)
        calibration.judgeLow(isMiss: span < range.low)
        calibration.judgeHigh(isMiss: span > range.high)
        return range.low <= span && span <= range.high
    }

    @Test func knowingNothingItBelievesTheProjection() {
        let range = StartCalibration().range(of: wait(3600))
        #expect(range.middle == 3600 * Self.second)
        #expect(range.low < range.middle && range.middle < range.high)
    }

    @Test func aConstantErrorIsTakenOut() {
        var calibration = StartCalibration()
        for _ in 0..<200 { _ = learn(&calibration, wait(3600), 7260) }
        let range = calibration.range(of: wait(3600))
        #expect(abs(range.middle - 7260 * Self.second) < Self.second)
    }

    @Test func classesAreLearnedApart() {
        var calibration = StartCalibration()
        for _ in 0..<60 {
            _ = learn(&calibration, wait(3600, gpus: 1), 360)
            _ = learn(&calibration, wait(3600, gpus: 64), 36_000)
        }
        #expect(calibration.range(of: wait(3600, gpus: 1)).middle < 400 * Self.second)
        #expect(calibration.range(of: wait(3600, gpus: 64)).middle > 35_000 * Self.second)
    }

    /// Errors over three orders of magnitude, whose spread changes on the way.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func rangesHoldFourOfFive(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var calibration = StartCalibration()
        var held = 0
        var judged = 0
        for number in 0..<6000 {
            let projected = Int64(60 << random.below(8))
            let spread = number < 3000 ? 4 : 1000
            let actual = projected * Int64(1 + random.below(spread)) / Int64(1 + random.below(40))
            let isHeld = learn(&calibration, wait(projected, gpus: 1 << random.below(6)), actual)
            guard number > 500 else { continue }
            judged += 1
            if isHeld { held += 1 }
        }
        let percent = held * 100 / judged
        #expect((75...90).contains(percent), "\(percent) %")
    }

    @Test func rangesAreInOrderWhateverIsLearned() {
        var random = SplitMix(seed: 5)
        var calibration = StartCalibration()
        for _ in 0..<2000 {
            let projected = Int64(random.next() >> UInt64(1 + random.below(62)))
            let actual = Int64(random.next() >> UInt64(1 + random.below(62)))
            let asked = ProjectedWait(
                nanoseconds: projected, gpuMilli: Int64(random.below(1 << 30)),
                isProjected: random.below(4) > 0, isOld: random.below(2) == 0)
            let range = calibration.range(of: asked)
            #expect(0 <= range.low && range.low <= range.middle && range.middle <= range.high)
            calibration.learn(asked, actual: actual)
            calibration.judgeLow(isMiss: random.below(3) == 0)
            calibration.judgeHigh(isMiss: random.below(3) == 0)
        }
    }

    @Test func waitsThatWereNotProjectedLearnFromEachOtherAlone() {
        var calibration = StartCalibration()
        for _ in 0..<60 {
            _ = learn(&calibration, wait(0, isProjected: false), 900)
            _ = learn(&calibration, wait(10), 10)
        }
        let middle = calibration.range(of: wait(77, isProjected: false)).middle
        #expect(abs(middle - 900 * Self.second) < Self.second)
    }
}
