import FleetModel
import Testing

@testable import Health

/// Goal: the ledger, the proof and the lemon score pay for themselves. Method: 256 nodes for 90
/// days with faults at published rates, the same seeds with each of them switched off.
@Suite struct FleetTests {
    private static let seeds: [UInt64] = [11]

    private func figures(_ variant: FleetVariant) -> FleetFigures {
        var sum = FleetFigures()
        for seed in Self.seeds {
            var world = FleetWorld(variant, seed: seed)
            let one = world.run()
            #expect(world.engine.checkInvariants() == [], "seed \(seed), \(variant.name)")
            #expect(world.engine.counters.refusedMoves == 0)
            sum.wrongOutages += one.wrongOutages
            sum.badEntries += one.badEntries
            sum.badHours += one.badHours
            sum.jobsKilled += one.jobsKilled
            sum.lostGPUHours += one.lostGPUHours
            sum.badAtEnd += one.badAtEnd
            sum.refused += one.refused
            sum.handedBack += one.handedBack
            sum.repairs += one.repairs
            sum.hoursOut += one.hoursOut
        }
        return sum
    }

    private func row(_ cells: [String]) -> String {
        cells.enumerated().map { index, cell in
            let pad = String(repeating: " ", count: max(0, (index == 0 ? 15 : 9) - cell.count))
            return index == 0 ? cell + pad : pad + cell
        }.joined(separator: " ")
    }

    @Test func whatEachPartIsWorth() {
        let all = FleetVariant.all.map { figures($0) }
        var lines = [
            "256 nodes, 90 days, seeds \(Self.seeds), sums over the seeds",
            row([
                "", "wrong out", "bad in", "bad hours", "killed", "GPUh lost", "bad left",
                "back", "refused", "repairs", "hours out",
            ]),
        ]
        for (variant, one) in zip(FleetVariant.all, all) {
            let numbers: [Int64] = [
                Int64(one.wrongOutages), Int64(one.badEntries), one.badHours,
                Int64(one.jobsKilled), one.lostGPUHours, Int64(one.badAtEnd),
                Int64(one.handedBack), Int64(one.refused), Int64(one.repairs), one.hoursOut,
            ]
            lines.append(row([variant.name] + numbers.map { String($0) }))
        }
        print(lines.joined(separator: "\n"))
        let (whole, noLedger, noProof, noLemons, none) = (all[0], all[1], all[2], all[3], all[4])
        // What is handed back is known again, and only with a ledger.
        #expect(whole.refused > 0)
        #expect(noLedger.refused == 0)
        #expect(whole.badEntries < noLedger.badEntries)
        // Without a proof what is bad returns again and again, and kills jobs.
        #expect(whole.badEntries * 2 < noProof.badEntries)
        #expect(whole.badHours * 2 < noProof.badHours)
        #expect(whole.jobsKilled < noProof.jobsKilled)
        // What says nothing is found by what it does to its jobs.
        #expect(whole.badHours < noLemons.badHours)
        #expect(whole.lostGPUHours * 2 < none.lostGPUHours)
    }
}
