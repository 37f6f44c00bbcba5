import FleetModel
import Foundation
import Health
import HealthControl
import Store
import Testing

@testable import ControlPlane

/// Goal: what is held back says so to people, goes on at their word and is audited; and who could
/// not hear calls nobody silent.
@Suite("What is held back, and what could not be heard")
struct ProposalInDriverTests {
    private func wait(
        _ what: String, _ bench: Bench, until condition: (HealthEngine) -> Bool
    ) async throws {
        for _ in 0..<6000 {
            if condition(try await bench.plane.perform { $0.desk.engine }) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("\(what): not within two minutes")
    }

    private func texts(_ bench: Bench, _ kind: String) throws -> [String] {
        try bench.plane.store.read { reader in
            try reader.events(
                after: 0, kinds: [kind], job: nil, node: nil, limit: 1000
            ).map(\.text)
        }
    }

    @Test("a repair beyond the limit is proposed, and begins when somebody lets it")
    func proceeds() async throws {
        var settings = ControlPlaneSettings.fast(grace: 0)
        settings.health.breakers.concurrentRepairs = 1
        settings.health.breakers.leastDevices = 64
        let bench = try await Bench("4x8/1", settings: settings, cares: true)
        for node in 0..<3 {
            try await bench.log(HealthInDriverTests.offTheBus, of: NodeID(node))
        }
        func isRepaired(_ node: Int) -> Bool {
            bench.backend.careOrders.contains { order in
                if case .repair(NodeID(node), _, _, _) = order { true } else { false }
            }
        }
        #expect(isRepaired(0) && !isRepaired(1) && !isRepaired(2))
        let tripped = try texts(bench, "breakerTripped")
        #expect(
            tripped.count == 1
                && tripped.first?.contains("limit of repairs at a time holds (1)") == true)
        let proposed = try texts(bench, "healthProposal")
        #expect(proposed.count == 2 && proposed.allSatisfy { $0.contains("goes on by itself") })
        let name = bench.plane.view.directory.node(NodeID(2))
        _ = try await bench.plane.state(.proceed, reason: "urgent", ofNode: name, by: Bench.caller)
        try await bench.settle()
        #expect(isRepaired(2) && !isRepaired(1))
        let audit = try bench.plane.store.read { try $0.audit(before: nil, limit: 1) }
        #expect(audit.first?.action == "proceed" && audit.first?.detail == "urgent")
        // Nothing of it is held back any more.
        await #expect(throws: OperatingError.self) {
            try await bench.plane.state(.proceed, reason: "", ofNode: name, by: Bench.caller)
        }
        for id in [1, 2] as [Int64] {
            let node = try #require(
                try await bench.plane.perform { driver in
                    driver.desk.engine.operations.first { $0.id.rawValue == id }?.node
                })
            try await bench.report(.repaired(node, OperationID(id), .done))
        }
        #expect(isRepaired(1))
        #expect(try texts(bench, "breakerClosed").count == 1)
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("a driver that stood still, and one that was stopped, call nobody silent")
    func isDeaf() async throws {
        var settings = ControlPlaneSettings()
        settings.health.suspicion.silence = .seconds(6)
        settings.health.suspicion.testsIdleSuspects = false
        let bench = try await Bench("4x8/1", settings: settings)
        func hear() async throws {
            for node in 0..<4 {
                try await bench.plane.perform { driver in
                    driver.now = max(driver.now, driver.clock.now())
                    driver.hearing.note(NodeID(node), at: driver.now)
                    driver.tellHealth(.engine(.heard(NodeID(node))))
                }
            }
        }
        func silent(_ engine: HealthEngine) -> Int {
            engine.nodes.count { ($0?.silenceTold ?? 0) > 0 }
        }
        // A machine may be so busy that they are silent for long enough beside the time that counts
        // for nothing: then there is nothing to be seen.
        func nobodyIsSilent(_ heard: ContinuousClock.Instant, besides: Duration) async throws {
            let count = silent(try await bench.plane.perform { $0.desk.engine })
            #expect(count == 0 || ContinuousClock.now - heard - besides > .seconds(5))
        }
        var heard = ContinuousClock.now
        try await hear()
        let asked = try await bench.plane.perform { driver in
            usleep(9_000_000)
            return driver.desk.engine.operations.count
        }
        #expect(asked == 0)
        try await nobodyIsSilent(heard, besides: .seconds(9))
        #expect(
            try texts(bench, "health").contains { $0.contains("not heard in time") })
        // Who says nothing then is found all the same.
        try await wait("silence", bench) { silent($0) == 4 }
        heard = ContinuousClock.now
        try await hear()
        await bench.plane.stop()
        try await Task.sleep(for: .seconds(8))
        try await bench.restart()
        try await nobodyIsSilent(heard, besides: .seconds(8))
        try await wait("silence after a start", bench) { silent($0) == 4 }
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }
}
