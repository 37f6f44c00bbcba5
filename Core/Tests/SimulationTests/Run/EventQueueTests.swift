import FleetModel
import Testing

@testable import Simulation

@Suite struct EventQueueTests {
    @Test func empty() {
        var queue = EventQueue<WorldEvent>()
        #expect(queue.next()?.event == nil)
        #expect(queue.nextTime == nil)
        #expect(queue.count == 0)
    }

    @Test func equalsComeInOrderOfScheduling() {
        var queue = EventQueue<WorldEvent>()
        for token: Int64 in 0..<50 { queue.schedule(.wake(token: token), at: .seconds(1)) }
        queue.schedule(.wake(token: 99), at: .zero)
        #expect(queue.next()?.event == .wake(token: 99))
        for token: Int64 in 0..<50 { #expect(queue.next()?.event == .wake(token: token)) }
    }

    /// Against a list that is sorted by time and otherwise kept in order.
    @Test(arguments: 0..<40) func sortedArrayAgrees(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        var queue = EventQueue<WorldEvent>()
        var model: [(at: Int, token: Int64)] = []
        let times = 1 + random.below(40)
        for step in 0..<400 {
            if random.below(5) < 3 {
                let at = random.below(times)
                queue.schedule(
                    .wake(token: Int64(step)), at: Instant(nanoseconds: Int64(at)))
                let place = model.firstIndex { $0.at > at } ?? model.count
                model.insert((at, Int64(step)), at: place)
            } else {
                let entry = queue.next()
                let expected = model.isEmpty ? nil : model.removeFirst()
                #expect(entry?.event == expected.map { .wake(token: $0.token) })
                #expect(entry?.at.nanoseconds == expected.map { Int64($0.at) })
            }
            #expect(queue.count == model.count)
            #expect(queue.nextTime?.nanoseconds == model.first.map { Int64($0.at) })
        }
        for expected in model {
            #expect(queue.next()?.event == .wake(token: expected.token))
        }
        #expect(queue.nextTime == nil)
    }
}
