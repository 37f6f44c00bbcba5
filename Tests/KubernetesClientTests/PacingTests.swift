import FleetModel
import Testing

@testable import KubernetesClient

@Suite struct PacingTests {
    @Test func pausesGrowWithinTheirBoundsAndBeginAnew() {
        for seed in 0..<200 {
            var backoff = Backoff(
                baseMilliseconds: 100, capMilliseconds: 5_000, seed: UInt64(seed))
            var most: Int64 = 100
            for _ in 0..<100 {
                let pause = backoff.next()
                #expect(pause >= most / 8 && pause <= most)
                most = min(most * 2, 5_000)
            }
            backoff.reset()
            #expect(backoff.next() <= 100)
        }
        var wild = Backoff(baseMilliseconds: .max, capMilliseconds: .max, seed: 1)
        for _ in 0..<100 { #expect(wild.next() > 0) }
    }

    @Test func pausesOfManyClientsDiffer() {
        let pauses = (0..<100).map { seed in
            var backoff = Backoff(
                baseMilliseconds: 1_000, capMilliseconds: 1_000, seed: UInt64(seed))
            return backoff.next()
        }
        #expect(Set(pauses).count > 80)
    }

    @Test func aBucketLetsBurstsThroughAndThenItsRate() {
        var bucket = TokenBucket(perSecond: 100, burst: 10)
        let now: Int64 = 5_000_000_000
        for _ in 0..<10 { #expect(bucket.take(at: now) == 0) }
        for index in 1...20 { #expect(bucket.take(at: now) == Int64(index) * 10_000_000) }
        // After a quiet second the whole burst is there again.
        for _ in 0..<10 { #expect(bucket.take(at: now + 2_000_000_000) == 0) }
        #expect(bucket.take(at: now + 2_000_000_000) > 0)
    }

    @Test func aBucketKeepsItsRateUnderAnyLoad() {
        var random = SplitMix(seed: 8)
        var bucket = TokenBucket(perSecond: 1_000, burst: 50)
        var now: Int64 = 0
        var due: [Int64] = []
        for _ in 0..<20_000 {
            now += Int64(random.below(1_500_000))
            due.append(now + bucket.take(at: now))
        }
        #expect(due == due.sorted())
        for index in 0..<(due.count - 1_050) {
            #expect(due[index + 1_050] - due[index] >= 999_000_000)
        }
    }

    @Test func requestsInFlightAreBoundedAndInOrder() async throws {
        let throttle = ClientThrottle(
            ThrottleLimits(perSecond: 1_000_000, burst: 1_000_000, inFlight: 3))
        let peak = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<300 {
                group.addTask {
                    try await throttle.enter()
                    defer { throttle.leave() }
                    let inFlight = throttle.inFlight
                    await Task.yield()
                    return inFlight
                }
            }
            return try await group.reduce(0) { max($0, $1) }
        }
        #expect(peak <= 3)
        #expect(throttle.inFlight == 0)
    }

    @Test func whoGivesUpLeavesNoPlaceBehind() async throws {
        let throttle = ClientThrottle(
            ThrottleLimits(perSecond: 1_000_000, burst: 1_000_000, inFlight: 1))
        try await throttle.enter()
        let waiting = (0..<50).map { _ in
            Task {
                try await throttle.enter()
                throttle.leave()
            }
        }
        try await Task.sleep(for: .milliseconds(20))
        for task in waiting[..<25] { task.cancel() }
        for task in waiting[..<25] {
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        throttle.leave()
        for task in waiting[25...] { try await task.value }
        #expect(throttle.inFlight == 0)
    }

    @Test func everybodyHeedsAPause() async throws {
        let throttle = ClientThrottle()
        // Before the pause begins: however late the others come, it is over a second after this.
        let began = ContinuousClock.now
        throttle.pause(seconds: 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    try await throttle.enter()
                    throttle.leave()
                }
            }
            try await group.waitForAll()
        }
        #expect(ContinuousClock.now - began > .milliseconds(900))
        #expect(throttle.pauses == 1)
    }
}
