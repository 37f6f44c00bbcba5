import ControlPlane
import FleetModel
import KubernetesObjects
import Testing

@testable import KubernetesBackend

@Suite("The book of differences")
struct DifferenceBookTests {
    private let key = GangKey(.job, namespace: "ml", name: "train")

    private func record(
        _ name: String = "ml.train", gpus: Int64 = 32, wish: StartDifference.Wish? = nil
    ) -> GangRecord {
        GangRecord(name: name, tenant: "ml", pods: 4, gpus: gpus, wish: wish)
    }

    private func place(
        _ nodes: [String] = ["n0"], domains: [Int] = [1, 1], keepsWish: Bool = true
    ) -> StartDifference.Place {
        StartDifference.Place(
            nodes: nodes, nodeCount: nodes.count, domains: domains, keepsWish: keepsWish)
    }

    private func book(
        _ record: GangRecord, at now: Int64, _ change: (inout DifferenceBook) -> Void
    ) -> (StartDifferences.Totals, StartDifference?) {
        var book = DifferenceBook()
        book.add(key, record)
        change(&book)
        let report = book.report(at: now, origin: .zero)
        return (report.totals, report.gangs.first)
    }

    @Test("a gang that starts whole when Muster would have started it is alike")
    func agrees() throws {
        let (totals, gang) = book(record(), at: 60_000) { book in
            book.note(key, at: 1_000) { $0.completeAt = 1_000 }
            book.note(key, at: 1_010) { $0.starts(at: 1_010, place()) }
            book.note(key, at: 1_500) { $0.begun(at: 1_500) }
            book.note(key, at: 1_500) { $0.bound(gpus: 8, at: 1_500) }
            book.note(key, at: 4_000) { $0.starts(place(["n1"]), 4_000) }
        }
        #expect(totals.gangs == 1 && totals.agreed == 1 && totals.open == 0)
        #expect(totals.halfStarted == 0 && totals.idleGPUMilliSeconds == 0)
        #expect(totals.earlier == 0 && totals.earlierMedian == nil)
        #expect(gang?.agrees == true && gang?.text == "both have started it alike")
    }

    @Test("half a gang holds its GPUs idle until it is whole, and longer while it is not")
    func countsHalves() throws {
        var book = DifferenceBook()
        book.add(key, record())
        book.note(key, at: 0) { $0.starts(at: 0, place(["n0", "n1", "n2", "n3"])) }
        book.note(key, at: 0) { $0.begun(at: 0) }
        book.note(key, at: 0) { $0.bound(gpus: 8, at: 0) }
        book.note(key, at: 10_000) { $0.bound(gpus: 16, at: 10_000) }
        let open = book.report(at: 20_000, origin: .zero)
        // 8 GPUs for 10 s, 16 for 10 s.
        #expect(open.totals.idleGPUMilliSeconds == 240_000)
        #expect(open.totals.halfStarted == 1 && open.totals.open == 1)
        #expect(open.gangs[0].text.hasPrefix("stands half started for 20s"))
        #expect(open.gangs[0].text.contains("Muster would have started it 20s ago, on 4 nodes"))
        book.note(key, at: 30_000) { $0.starts(place(), 30_000) }
        let done = book.report(at: 99_000, origin: .zero)
        #expect(done.totals.idleGPUMilliSeconds == 400_000 && done.totals.halfStarted == 1)
        #expect(done.totals.open == 0 && done.totals.agreed == 0)
        #expect(done.totals.earlier == 1)
        // To a quarter, by class.
        let median = try #require(done.totals.earlierMedian)
        #expect((22_500...30_000).contains(median.nanoseconds / 1_000_000))
        #expect(done.gangs[0].halfStarted == .seconds(30))
    }

    @Test("what Muster would have held back or refused counts by its reason, once it has started")
    func countsWaits() {
        let (waits, gang) = book(record(), at: 9_000) { book in
            book.note(key, at: 0) { $0.waits(.capacity, "no room") }
            book.note(key, at: 100) { $0.waits(.quota, "'ml' uses 8 of 8") }
            book.note(key, at: 200) { $0.starts(place(), 200) }
        }
        #expect(waits.waits == [.quota: 1] && waits.agreed == 0)
        #expect(gang?.text == "Muster would have let it wait: 'ml' uses 8 of 8")
        let (refused, _) = book(record(), at: 9_000) { book in
            book.note(key, at: 0) { $0.refuses("it is larger than the fleet") }
            book.note(key, at: 200) { $0.starts(place(), 200) }
        }
        #expect(refused.refused == 1 && refused.waits.isEmpty)
        let (waiting, _) = book(record(), at: 9_000) { book in
            book.note(key, at: 0) { $0.waits(.capacity, "no room") }
        }
        #expect(waiting.waits.isEmpty && waiting.open == 1)
    }

