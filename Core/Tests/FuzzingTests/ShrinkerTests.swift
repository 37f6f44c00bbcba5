import Fuzzing
import Testing

@Suite struct ShrinkerTests {
    @Test func keepsOnlyWhatTheFailureNeeds() {
        let few = Shrinker.shrink(Array(0..<100)) { list in
            [17, 63, 99].allSatisfy { list.contains($0) }
        }
        #expect(few == [17, 63, 99])
    }

    @Test func keepsOrder() {
        let few = Shrinker.shrink([3, 1, 2, 1, 3]) { list in
            guard let two = list.firstIndex(of: 2) else { return false }
            return list[two...].contains(1)
        }
        #expect(few == [2, 1])
    }
}
