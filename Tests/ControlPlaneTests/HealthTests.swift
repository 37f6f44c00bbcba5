import Documents
import FleetModel
import Foundation
import Health
import HealthControl
import Scheduler
import Store
import Testing

@testable import ControlPlane

/// Goal: what the health engine decides happens to the fleet, in one transaction with what it was
/// told, and whatever is outstanding survives the process.
@Suite("Health in the control plane")
struct HealthInDriverTests {
    static let offTheBus = "NVRM: Xid (PCI:0000:01:00): 79, pid=1, GPU has fallen off the bus."

    @Test("a fleet that nobody tests works as it did")
    func trusts() async throws {
        let bench = try await Bench("2x8/1")
        try await bench.submit("{name: a, gpus: 8}")
        try await bench.settle()
        #expect(bench.backend.orders == ["start 0/1"])
        #expect(bench.plane.view.nodes[0]?.state == .ready)
        let engine = try await bench.plane.perform { $0.desk.engine }
        #expect(engine.nodes.compactMap { $0 }.map(\.track.state) == [.inService, .inService])
        #expect(engine[NodeID(0)]?.isBusy != engine[NodeID(1)]?.isBusy)
        let events = try bench.plane.store.read { try $0.lastID(of: .events) }
        #expect(events == bench.plane.view.lastEvent)
        await bench.plane.stop()
    }