    @Test("the first decision to start counts, whatever is said later")
    func keepsDecision() {
        let (_, gang) = book(record(), at: 20_000) { book in
            book.note(key, at: 0) { $0.stops(["ml.low"]) }
            book.note(key, at: 1_000) { $0.starts(at: 1_000, place(["n0"])) }
            book.note(key, at: 2_000) { $0.waits(.capacity, "no room") }
            book.note(key, at: 3_000) { $0.starts(at: 3_000, place(["n1"])) }
            book.note(key, at: 11_000) { $0.starts(place(), 11_000) }
        }
        #expect(gang?.decision == .starts(at: .zero + .milliseconds(1_000), place(["n0"])))
        #expect(gang?.earlier == .seconds(10))
        #expect(
            gang?.text == "Muster would have started it 10s earlier, on n0, stopping ml.low")
    }

    @Test(
        "a wish that is broken counts where it is required, or where Muster keeps it",
        arguments: [
            (true, false, 1, 0), (true, true, 1, 0), (false, true, 0, 1), (false, false, 0, 0),
        ])
    func countsWishes(_ isRequired: Bool, _ musterKeeps: Bool, _ required: Int, _ preferred: Int) {
        let wish = StartDifference.Wish(level: 0, name: "rack", isRequired: isRequired, slice: nil)
        let (totals, gang) = book(record(wish: wish), at: 9_000) { book in
            book.note(key, at: 0) { $0.starts(at: 0, place(keepsWish: musterKeeps)) }
            book.note(key, at: 200) {
                $0.starts(place(domains: [3, 4], keepsWish: false), 200)
            }
        }
        #expect(totals.requiredBroken == required && totals.preferredBroken == preferred)
        guard required + preferred > 0 else { return }
        #expect(gang?.text.contains("one rack and was spread over 3") == true)
    }

    @Test("figures outlive the gangs, of which only the last are kept in detail")
    func staysSmall() {
        var book = DifferenceBook(mostSettled: 10, mostOpen: 20)
        for number in 0..<1_000 {
            let key = GangKey(.job, namespace: "ml", name: "g\(number)")
            book.add(key, record("ml.g\(number)", gpus: 8))
            book.note(key, at: 0) { $0.starts(at: 0, place()) }
            let at = Int64(number) * 1_000
            if number % 2 == 0 { book.note(key, at: at) { $0.starts(place(), at) } }
            #expect(book.count <= 31)
        }
        let report = book.report(at: 1_000_000, origin: .zero)
        #expect(report.totals.gangs == 1_000 && report.totals.gone + report.totals.open == 500)
        #expect(report.totals.open == 20 && report.gangs.count == 30)
        // Those of 0, 2 and 4 seconds are alike.
        #expect(report.totals.agreed == 3 && report.totals.earlier == 497)
        let median = (report.totals.earlierMedian?.nanoseconds ?? 0) / 1_000_000_000
        let most = (report.totals.earlierP90?.nanoseconds ?? 0) / 1_000_000_000
        #expect((375...502).contains(median) && (675...901).contains(most))
    }

    @Test("gangs that differ most come first")
    func sorts() {
        var book = DifferenceBook()
        for (name, gpus, whole) in [("a", 8, 1), ("b", 8, 100), ("c", 64, 50), ("d", 8, 2)] {
            let key = GangKey(.job, namespace: "ml", name: name)
            book.add(key, record(name, gpus: Int64(gpus)))
            let at = Int64(whole) * 1_000
            book.note(key, at: 0) { $0.starts(at: 0, place()) }
            book.note(key, at: at) { $0.starts(place(), at) }
        }
        let report = book.report(at: 200_000, origin: .zero)
        #expect(report.gangs.map(\.name) == ["c", "b", "d", "a"])
    }

    @Test("a quantile is at most a quarter too small")
    func countsSpans() {
        for value in [Int64(0), 1, 3, 4, 7, 8, 15, 1_000, 86_400_000, .max] {
            var spans = SpanCounts()
            spans.add(milliseconds: value)
            let found = spans.quantile(percent: 50) ?? -1
            #expect(found <= value && found >= value / 5 * 4 - 1)
        }
        #expect(SpanCounts().quantile(percent: 50) == nil)
    }
}

extension GangRecord {
    /// The other has started it, and nothing more is expected of Muster.
    fileprivate mutating func starts(_ place: StartDifference.Place, _ now: Int64) {
        whole(place, at: now)
        settle()
    }
}
