import FleetModel
import Testing

@testable import Scheduler

@Suite struct DurationBookTests {
    private func key(_ tenant: Int = 0, _ family: Int? = 0, gpus: Int64 = 1) -> DurationKey {
        DurationKey(
            tenant: TenantID(tenant), family: family.map { FamilyID($0) }, gpuMilli: gpus * 1000)
    }

    private func seconds(
        _ book: DurationBook, _ key: DurationKey, percent: Int32 = 80, elapsed: Int64 = 0
    ) -> Int64? {
        book.quantile(percent, for: key, longerThan: .seconds(elapsed))?.wholeSeconds
    }

    private func add(_ spans: some Sequence<Int64>, _ key: DurationKey, to book: inout DurationBook)
    {
        for span in spans { book.observe(.seconds(span), for: key) }
    }

    @Test func nothingWithoutEnoughHistory() {
        var book = DurationBook()
        #expect(!book.hasHistory)
        for span in Int64(1)...2 {
            add([span], key(), to: &book)
            #expect(book.hasHistory)
            #expect(seconds(book, key()) == nil)
        }
        add([3], key(), to: &book)
        #expect(seconds(book, key()) == 3)
    }

    @Test(arguments: [(3, 3), (4, 4), (5, 4), (10, 8), (11, 9), (64, 52)] as [(Int64, Int64)])
    func quantile(count: Int64, expected: Int64) {
        // The smallest value that 80 % of all do not exceed, whatever the order.
        for spans in [Array(1...count), (1...count).reversed()] {
            var book = DurationBook()
            add(spans, key(), to: &book)
            #expect(seconds(book, key()) == expected)
        }
    }

    @Test func whatRanAsLongCountsAlone() {
        var book = DurationBook()
        add([10, 20, 30, 40, 50], key(), to: &book)
        #expect(seconds(book, key(), percent: 50, elapsed: 0) == 30)
        #expect(seconds(book, key(), percent: 50, elapsed: 30) == 40, "30, 40 and 50 are left")
        #expect(seconds(book, key(), percent: 50, elapsed: 31) == 40)
        #expect(seconds(book, key(), percent: 50, elapsed: 41) == 50)
        #expect(seconds(book, key(), percent: 50, elapsed: 51) == 102, "nothing ran as long")
        let most = TimeSpan(nanoseconds: .max)
        #expect(book.quantile(50, for: key(), longerThan: most) == most)
    }

    @Test func fallsBackFromParticularToGeneral() {
        var book = DurationBook()
        add([10, 10, 10], key(0, 0, gpus: 4), to: &book)
        let asked = [
            key(0, 0, gpus: 4), key(0, 0, gpus: 8), key(0, 9, gpus: 4), key(7, 9, gpus: 5),
            key(7, nil, gpus: 100),
        ]
        for one in asked { #expect(seconds(book, one) == 10) }
        // Each of these is known to those below it in the list, but not to those above.
        for (step, one) in asked.enumerated().reversed() {
            let span = Int64(100 + step)
            add([span, span, span], one, to: &book)
            #expect(seconds(book, one) == span)
        }
    }

    @Test func whatRanLongerThanTheParticularKnowsIsAskedOfTheGeneral() {
        var book = DurationBook()
        add([10, 10, 10], key(0, 0, gpus: 4), to: &book)
        add([50, 50, 50], key(0, 0, gpus: 8), to: &book)
        add([900, 900, 900], key(5, 5, gpus: 64), to: &book)
        #expect(seconds(book, key(0, 0, gpus: 4), elapsed: 10) == 10)
        #expect(seconds(book, key(0, 0, gpus: 4), elapsed: 11) == 50)
        #expect(seconds(book, key(0, 0, gpus: 4), elapsed: 51) == 900)
        #expect(seconds(book, key(0, 0, gpus: 4), elapsed: 901) == 1802)
    }

    @Test func onlyTheLastAreKept() {
        var book = DurationBook()
        add(Array(repeating: 1000, count: 40), key(), to: &book)
        add(Int64(1)...Int64(DurationBook.samplesKept), key(), to: &book)
        #expect(seconds(book, key()) == 52)
        add(Int64(1)...1000, key(), to: &book)
        #expect(seconds(book, key(), percent: 1) == 937)
    }

    @Test func keysAreBoundedAndTheLeastRecentlyUsedGoFirst() {
        var book = DurationBook(keyLimit: 16)
        add([5, 5, 5], key(0, 0), to: &book)
        for other in 1..<200 {
            add([500, 500, 500], key(other, other, gpus: 64), to: &book)
            if other % 2 == 0 { add([5], key(0, 0), to: &book) }
            #expect(book.keyCount <= 16)
        }
        #expect(seconds(book, key(0, 0)) == 5)
        #expect(seconds(book, key(1, 1, gpus: 64)) == 500, "from the size class")
        add([7, 7, 7], key(1, 1, gpus: 64), to: &book)
        #expect(seconds(book, key(1, 1, gpus: 64)) == 7)
    }

    @Test func equalHistoriesHaveEqualDigests() {
        var books = [DurationBook(), DurationBook()]
        for index in books.indices { add([1, 2, 3], key(), to: &books[index]) }
        func digest(_ book: DurationBook) -> UInt64 {
            var hasher = StateHasher()
            book.fold(into: &hasher)
            return hasher.digest
        }
        #expect(digest(books[0]) == digest(books[1]))
        add([4], key(), to: &books[1])
        #expect(digest(books[0]) != digest(books[1]))
    }

    @Test func sizeClassesArePowersOfTwo() {
        let sizes: [Int64] = [0, 1, 999, 1000, 1999, 2000, 3999, 4000, 8000, 1_000_000_000]
        #expect(sizes.map(GangSize.index) == [0, 1, 1, 2, 2, 3, 3, 4, 5, GangSize.count - 1])
    }

    @Test func theEngineLearnsFromSuccessAlone() {
        var h = Harness(.uniform(nodes: 1, devices: 8, groups: []))
        for (id, isSuccess) in [true, false, true, false, true].enumerated() {
            let hash = h.engine.stateHash()
            h.submit(id) { $0.family = FamilyID(3) }
            h.seconds += isSuccess ? 100 : 7
            if isSuccess { h.finish(id) } else { h.fail(id) }
            #expect(h.engine.stateHash() != hash)
        }
        let known = DurationKey(tenant: TenantID(0), family: FamilyID(3), gpuMilli: 1000)
        #expect(h.engine.durations.quantile(1, for: known, longerThan: .zero) == .seconds(100))
        h.submit(9) { $0.family = FamilyID(3) }
        let slot = h.engine.jobs.slot(of: JobID(9))!
        #expect(h.engine.expectedEnd(slot) == .seconds(h.seconds + 100))
        #expect(h.engine.expectedSpan(slot) == .seconds(100))
    }

    @Test func withoutLearningNothingIsKnown() {
        let blind = Policy(timeline: TimelinePolicy(learnsDurations: false))
        var h = Harness(.uniform(nodes: 1, devices: 8, groups: []), policy: blind)
        for id in 0..<4 {
            h.submit(id)
            h.seconds += 10
            h.finish(id)
        }
        h.submit(4)
        #expect(!h.engine.durations.hasHistory)
        #expect(h.engine.expectedEnd(h.engine.jobs.slot(of: JobID(4))!) == nil)
    }
}