    /// The node that a job is on says that a device is off the bus.
    private func broken(_ bench: Bench) async throws -> NodeID {
        try await bench.submit("{name: a, gpus: 8}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        let node = try #require(bench.plane.view.jobs[0]?.members.first?.placement.node)
        try await bench.log(HealthInDriverTests.offTheBus, of: node)
        return node
    }

    @Test("a node with a bad device is drained, and its gang starts elsewhere")
    func drains() async throws {
        let bench = try await Bench("2x8/1", settings: .fast(grace: 0))
        let node = try await broken(bench)
        #expect(bench.plane.view.nodes[node.index]?.row.isHeld == true)
        #expect(bench.plane.view.nodes[node.index]?.row.heldFor == "XID 79")
        try await bench.settle(until: "stop 0/1")
        try await bench.report(.stopped(JobID(0), Attempt(1), []))
        try await bench.settle(until: "start 0/2")
        #expect(bench.plane.view.jobs[0]?.members.first?.placement.node != node)
        let engine = try await bench.plane.perform { $0.desk.engine }
        #expect(engine.losses[.hardware].attributed == 1)
        // Nobody can repair it: the ladder ends with people.
        #expect(engine[node]?.track.state == .quarantined)
        #expect(engine[node]?.track.held == .exhausted)
        await bench.plane.stop()
    }

    @Test("what is outstanding is asked for again under its id, and never done twice")
    func comesBack() async throws {
        let bench = try await Bench("2x8/1", settings: .fast(grace: 0), cares: true)
        let node = try await broken(bench)
        try await bench.settle(until: "stop 0/1")
        try await bench.report(.stopped(JobID(0), Attempt(1), []))
        try await bench.settle()
        #expect(bench.backend.careOrders.map(\.words) == ["repair 0 reboot 1".of(node)])
        try await bench.restart()
        try await bench.settle()
        #expect(bench.backend.careOrders.map(\.words) == ["repair 0 reboot 1".of(node)])
        let asked = try await bench.plane.perform { $0.desk.engine.operations.map(\.id.rawValue) }
        #expect(asked == [1])
        #expect(bench.plane.view.nodes[node.index]?.row.isHeld == true)
        try await bench.report(.repaired(node, OperationID(1), .done))
        #expect(bench.backend.careOrders.last?.words == "qualify 0 fifteenMinutes 2".of(node))
        try await bench.restart()
        try await bench.settle()
        #expect(bench.backend.careOrders.map(\.words) == ["qualify 0 fifteenMinutes 2".of(node)])
        try await bench.report(.qualified(node, OperationID(2), .passed(devices: 0xFF)))
        #expect(bench.plane.view.nodes[node.index]?.state == .ready)
        #expect(bench.plane.view.nodes[node.index]?.row.withdrawn == 0)
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("without snapshots the health engine comes back from its journal alone")
    func replays() async throws {
        let bench = try await Bench("2x8/1", settings: .fast(grace: 300), cares: true)
        _ = try await broken(bench)
        let before = try await bench.plane.perform { $0.desk.stateHash() }
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        let policy = Policy(queueOrder: .muster)
        let newest = try Recovery(store: store).load(policy: policy)
        #expect(newest.desk.stateHash() == before)
        for row in try store.read({ try $0.snapshots() }) {
            SnapshotFiles(dataFolder: bench.folder.path).delete(row.file)
        }
        let replayed = try Recovery(store: store).load(policy: policy)
        #expect(replayed.desk.stateHash() == before)
        #expect(replayed.lastHealthBatch == newest.lastHealthBatch)
        #expect(replayed.desk.names.causes.names == newest.desk.names.causes.names)
        store.close()
    }

    @Test("somebody else's cordon stays, and so does ours when theirs goes")
    func leavesOthersCordons() async throws {
        let bench = try await Bench("2x8/1", settings: .fast(grace: 300), cares: true)
        let node = try await broken(bench)
        let name = bench.plane.view.directory.node(node)
        _ = try await bench.plane.act(.cordon(reason: "mine"), onNode: name, by: Bench.caller)
        _ = try await bench.plane.act(.uncordon(reason: ""), onNode: name, by: Bench.caller)
        #expect(bench.plane.view.nodes[node.index]?.isClosed == true)
        _ = try await bench.plane.act(.cordon(reason: "mine"), onNode: name, by: Bench.caller)
        try await bench.report(.finished(JobID(0), Attempt(1), []))
        try await bench.settle()
        try await bench.report(.repaired(node, OperationID(1), .done))
        try await bench.report(.qualified(node, OperationID(2), .passed(devices: 0xFF)))
        #expect(bench.plane.view.nodes[node.index]?.row.isHeld == false)
        #expect(bench.plane.view.nodes[node.index]?.state == .cordoned)
        await bench.plane.stop()
    }

    @Test("with a policy that tests arrivals nothing lands on a node before its proof")
    func qualifiesArrivals() async throws {
        var settings = ControlPlaneSettings.fast(grace: 0)
        settings.health.arrival.new = .qualify
        let bench = try await Bench("2x8/1", settings: settings, cares: true)
        try await bench.submit("{name: a, gpus: 8}")
        try await bench.submit("{name: b, cpu: 1}")
        try await bench.settle()
        #expect(bench.backend.orders == [])
        #expect(bench.backend.careOrders.count == 2)
        try await bench.report(.qualified(NodeID(1), OperationID(2), .passed(devices: 0xFF)))
        try await bench.settle(until: "start 0/1")
        #expect(bench.plane.view.jobs[0]?.members.first?.placement.node == NodeID(1))
        #expect(bench.plane.view.nodes[0]?.isClosed == true)
        await bench.plane.stop()
    }

    /// A process that dies at any point of a repair leaves a state from which it goes on, and no
    /// operation is ever another one under the same number.
    @Test("killed at random points, a repair goes on", arguments: UInt64(0)..<6)
    func survivesCrashes(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        var settings = ControlPlaneSettings.fast(grace: 0)
        settings.snapshotInputs = 1 + random.below(12)
        let bench = try await Bench("2x8/1", settings: settings, cares: true)
        let node = try await broken(bench)
        var known: [Int64: String] = [:]
        var (crashes, isStopped) = (0, false)
        for round in 0..<60 {
            try await bench.settle()
            for order in bench.backend.careOrders {
                #expect(known[order.id.rawValue, default: order.words] == order.words)
                known[order.id.rawValue] = order.words
            }
            if round == 1 || random.below(3) == 0 {
                try await bench.crash()
                crashes += 1
            } else if !isStopped {
                isStopped = bench.backend.orders.contains("stop 0/1")
                if isStopped { try await bench.report(.stopped(JobID(0), Attempt(1), [])) }
            } else if let order = bench.backend.careOrders.last {
                // An answer may come twice, and to a process that did not ask.
                for _ in 0...random.below(2) {
                    try await bench.report(HealthInDriverTests.answer(to: order))
                }
            }
            if isStopped, bench.plane.view.nodes[node.index]?.isClosed == false { break }
        }
        #expect(bench.plane.view.nodes[node.index]?.isClosed == false)
        #expect(known.count == 2, "\(known)")
        #expect(crashes > 0)
        let history = try await bench.plane.perform {
            $0.desk.engine.ledger.machines[node.index].history
        }
        #expect(history.counts.repairs == 1 && history.counts.passedTests == 1)
        #expect(history.open.isEmpty && history.lastProof != nil)
        #expect(bench.plane.view.jobs[0]?.row.attempt == Attempt(2))
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("who tests and repairs is told what nobody waits for any more")
    func dropsOrders() async throws {
        let bench = try await Bench("40x8/1", cares: true)
        let name = bench.plane.view.directory.node(NodeID(1))
        _ = try await bench.plane.state(
            .quarantine, reason: "smells", ofNode: name, by: Bench.caller)
        try await bench.settle()
        guard case .qualify(_, let test, _, _, _)? = bench.backend.careOrders.last else {
            Issue.record("\(bench.backend.careOrders)")
            return
        }
        _ = try await bench.plane.state(.retire, reason: "", ofNode: name, by: Bench.caller)
        try await bench.settle()
        #expect(bench.backend.careOrders.last == .drop(NodeID(1), test))
        #expect(try await bench.plane.perform { $0.careOrders.isEmpty })
        // Once is enough, and what was answered is not dropped.
        let count = bench.backend.careOrders.count
        let other = bench.plane.view.directory.node(NodeID(0))
        _ = try await bench.plane.state(
            .quarantine, reason: "", ofNode: other, by: Bench.caller)
        try await bench.settle()
        let order = try #require(bench.backend.careOrders.last)
        try await bench.report(HealthInDriverTests.answer(to: order))
        try await bench.settle()
        #expect(bench.backend.careOrders.count == count + 1)
        #expect(bench.plane.view.nodes[0]?.state == .ready)
        await bench.plane.stop()
    }

    private static func answer(to order: CareOrder) -> BackendReport {
        switch order {
        case .repair(let node, let id, _, _), .restack(let node, let id, _),
            .drop(let node, let id):
            .repaired(node, id, .done)
        case .qualify(let node, let id, _, let devices, _):
            .qualified(node, id, .passed(devices: devices))
        case .pair(let node, let id, let level, _):
            .qualified(
                node, id,
                QualificationAnswer(
                    outcome: QualificationOutcome(
                        verdict: .passed, level: level, isLoaded: true, components: .network,
                        devices: 0)))
        }
    }

    @Test("people take a node out, and bring it back with a proof")
    func takesStatements() async throws {
        let bench = try await Bench("2x8/1", cares: true)
        let name = bench.plane.view.directory.node(NodeID(1))
        _ = try await bench.plane.state(
            .quarantine, reason: "smells", ofNode: name, by: Bench.caller)
        try await bench.settle()
        #expect(bench.plane.view.nodes[1]?.row.heldFor == "quarantined by hand")
        let order = try #require(bench.backend.careOrders.last)
        try await bench.report(HealthInDriverTests.answer(to: order))
        #expect(bench.plane.view.nodes[1]?.state == .ready)
        _ = try await bench.plane.state(.retire, reason: "", ofNode: name, by: Bench.caller)
        try await bench.settle()
        #expect(bench.plane.view.nodes[1]?.row.heldFor == "it is retired")
        await #expect(throws: OperatingError.self) {
            try await bench.plane.state(.test, reason: "", ofNode: "nobody", by: Bench.caller)
        }
        await bench.plane.stop()
    }

    @Test("a node that goes while it is tested and comes back as another is not kept closed")
    func forgetsWhatIsGone() async throws {
        var settings = ControlPlaneSettings.fast(grace: 0)
        settings.health.arrival.new = .qualify
        let bench = try await Bench("2x8/1", settings: settings, cares: true)
        #expect(bench.plane.view.nodes[0]?.row.isHeld == true)
        #expect(bench.plane.view.nodes[0]?.row.withdrawn == 0xFF)
        try await bench.report(.nodesLost([NodeID(0)], detail: ""))
        #expect(bench.plane.view.nodes[0]?.row.isHeld == false)
        bench.settings.health.arrival.new = .admit
        try await bench.restart()
        try await bench.settle()
        #expect(bench.plane.view.nodes[0]?.state == .ready)
        #expect(bench.plane.view.nodes[0]?.healthyDevices == 0xFF)
        #expect(bench.plane.view.nodes[1]?.isClosed == true)
        await bench.plane.stop()
    }

    @Test("logs are read, and only what says something is kept")
    func takesSignals() async throws {
        let bench = try await Bench("2x8/1", settings: .fast(grace: 0))
        let name = bench.plane.view.directory.node(NodeID(1))
        let signals = NodeSignals(
            kernel: ["usb 1-1: new device", HealthInDriverTests.offTheBus],
            framework: ["all is well"])
        let taken = try await bench.plane.take(signals, ofNode: name, by: Bench.caller)
        #expect(taken == TakenSignals(kept: 1, past: 0))
        try await bench.settle()
        #expect(bench.plane.view.nodes[1]?.row.heldFor == "XID 79")
        let view = bench.plane.view.health
        #expect(view.desk.engine[NodeID(1)]?.track.cause.map(view.names.cause) == "XID 79")
        await bench.plane.stop()
    }

    @Test("an old log is taken down and takes nothing out, and no dated log counts twice")
    func takesOldLogs() async throws {
        let bench = try await Bench("2x8/1", settings: .fast(grace: 0))
        let name = bench.plane.view.directory.node(NodeID(1))
        let now = FleetClock.wall()
        func take(_ ages: [Int64]) async throws -> TakenSignals {
            let lines = ages.map { age in
                (now + .seconds(-age)).utcText.dropLast() + "+0000 gpu kernel: "
                    + HealthInDriverTests.offTheBus
            }
            return try await bench.plane.take(
                NodeSignals(kernel: lines.map { String($0) }), ofNode: name, by: Bench.caller)
        }
        func faults() async throws -> UInt32 {
            try await bench.plane.perform { driver in
                let machine = driver.desk.engine[NodeID(1)]?.machine
                return machine.map { driver.desk.engine.ledger.machines[$0.index] }
                    .map { UInt32($0.history.counts.faults) } ?? 0
            }
        }
        #expect(try await take([8 * 86_400, 7200]) == TakenSignals(kept: 2, past: 2))
        try await bench.settle()
        #expect(bench.plane.view.nodes[1]?.row.heldFor == nil)
        let known = try await faults()
        #expect(known > 0)
        #expect(try await take([8 * 86_400, 7200]) == TakenSignals(kept: 0, past: 0))
        #expect(try await faults() == known)
        #expect(try await take([60]) == TakenSignals(kept: 1, past: 0))
        try await bench.settle()
        #expect(bench.plane.view.nodes[1]?.row.heldFor == "XID 79")
        #expect(try await take([60]).kept == 0)
        try await bench.crash()
        #expect(try await take([60]).kept == 0)
        #expect(try await take([8 * 86_400, 7200, 60]).kept == 0)
        // Old lines of the same code make what is told now no older.
        #expect(try await take([9 * 86_400]) == TakenSignals(kept: 1, past: 1))
        await bench.plane.stop()
        let store = try Store(folder: bench.folder.path)
        #expect(try DataCheck(store: store).findings == [])
        store.close()
    }

    @Test("a snapshot of before there was a health engine is read")
    func readsOldSnapshots() throws {
        let folder = TemporaryFolder()
        let engine = Engine(topology: Topology(levels: []), policy: Policy())
        var bytes = Array("MUSTERD1".utf8)
        func put(_ word: UInt64) {
            withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
        }
        put(7)
        put(0)
        var check = StateHasher()
        for byte in bytes { check.add(UInt64(byte)) }
        put(check.digest)
        bytes += engine.snapshotBytes()
        let path = folder.path + "/snapshots"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/old"))
        let content = try #require(SnapshotFiles(dataFolder: folder.path).read("old"))
        #expect(content.digest == 7 && content.health.isEmpty && content.healthBatch == 0)
        #expect(content.engine.stateHash() == engine.stateHash())
    }

    @Test("a fleet that works already is taken over as it is")
    func takesOver() async throws {
        let bench = try await Bench("2x8/1")
        try await bench.submit("{name: a, gpus: 8}")
        try await bench.report(.started(JobID(0), Attempt(1)))
        await bench.plane.stop()
        // A data folder of before there was a health engine.
        let store = try Store(folder: bench.folder.path)
        try store.write { try $0.deleteHealthJournal(through: .max) }
        for row in try store.read({ try $0.snapshots() }) {
            SnapshotFiles(dataFolder: bench.folder.path).delete(row.file)
        }
        store.close()
        bench.settings.health.arrival.new = .qualify
        try await bench.restart()
        #expect(bench.plane.view.nodes[0]?.isClosed == false)
        #expect(bench.plane.view.nodes[1]?.isClosed == false)
        #expect(try bench.state(0) == "running")
        await bench.plane.stop()
    }
}

extension String {
    fileprivate func of(_ node: NodeID) -> String {
        replacing(" 0 ", with: " \(node) ", maxReplacements: 1)
    }
}

extension ControlPlaneSettings {
    /// Whole nodes go out, after so many seconds of grace.
    static func fast(grace: Int64) -> ControlPlaneSettings {
        var settings = ControlPlaneSettings()
        settings.health.repair.drainGrace = .seconds(grace)
        settings.health.repair.shrinksNodes = false
        return settings
    }
}

extension QualificationAnswer {
    static func passed(devices: UInt64) -> QualificationAnswer {
        QualificationAnswer(
            outcome: QualificationOutcome(
                verdict: .passed, level: .hour, isLoaded: true, components: .all,
                devices: devices))
    }
}
