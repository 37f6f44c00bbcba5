import FleetModel
import Foundation
import Testing

@testable import Scheduler

@Suite struct DecayTests {
    @Test func agreesWithFloatingPoint() {
        var random = SplitMix(seed: 9)
        for _ in 0..<20_000 {
            let value = Int64(random.next() >> UInt64(1 + random.below(60)))
            let halfLife = 1 + Int64(random.next() >> UInt64(10 + random.below(30)))
            let elapsed = Int64(random.next() >> UInt64(12 + random.below(40)))
            let found = Decay.apply(
                value, elapsed: TimeSpan(nanoseconds: elapsed),
                halfLife: TimeSpan(nanoseconds: halfLife))
            let expected = Double(value) * pow(0.5, Double(elapsed) / Double(halfLife))
            let tolerance = expected * 0x1p-23 + 25
            #expect(abs(Double(found) - expected) <= tolerance, "\(value) \(elapsed) \(halfLife)")
            #expect(found <= value && found >= 0)
        }
    }

    @Test func wholeHalfLivesAreExact() {
        let day = TimeSpan.seconds(86_400)
        for count in Int64(0)..<63 {
            let found = Decay.apply(
                1 << 62, elapsed: TimeSpan(nanoseconds: day.nanoseconds * count), halfLife: day)
            #expect(found == 1 << (62 - count))
        }
    }

    @Test func theEndsOfTheRangeAreSafe() {
        let longest = TimeSpan(nanoseconds: .max)
        #expect(Decay.apply(.max, elapsed: longest, halfLife: TimeSpan(nanoseconds: 1)) == 0)
        #expect(Decay.apply(.max, elapsed: longest, halfLife: longest) == .max / 2)
        #expect(Decay.apply(.max, elapsed: .zero, halfLife: longest) == .max)
        #expect(Decay.apply(5, elapsed: TimeSpan(nanoseconds: -5), halfLife: longest) == 5)
        #expect(Decay.apply(0, elapsed: longest, halfLife: longest) == 0)
    }

    @Test func moreTimeNeverLeavesMore() {
        let halfLife = TimeSpan(nanoseconds: 1_000_003)
        var last = Int64.max
        for elapsed in stride(from: Int64(0), to: 20_000_000, by: 997) {
            let found = Decay.apply(
                1 << 40, elapsed: TimeSpan(nanoseconds: elapsed), halfLife: halfLife)
            #expect(found <= last)
            last = found
        }
    }
}
