import FleetModel
import Testing

@testable import HealthSignals

/// Goal: values become signs of trouble when they are bad for long, and not when they were once;
/// what the driver concludes is one at once; counters that begin again are none.
@Suite struct MetricBookTests {
    /// A node that tells its values twice a minute.
    private struct Bench {
        var book = MetricBook()
        var now = Instant.seconds(1_000_000)
        var signs: [MetricSign] = []
        let node = NodeID(3)

        /// Tells values, and gives what came of it: `+rule` or `-rule`.
        mutating func tell(_ readings: MetricReading..., after seconds: Int64 = 30) -> [String] {
            now = now + .seconds(seconds)
            var changes: [MetricChange] = []
            book.note(readings, of: node, signs: signs, at: now, into: &changes)
            return changes.map { ($0.event == nil ? "-" : "+") + $0.sign.rule }
        }

        /// Goes on for some time with a value that changes by a step each time.
        mutating func go(
            _ place: MetricPlace, _ signal: MetricSignal, from value: Int64, by step: Int64 = 0,
            minutes: Int64
        ) -> [String] {
            var found: [String] = []
            for turn in 0..<minutes * 2 {
                found += tell(MetricReading(place, signal, value + step * turn))
            }
            return found
        }

        mutating func wait(minutes: Int64) -> [String] {
            (0..<minutes * 2).flatMap { _ in tell() }
        }
    }

    private func device(_ field: Int32, _ value: Int64?, _ index: UInt8 = 0) -> MetricReading {
        MetricReading(.device(index), .field(field), value)
    }

    private let port = MetricPlace.named("mlx5_0/1")

    @Test func whatTheDriverConcludesCountsAtOnceAndOnce() {
        for (field, rule) in [
            (Int32(395), "row remapping failed"), (396, "row remapping pending"),
            (1507, "memory unrepairable"), (1523, "the driver asks for a repair"),
            (346, "SRAM errors beyond the limit"),
        ] {
            var bench = Bench()
            #expect(bench.tell(device(field, 0)) == [])
            #expect(bench.tell(device(field, 1)) == ["+" + rule])
            #expect(bench.tell(device(field, 1)) == [])
            #expect(bench.wait(minutes: 60) == [])
            // In order again, for ten minutes.
            #expect(bench.tell(device(field, 0)) == [])
            #expect(bench.wait(minutes: 9) == [])
            #expect(bench.wait(minutes: 2) == ["-" + rule])
            #expect(bench.wait(minutes: 30) == [])
        }
    }

    @Test func aCardThatDoesNotAnswerIsOneWhenThatLasts() {
        func card(_ isSilent: Int64) -> MetricReading {
            MetricReading(.named("mlx5_0"), .counter("silent"), isSilent)
        }
        var bench = Bench()
        #expect(bench.tell(card(0)) == [])
        // Somebody else held the lock that its driver waits for.
        #expect(bench.tell(card(1)) == [] && bench.wait(minutes: 3) == [])
        #expect(bench.tell(card(0)) == [] && bench.wait(minutes: 30) == [])
        #expect(bench.tell(card(1)) == [] && bench.wait(minutes: 4) == [])
        #expect(bench.wait(minutes: 2) == ["+does not answer"])
        #expect(bench.wait(minutes: 60) == [])
        #expect(bench.tell(card(0)) == [] && bench.wait(minutes: 12) == ["-does not answer"])
    }

    @Test func limitsOfWearStandOneAboveTheOther() {
        var bench = Bench()
        #expect(bench.tell(device(393, 7)) == [])
        #expect(bench.tell(device(393, 8)) == ["+8 rows remapped"])
        #expect(bench.tell(device(393, 600)) == ["+512 rows remapped"])
    }

