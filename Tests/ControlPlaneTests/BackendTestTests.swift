import FleetModel
import Foundation
import Health
import HealthControl
import Store
import Testing

@testable import ControlPlane

/// Goal: what a backend had tested counts for the machine that the node is, and for no other.
@Suite("Tests that a backend has others run")
struct BackendTestTests {
    private static func facts(_ serial: String = "SN-0") -> HardwareFacts {
        HardwareFacts(
            chassis: serial,
            devices: (0..<8).map {
                HardwareFacts.Device(index: $0, uuid: "GPU-\(serial)-\($0)")
            })
    }

    private static func test(
        _ verdict: QualificationVerdict, devices: [String], tested: UInt64, failed: UInt64 = 0,
        chassis: String = "", began: Instant
    ) -> HandedInTest {
        HandedInTest(
            answer: QualificationAnswer(
                outcome: QualificationOutcome(
                    verdict: verdict, level: .fifteenMinutes, isLoaded: true, components: .all,
                    devices: tested, failedDevices: failed),
                failedTests: verdict == .failed ? ["device-multiply"] : []),
            began: began, chassis: chassis, devices: devices)
    }

    private static let whole = (0..<8).map { "GPU-SN-0-\($0)" }

    /// A node that arrives and is to be tested.
    private func arrived() async throws -> Bench {
        var settings = ControlPlaneSettings()
        settings.health.arrival.new = .qualify
        let bench = try await Bench("1x8/1", settings: settings, cares: true)
        try await bench.report(.hardware(NodeID(0), Self.facts()))
        return bench
    }

    private func state(_ bench: Bench) async throws -> HealthState? {
        try await bench.plane.perform { $0.desk.engine[NodeID(0)]?.track.state }
    }

    private func last(_ bench: Bench) throws -> OperationID {
        let order = bench.backend.careOrders.last { order in
            if case .drop = order { false } else { true }
        }
        return try #require(order?.id)
    }

    @Test("a pass of the same machine takes the node into service, one of another does not")
    func binds() async throws {
        let bench = try await arrived()
        let now = bench.plane.clock.now()
        let foreign: [HandedInTest] = [
            Self.test(
                .passed, devices: (0..<8).map { "GPU-other-\($0)" }, tested: 0xFF, began: now),
            Self.test(
                .passed, devices: Self.whole, tested: 0xFF, chassis: "SN-9", began: now),
            Self.test(
                .passed, devices: Self.whole, tested: 0xFF, began: now + .seconds(3600)),
        ]
        for test in foreign {
            try await bench.report(.hardware(NodeID(0), Self.facts("SN-x")))
            try await bench.report(.hardware(NodeID(0), Self.facts()))
            let id = try last(bench)
            try await bench.report(.tested(NodeID(0), id, test))
            #expect(try await state(bench) == .unqualified)
        }
        let events = try bench.plane.store.read { try $0.events(after: 0, limit: 1000) }
        #expect(events.count { $0.text.contains("is not taken") } == 3)
        try await bench.report(.hardware(NodeID(0), Self.facts("SN-x")))
        try await bench.report(.hardware(NodeID(0), Self.facts()))
        try await bench.report(
            .tested(
                NodeID(0), try last(bench),
                Self.test(
                    .passed, devices: Self.whole, tested: 0xFF, chassis: "SN-0",
                    began: bench.plane.clock.now())))
        let said = try bench.plane.store.read { try $0.events(after: 0, limit: 1000) }
        #expect(try await state(bench) == .inService, "\(said.suffix(4).map(\.text))")
        await bench.plane.stop()
    }

    @Test("who saw some devices only is heard by their UUIDs")
    func aligns() async throws {
        let bench = try await arrived()
        let order = Self.whole.reversed() as [String]
        try await bench.report(
            .tested(
                NodeID(0), try last(bench),
                Self.test(
                    .failed, devices: order, tested: 0xFF, failed: 0b1,
                    began: bench.plane.clock.now())))
        let engine = try await bench.plane.perform { $0.desk.engine }
        #expect(engine[NodeID(0)]?.devices[7].state != .inService)
        #expect(engine[NodeID(0)]?.devices[0].state == .inService)
        #expect(bench.plane.view.nodes[0]?.row.withdrawn == 1 << 7)
        await bench.plane.stop()
    }

    @Test("the words of a backend are an event of the node")
    func remarks() async throws {
        let bench = try await arrived()
        try await bench.report(.remarked(NodeID(0), try last(bench), "no image"))
        let events = try bench.plane.store.read { try $0.events(after: 0, limit: 1000) }
        #expect(events.contains { $0.text == "no image" && $0.kind == "health" })
        await bench.plane.stop()
    }
}
