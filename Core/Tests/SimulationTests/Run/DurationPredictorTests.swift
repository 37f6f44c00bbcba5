import FleetModel
import Testing

@testable import Simulation

@Suite struct DurationPredictorTests {
    private func predictor(
        _ spans: some Sequence<Int64>, tenant: Int = 0, family: Int32 = 0, gpus: Int64 = 1000
    ) -> DurationPredictor {
        var predictor = DurationPredictor()
        add(spans, tenant: tenant, family: family, gpus: gpus, to: &predictor)
        return predictor
    }

    private func add(
        _ spans: some Sequence<Int64>, tenant: Int = 0, family: Int32 = 0, gpus: Int64 = 1000,
        to predictor: inout DurationPredictor
    ) {
        for span in spans {
            predictor.observe(
                .seconds(span), tenant: TenantID(tenant), family: family, gpuMilli: gpus)
        }
    }

    private func seconds(
        _ predictor: DurationPredictor, tenant: Int = 0, family: Int32 = 0, gpus: Int64 = 1000
    ) -> Int64? {
        predictor.predict(tenant: TenantID(tenant), family: family, gpuMilli: gpus)?.wholeSeconds
    }

    @Test func nothingWithoutEnoughHistory() {
        #expect(seconds(DurationPredictor()) == nil)
        #expect(seconds(predictor([1])) == nil)
        #expect(seconds(predictor([1, 2])) == nil)
        #expect(seconds(predictor([1, 2, 3])) == 3)
    }

    @Test(arguments: [(3, 3), (4, 4), (5, 4), (10, 8), (11, 9), (32, 26)])
    func quantile(_ count: Int64, _ expected: Int64) {
        // The smallest value that 80 % of all do not exceed, whatever the order.
        #expect(seconds(predictor(1...count)) == expected)
        #expect(seconds(predictor((1...count).reversed())) == expected)
    }

    @Test func onlyTheLastAreKept() {
        let remembered = Int64(DurationPredictor.remembered)
        #expect(remembered == 32)
        let some = predictor(Array(repeating: 1000, count: 40) + Array(1...remembered))
        #expect(seconds(some) == 26)
        // One short of pushing all of them out.
        let more = predictor(Array(repeating: 1000, count: 7) + Array(1...(remembered - 7)))
        #expect(seconds(more) == 1000)
        // Twice around: the eldest goes first.
        #expect(seconds(predictor(1...100)) == 94)
    }

    @Test func zeroCountsAsTheShortest() {
        let predicted = predictor([0, 0, 0]).predict(
            tenant: TenantID(0), family: 0, gpuMilli: 1000)
        #expect(predicted == TimeSpan(nanoseconds: 1))
    }

    @Test func fallsBackFromParticularToGeneral() {
        var some = predictor([10, 10, 10])
        #expect(seconds(some, family: 1) == 10)
        #expect(seconds(some, tenant: 1, family: 1) == 10)
        #expect(seconds(some, tenant: 1, family: 1, gpus: 2000) == 10)
        // Two of a closer key are not enough to be heard, three are.
        add([1, 1], tenant: 1, family: 7, gpus: 2000, to: &some)
        #expect(seconds(some, tenant: 1, family: 7, gpus: 2000) == 10)
        add([1], tenant: 1, family: 7, gpus: 2000, to: &some)
        #expect(seconds(some, tenant: 1, family: 7, gpus: 2000) == 1)
        #expect(seconds(some, tenant: 2, family: 3, gpus: 2000) == 1)
        add([30, 30, 30], tenant: 1, family: 8, gpus: 3000, to: &some)
        #expect(seconds(some, tenant: 1, family: 9, gpus: 3000) == 30)
        #expect(seconds(some, tenant: 5, family: 9, gpus: 3000) == 30)
        add([50, 50, 50], tenant: 1, family: 9, gpus: 3000, to: &some)
        #expect(seconds(some, tenant: 1, family: 9, gpus: 3000) == 50)
        #expect(seconds(some, tenant: 1, family: 8, gpus: 3000) == 30)
        #expect(seconds(some) == 10)
    }

    @Test func jobsWithoutFamilyAreAFamily() {
        var some = predictor([10, 10, 10, 10, 10, 10, 10, 10], family: -1)
        add([90, 90, 90], family: 1, to: &some)
        #expect(seconds(some, family: -1) == 10)
        #expect(seconds(some, family: 1) == 90)
    }
}