    @Test func heatCountsWhenItLasts() {
        var bench = Bench()
        #expect(bench.tell(device(150, 95)) == [])
        #expect(bench.tell(device(150, 60)) == [])
        #expect(bench.wait(minutes: 30) == [])
        #expect(bench.go(.device(0), .field(150), from: 92, minutes: 11) == ["+hot"])
        #expect(bench.go(.device(0), .field(150), from: 70, minutes: 30) == ["-hot"])
        #expect(
            bench.go(.device(1), .field(153), from: -1, minutes: 11) == [
                "+no margin of temperature"
            ])
    }

    @Test func slowdownsCountByTheirShare() {
        let slow = Int64(ClockReasons.hardwareThermal.rawValue)
        var bench = Bench()
        for _ in 0..<40 {
            #expect(bench.tell(device(112, slow)) == [])
            #expect(bench.tell(device(112, 0)) == [])
        }
        #expect(
            bench.go(.device(0), .field(112), from: slow, minutes: 21)
                == ["+slowed down by heat or power"])
        // A cap on power is what somebody asked for.
        var capped = Bench()
        let cap = Int64(ClockReasons.powerCap.rawValue)
        #expect(capped.go(.device(0), .field(112), from: cap, minutes: 30) == [])
        // Nanoseconds of DCGM: 70 % of the time, then 50 %.
        let step: Int64 = 21_000_000_000
        #expect(
            bench.go(.device(2), .field(1423), from: 5, by: step, minutes: 22)
                == ["+slowed down by heat, by hardware"])
        #expect(
            capped.go(.device(2), .field(1423), from: 5, by: 15_000_000_000, minutes: 60) == [])
    }

    @Test func ratesCountOverWindows() {
        var bench = Bench()
        // Gen4 with 16 lanes may have 16 a minute.
        #expect(bench.tell(device(237, 4), device(238, 16), device(202, 0)) == [])
        #expect(bench.tell(device(202, 100_000)) == [])
        #expect(bench.wait(minutes: 30) == [])
        #expect(bench.go(.device(0), .field(202), from: 100_007, by: 7, minutes: 30) == [])
        #expect(
            bench.go(.device(0), .field(202), from: 200_000, by: 9, minutes: 16)
                == ["+PCIe replays"])
        #expect(bench.wait(minutes: 12) == ["-PCIe replays"])
        // A link of the first generation may have three.
        var slow = Bench()
        _ = slow.tell(device(237, 1), device(238, 16), device(202, 0))
        #expect(
            slow.go(.device(0), .field(202), from: 3, by: 3, minutes: 12) == ["+PCIe replays"])
        let crc = bench.go(.device(1), .field(409), from: 0, by: 3100, minutes: 4)
        #expect(crc == ["+NVLink CRC errors of flits"])
        bench = Bench()
        let symbols = bench.go(port, .counter("symbol_error"), from: 0, by: 2, minutes: 150)
        #expect(symbols == ["+bit error rate"])
        #expect(
            bench.go(port, .counter("symbol_error"), from: 999, by: 1, minutes: 150) == [
                "-bit error rate"
            ])
    }

    @Test func flapsCountOneByOne() {
        var bench = Bench()
        func lost(_ bench: inout Bench, _ count: Int64) -> [String] {
            bench.tell(MetricReading(port, .counter("link_downed"), count))
        }
        #expect(lost(&bench, 7) == [])
        #expect(lost(&bench, 40) == ["+link lost"])
        #expect(bench.wait(minutes: 20) == [])
        #expect(lost(&bench, 41) == [])
        #expect(lost(&bench, 42) == ["+link flaps"])
        #expect(Set(bench.wait(minutes: 70)) == ["-link lost", "-link flaps"])
        #expect(lost(&bench, 42) == [])
        // An hour between them is no flapping.
        for count in Int64(43)..<50 {
            #expect(lost(&bench, count).first == "+link lost")
            #expect(bench.wait(minutes: 62) == ["-link lost"])
        }
    }

    @Test func countersThatBeginAgainAreNoNews() {
        var bench = Bench()
        for value in [5, 5, 0, 0, 9, 2, 1] as [Int64] {
            let found = bench.tell(device(311, value))
            #expect(found == (value == 9 ? ["+uncorrectable memory errors"] : []))
        }
        var other = Bench()
        _ = other.tell(device(311, 5), device(395, 1))
        var changes: [MetricChange] = []
        other.book.restart(other.node, into: &changes)
        #expect(changes.map(\.sign.rule) == ["row remapping failed"])
        // After the start of the machine it is found anew.
        #expect(other.tell(device(311, 700), device(395, 1)) == ["+row remapping failed"])
    }

    @Test func portsAreDownWhenTheyWereUp() {
        func state(_ value: Int64) -> MetricReading {
            MetricReading(port, .counter("state"), value)
        }
        var bench = Bench()
        #expect(bench.tell(state(1)) == [])
        #expect(bench.wait(minutes: 20) == [])
        #expect(bench.tell(state(4)) == [])
        #expect(bench.tell(state(2)) == [])
        #expect(bench.tell(state(4)) == [])
        #expect(bench.wait(minutes: 20) == [])
        #expect(bench.tell(state(1)) == [])
        #expect(bench.wait(minutes: 7) == ["+port is down"])
        #expect(bench.tell(state(4)) == [])
        #expect(bench.wait(minutes: 7) == ["-port is down"])
    }

    @Test func aPlaceInTheFabricIsLostWhenThatLasts() {
        for (field, good, bad, rule) in [
            (Int32(170), Int64(3), Int64(4), "left the fabric"), (170, 3, 1, "left the fabric"),
            (171, 0, 12, "fabric error"), (174, 0x1AA, 0x19A, "fabric health mask"),
            (174, 0x1AA, 0x2AA, "fabric health mask"), (174, 0x1AA, 0x1A9, "fabric health mask"),
            (175, 1, 2, "fabric unhealthy"), (175, 1, 3, "fabric unhealthy"),
        ] {
            var bench = Bench()
            #expect(bench.go(.device(0), .field(field), from: good, minutes: 20) == [])
            #expect(bench.go(.device(0), .field(field), from: bad, minutes: 3) == [])
            #expect(bench.go(.device(0), .field(field), from: good, minutes: 20) == [])
            #expect(bench.go(.device(0), .field(field), from: bad, minutes: 8) == ["+" + rule])
            #expect(bench.go(.device(0), .field(field), from: good, minutes: 20) == ["-" + rule])
        }
        // It has none, or is about to join one.
        for (field, value) in [(Int32(170), Int64(0)), (170, 2), (171, 0), (174, 0), (175, 0)] {
            var bench = Bench()
            #expect(bench.go(.device(0), .field(field), from: value, minutes: 30) == [])
        }
    }

    @Test func efaCountersAreWatchedByTheirRate() {
        for (name, few, many) in [
            ("retrans_pkts", Int64(20_000), Int64(40_000)),
            ("retrans_bytes", 200_000_000, 300_000_000),
        ] {
            var bench = Bench()
            #expect(bench.go(port, .counter(name), from: 0, by: few, minutes: 60) == [])
            bench = Bench()
            #expect(bench.go(port, .counter(name), from: 0, by: many, minutes: 20) == ["+" + name])
        }
        for name in ["unresponsive_remote_events", "impaired_remote_conn_events"] {
            var bench = Bench()
            let counted = [0, 7, 9, 9, 9].map {
                bench.tell(MetricReading(port, .counter(name), $0), after: 300)
            }
            // A peer died: that is two readings.
            #expect(counted.allSatisfy { $0.isEmpty })
            #expect(bench.tell(MetricReading(port, .counter(name), 10)) == ["+" + name])
        }
    }

    @Test func everyCounterHasARule() {
        for counter in NetworkCounter.all {
            #expect(MetricRules.number(of: .counter(counter.name)) != nil, "\(counter.name)")
        }
    }

    @Test func aDeviceIsComparedWithThoseThatAreAsBusy() {
        func run(hot: Int64, loads: [Int64]) -> [String] {
            var bench = Bench()
            var found: [String] = []
            for _ in 0..<30 {
                for index in loads.indices {
                    found += bench.tell(
                        device(203, loads[index], UInt8(index)),
                        device(150, index == 0 ? hot : 60 + Int64(index), UInt8(index)),
                        after: index == 0 ? 30 : 0)
                }
            }
            return found
        }
        let busy = [Int64](repeating: 90, count: 8)
        #expect(run(hot: 82, loads: busy) == ["+hotter than its peers"])
        #expect(run(hot: 75, loads: busy) == [])
        // It works and the others do not, or there are too few of them.
        #expect(run(hot: 82, loads: [90, 0, 0, 0, 0, 0, 0, 0]) == [])
        #expect(run(hot: 82, loads: [90, 90, 90]) == [])
        #expect(run(hot: 82, loads: [90, 90, 90, 90, 0]) == ["+hotter than its peers"])
    }

    @Test func whatWasMetGoesOnAfterARestart() {
        var bench = Bench()
        bench.signs = [
            MetricSign(.device(0), rule: "row remapping failed"),
            MetricSign(.device(1), rule: "row remapping failed"),
            MetricSign(port, rule: "link flaps"), MetricSign(.host, rule: "a rule of the past"),
        ]
        #expect(bench.tell(device(395, 1, 0)) == ["-a rule of the past"])
        #expect(bench.tell(device(395, 1, 0), device(395, 0, 1)) == [])
        #expect(bench.wait(minutes: 15) == ["-row remapping failed"])
        #expect(bench.wait(minutes: 60) == ["-link flaps"])
        bench.book.forget(bench.node)
        bench.signs = []
        #expect(bench.tell(device(395, 1, 0)) == ["+row remapping failed"])
    }

    @Test func aSilenceIsNoEvidence() {
        var bench = Bench()
        #expect(bench.tell(device(150, 95)) == [])
        #expect(bench.tell(after: 7200) == [])
        #expect(bench.tell(device(409, 5)) == [])
        #expect(bench.tell(device(409, 5_000_000), after: 7200) == [])
        #expect(bench.wait(minutes: 5) == [])
    }

    /// Whatever is told: bounds hold, only levels come of one reading, and a rule is met and met no
    /// more in turns.
    @Test(arguments: UInt64(0)..<6) func noise(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var book = MetricBook()
        var met: Set<MetricSign> = []
        var now = Instant.seconds(1)
        var count = 0
        for _ in 0..<3000 {
            let pause = random.below(20) == 0 ? 4000 : 40
            now = now + .seconds(Int64(random.below(pause)))
            let readings = (0..<random.below(12)).map { _ -> MetricReading in
                let signal = MetricRules.signals[random.below(MetricRules.signals.count)]
                let places: [MetricPlace] = [
                    .host, .device(UInt8(random.below(256))), .device(0), .named("p"),
                    .named("p\(random.below(400))"),
                ]
                let extremes: [Int64?] = [nil, .min, .max, -1, 0, 1, 4]
                let value =
                    random.below(3) == 0
                    ? extremes[random.below(extremes.count)] : Int64(random.below(1 << 20))
                return MetricReading(places[random.below(places.count)], signal, value)
            }
            var changes: [MetricChange] = []
            if random.below(100) == 0 { book.restart(NodeID(0), into: &changes) }
            book.note(readings, of: NodeID(0), signs: [], at: now, into: &changes)
            for change in changes {
                count += 1
                if change.event != nil {
                    #expect(met.insert(change.sign).inserted)
                    #expect(change.text.utf8.count <= FaultLimits.textBytes)
                } else {
                    #expect(met.remove(change.sign) != nil)
                }
            }
            #expect(met.count <= MetricBook.tracks)
        }
        #expect(count > 50)
    }

    @Test func rulesFitWhatIsPublished() {
        #expect(Set(MetricRules.all.map(\.name)).count == MetricRules.all.count)
        #expect(MetricRules.signals.count < 256)
        for rule in MetricRules.all {
            switch rule.signal {
            case .field(let number): #expect(DeviceMetric.field(number) != nil, "\(number)")
            case .counter(let name):
                let isState = ["state", "carrier", "silent"].contains(name)
                #expect(isState || NetworkCounter.named(name) != nil, "\(name)")
            }
            let row = FaultCatalogue.row(for: .event(rule.event))
            // Nothing is repaired for a metric alone.
            #expect(row?.action == .watch || row?.action == .inspect)
            #expect((row?.action == .inspect) == (row?.severity == .critical))
            if case .grows(let times, _) = rule.condition { #expect(times <= MetricTrack.times) }
        }
    }
}
