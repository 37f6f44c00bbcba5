import FleetModel
import Health
import HealthSignals
import Testing

@testable import HealthControl

/// Goal: what metrics say reaches the engine as what it is, of the right device and once, and is
/// known again after a restart.
@Suite struct MetricTests {
    private let node = NodeID(0)

    /// What a device's flag becomes.
    private func marks(
        _ desk: HealthDesk, _ book: inout MetricBook, _ field: Int32, _ value: Int64,
        device: UInt8 = 1, after seconds: Int64
    ) -> DeskInput {
        var changes: [MetricChange] = []
        let now = DeskSamples.start + .seconds(seconds)
        let reading = MetricReading(.device(device), .field(field), value)
        book.note([reading], of: node, signs: desk.signs(of: node), at: now, into: &changes)
        return .metrics(node, changes.map { desk.mark($0, of: node, at: now) })
    }

    @Test func whatTheDriverConcludesHasTheDeviceTestedBeforeItWorksOn() {
        var desk = DeskSamples.busyDesk()
        var book = MetricBook()
        let told = marks(desk, &book, 395, 1, after: 10)
        _ = desk.tell(told, after: 10)
        // Its job may end first.
        #expect(desk.engine[node]?.devices[1].state == .draining)
        #expect(desk.engine[node]?.track.state == .inService)
        let open = desk.engine.ledger.parts[1].history.open
        #expect(open.map { desk.names.cause($0.cause) } == ["gpuMemoryUnrepairable"])
        // Never more than a test, for a metric alone.
        #expect(open.map(\.action) == [.prove])
        #expect(open.map(\.components) == [[.device, .deviceMemory]])
        #expect(
            desk.lines(of: node).map(\.text) == [
                "0000:86:00.0, DCGM_FI_DEV_ROW_REMAP_FAILED is 1, limit 1"
            ])
    }

    @Test func wearIsWatchedAndNothingMore() {
        var desk = DeskSamples.busyDesk()
        var book = MetricBook()
        let told = marks(desk, &book, 393, 9, after: 10)
        _ = desk.tell(told, after: 10)
        _ = desk.tell(.engine(.wake(token: HealthDesk.burstToken)), after: 250)
        #expect(desk.engine[node]?.toldUnhealthy == 0)
        let states = desk.engine[node]?.devices.map(\.state)
        #expect(desk.engine[node]?.track.state == .suspect || states?[1] == .suspect)
    }

    @Test func aSignCountsOnceUntilItIsGone() throws {
        var desk = DeskSamples.busyDesk()
        var book = MetricBook()
        let first = marks(desk, &book, 396, 1, after: 10)
        _ = desk.tell(first, after: 10)
        #expect(desk.lines(of: node).count == 1)
        // Told again by whatever mistake.
        _ = desk.tell(first, after: 20)
        #expect(desk.lines(of: node).count == 1)
        // A control plane that starts anew has another book, and the desk's signs.
        let bytes = try desk.snapshotBytes()
        desk = try HealthDesk(snapshot: bytes, names: desk.names)
        #expect(try desk.snapshotBytes() == bytes)
        #expect(desk.signs(of: node).map(\.rule) == ["row remapping pending"])
        book = MetricBook()
        #expect(marks(desk, &book, 396, 1, after: 60) == .metrics(node, []))
        _ = marks(desk, &book, 396, 0, after: 100)
        var gone = DeskInput.metrics(node, [])
        for seconds in stride(from: Int64(200), to: 900, by: 100) where gone == .metrics(node, []) {
            gone = marks(desk, &book, 396, 0, after: seconds)
        }
        let batch = DeskBatch(
            records: [first, gone].map { DeskRecord(at: .zero, input: $0) }, digest: 0)
        #expect(try DeskBatch(batch.bytes()) == batch)
        _ = desk.tell(gone, after: 900)
        #expect(desk.signs(of: node).isEmpty)
        _ = desk.tell(marks(desk, &book, 396, 1, after: 1000), after: 1000)
        #expect(desk.lines(of: node).count == 2)
    }

    @Test func aSiteMayDecideOtherwise() {
        var desk = DeskSamples.busyDesk()
        var book = MetricBook()
        let rule = FaultRule(
            name: "remapping is final", codes: [.event(.gpuMemoryUnrepairable)],
            severity: .critical, action: .contactProvider)
        _ = desk.tell(.setRules(FaultRules(version: "1", rules: [rule])))
        _ = desk.tell(marks(desk, &book, 395, 1, after: 10), after: 10)
        let open = desk.engine.ledger.parts[1].history.open
        #expect(open.map(\.action) == [.replace])
    }

    @Test func anotherMachineHasNoSigns() {
        var desk = DeskSamples.busyDesk()
        var book = MetricBook()
        _ = desk.tell(marks(desk, &book, 396, 1, after: 10), after: 10)
        let facts = HardwareFacts(
            chassis: "C2", devices: [.init(index: 0, uuid: "GPU-x", slot: "0000:3b:00.0")])
        let report = desk.names.report(facts)
        _ = desk.tell(.engine(.departed(node)), after: 20)
        _ = desk.tell(.engine(.arrived(node, Arrival(report: report))), after: 30)
        #expect(desk.signs(of: node).isEmpty)
    }
}
