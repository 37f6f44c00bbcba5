import Simulation
import Testing

@Suite struct DistributionTests {
    @Test func nothingMeasured() {
        let none = Distribution(nanoseconds: [])
        #expect(none.count == 0)
        #expect([none.mean, none.p50, none.p90, none.p99, none.maximum] == [0, 0, 0, 0, 0])
    }

    @Test func nearestRank() {
        let ten = Distribution(values: [10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
        #expect(ten.mean == 5.5)
        #expect([ten.p50, ten.p90, ten.p99, ten.maximum] == [5, 9, 10, 10])
        let one = Distribution(nanoseconds: [1_500_000_000])
        #expect([one.mean, one.p50, one.p90, one.p99, one.maximum] == [1.5, 1.5, 1.5, 1.5, 1.5])
        let many = Distribution(values: (1...1_000).map(Double.init))
        #expect([many.p50, many.p90, many.p99, many.maximum] == [500, 900, 990, 1_000])
    }

    @Test func sumsBeyondSixtyFourBits() {
        let spans = [Int64](repeating: .max, count: 3)
        #expect(Distribution(nanoseconds: spans).mean == Double(Int64.max) / 1e9)
    }

    @Test func sizeClasses() {
        let sizes: [(Int64, String)] = [
            (0, "1"), (250, "1"), (1_000, "1"), (1_001, "2-7"), (7_000, "2-7"), (7_500, "8"),
            (8_000, "8"), (9_000, "9-31"), (31_000, "9-31"), (32_000, "32-63"),
            (63_000, "32-63"), (64_000, "64+"), (6_400_000_000, "64+"),
        ]
        for (gpuMilli, name) in sizes {
            #expect(GangSizeClass(gpuMilli: gpuMilli).name == name)
        }
    }

    @Test func quadrants() {
        func name(_ allocated: Int64, _ waiting: Int64) -> String {
            CongestionQuadrant(allocated: allocated, waiting: waiting, schedulable: 100).name
        }
        #expect(name(79, 9) == "idle")
        #expect(name(80, 9) == "healthy")
        #expect(name(80, 10) == "congested")
        #expect(name(79, 10) == "starving")
        let broken = CongestionQuadrant(allocated: 0, waiting: 0, schedulable: 0)
        #expect(broken == .idle)
        #expect(CongestionQuadrant(allocated: 0, waiting: 1, schedulable: 0) == .starving)
    }
}
