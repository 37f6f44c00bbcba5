import FleetModel
import Testing

@Suite struct MinimumHeapTests {
    @Test func theLeastComesFirst() {
        var random = SplitMix(seed: 7)
        for count in 0..<40 {
            var heap = MinimumHeap<Int>()
            var expected = (0..<count).map { _ in random.below(20) }
            for element in expected { heap.insert(element) }
            expected.sort()
            for element in expected {
                #expect(heap.first == element)
                #expect(heap.popFirst() == element)
            }
            #expect(heap.first == nil && heap.popFirst() == nil)
        }
    }
}
