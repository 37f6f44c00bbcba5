import FleetModel
import Foundation
import Testing

@testable import Simulation

@Suite struct FixedPointTests {
    @Test func logarithmsAgreeWithTheLibrary() {
        var random = SplitMix(seed: 3)
        for _ in 0..<2000 {
            let value = max(1, random.next() >> UInt64(random.below(64)))
            let exact = Foundation.log2(Double(value))
            #expect(abs(Double(FixedPoint.log2(value)) / 4_294_967_296 - exact) < 1e-9)
        }
        #expect(FixedPoint.log2(1) == 0)
        #expect(FixedPoint.log2(1 << 40) == 40 << 32)
    }

    @Test func powersAgreeWithTheLibrary() {
        var random = SplitMix(seed: 4)
        for _ in 0..<2000 {
            let exponent = Int64(random.below(61 << 32))
            let exact = Foundation.exp2(Double(exponent) / 4_294_967_296)
            #expect(abs(Double(FixedPoint.exp2(exponent)) - exact) <= 1 + exact * 1e-8)
        }
        #expect(FixedPoint.exp2(0) == 1)
        #expect(FixedPoint.exp2(61 << 32) == 1 << 61)
    }

    @Test func exponentialNumbersHaveMeanAndDeviationOne() {
        var random = SplitMix(seed: 5)
        let samples = (0..<20_000).map { _ in
            Double(FixedPoint.exponential(&random)) / 4_294_967_296
        }
        let mean = samples.reduce(0, +) / Double(samples.count)
        let square = samples.reduce(0) { $0 + $1 * $1 } / Double(samples.count)
        #expect(abs(mean - 1) < 0.03)
        #expect(abs(square - 2) < 0.12)
        #expect(samples.allSatisfy { $0 >= 0 })
    }

    @Test func quantileTablesHitTheirQuantiles() {
        let seconds: [Int64] = [1, 17, 61, 141, 1213, 2974, 10_991, 37_937, 254_365, 1_144_438]
        let table = QuantileTable(seconds)
        var last: Int64 = 0
        for (perMille, expected) in zip(QuantileTable.perMille, seconds) {
            let position = min(FixedPoint.one - 1, perMille * FixedPoint.one / 1000 + 1)
            let found = table.milliseconds(at: position)
            #expect(abs(found - expected * 1000) <= 1 + expected)
            #expect(found >= last)
            last = found
        }
        // Halfway between two quantiles lies their geometric mean.
        let middle = table.milliseconds(at: FixedPoint.one * 375 / 1000)
        #expect(isNear(Double(middle), 1000 * (141.0 * 1213).squareRoot(), within: 0.1))
    }

    @Test func constantTablesAreConstant() {
        let table = QuantileTable([Int64](repeating: 7, count: 10))
        for position in [0, 1, FixedPoint.one / 2, FixedPoint.one - 1] {
            #expect((6999...7000).contains(table.milliseconds(at: position)))
        }
    }
}
