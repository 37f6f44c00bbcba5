import ControlPlane
import Documents
import FleetModel
import Foundation
import Testing

@testable import SimulatedBackend
@testable import Simulation

/// A simulated backend whose clock stands still until a test moves it, and all that it reported.
final class Stage: Sendable {
    let backend: SimulatedBackend
    let origin: Instant
    private let seen = Guarded<[(second: Int64, report: BackendReport)]>([])

    static let startDelay: Int64 = 20
    static let stopDelay: Int64 = 30

    init(
        nodes: Int = 4, faults: FaultModel? = nil, seed: UInt64 = 1,
        origin: Instant = .seconds(1_790_000_000), at second: Int64 = 0
    ) {
        let time = TestClock(origin + .seconds(second))
        self.origin = origin
        clock = time
        backend = SimulatedBackend(
            fleet: .uniform(nodes: nodes, devices: 8, groups: [2]), faults: faults, seed: seed,
            speed: 1, delays: SimulatedDelays(), hasThread: false, clock: { time.now })
    }

    private let clock: TestClock

    /// Seconds since the origin.
    var second: Int64 { (clock.now - origin).wholeSeconds }

    func start(_ expected: [ExpectedGang] = []) async throws {
        try await backend.start(expecting: expected) { [self] report in
            let second = second
            seen.withLock { $0.append((second, report)) }
        }
    }

    /// From now on these faults happen and no others.
    func plan(_ faults: [Fault]) {
        backend.withWorld { world in
            world.faults = FaultWorld(
                FaultModel(), world.fleet, stopDelay: .seconds(Stage.stopDelay))
            world.faults?.schedule = FaultSchedule(
                faults.map { fault in
                    var fault = fault
                    fault.at = origin + .seconds(fault.at.nanoseconds / 1_000_000_000)
                    return fault
                })
        }
    }

    /// Gives an order at a second, and lets it be carried out.
    func give(_ order: BackendOrder, at second: Int64) {
        run(until: second)
        backend.execute(order)
        backend.pump()
    }

    /// Lets time pass, second by second only where something happens.
    func run(until second: Int64) {
        while self.second < second {
            let pause = backend.pump()
            let next = min(Double(second - self.second), max(1, pause.rounded(.up)))
            clock.now = clock.now + .seconds(Int64(next))
        }
        backend.pump()
    }

    /// What was reported since the last time, as lines `SECOND REPORT`.
    func lines() -> [String] {
        seen.withLock { seen in
            defer { seen = [] }
            return seen.map { "\($0.second) " + Stage.text(of: $0.report) }
        }
    }

    func log(_ job: Int32, attempt: Int32 = 1, rank: Int = 0) throws -> String? {
        let key = MemberKey(
            job: JobID(rawValue: job), attempt: Attempt(attempt), rank: rank)
        guard let log = backend.log(of: key) else { return nil }
        let extent = try log.extent()
        let bytes = try log.read(from: extent.lowerBound, limit: .max)
        #expect(extent.count == bytes.count)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func text(of report: BackendReport) -> String {
        switch report {
        case .nodes, .rule, .found, .vanished, .tenants, .hardware, .qualified, .repaired,
            .tested, .remarked, .evidence, .versions, .statements, .withheld:
            "not simulated"
        case .started(let job, let attempt): "started \(job).\(attempt.rawValue)"
        case .finished(let job, let attempt, let exits):
            "finished \(job).\(attempt.rawValue) \(exits.count)"
        case .failed(let job, let attempt, let cause, let suspect, _, _, _):
            "failed \(job).\(attempt.rawValue) \(cause)" + (suspect.map { " on \($0)" } ?? "")
        case .stopped(let job, let attempt, let exits):
            "stopped \(job).\(attempt.rawValue) \(exits.count)"
        case .shrunk(let job, let attempt, let resize):
            "shrunk \(job).\(attempt.rawValue) \(resize.rawValue)"
        case .progress(let job, let attempt, let told):
            "progress \(job).\(attempt.rawValue) \(told.step) \(told.checkpointedStep ?? -1)"
        case .nodesJoined(let nodes): "joined \(nodes)"
        case .nodesLost(let nodes, _): "lost \(nodes)"
        case .deviceHealth(let node, let unhealthy, _): "devices of \(node) out: \(unhealthy)"
        case .drain(let node, let deadline, _): "drain \(node)" + (deadline == nil ? "" : " by")
        case .resume(let node, _): "resume \(node)"
        }
    }
}

/// A value that a lock guards.
final class Guarded<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(&value)
    }
}

/// A clock that a test moves.
final class TestClock: Sendable {
    private let instant: Guarded<Instant>

    init(_ instant: Instant) { self.instant = Guarded(instant) }

    var now: Instant {
        get { instant.withLock { $0 } }
        set { instant.withLock { $0 = newValue } }
    }
}

extension GangLaunch {
    /// A gang of whole nodes of eight devices; `text` describes the job but for its name.
    static func of(
        _ job: Int32, attempt: Int32 = 1, nodes: [Int], kept: Int64 = 0, _ text: String
    ) -> GangLaunch {
        let members = nodes.enumerated().map { rank, node in
            MemberLaunch(rank: rank, role: 0, node: NodeID(node), devices: 0xff)
        }
        return GangLaunch(
            job: JobID(rawValue: job), attempt: Attempt(attempt), document: document(job, text),
            tenant: "red", members: members, progressKept: .seconds(kept))
    }

    private static func document(_ job: Int32, _ text: String) -> JobDocument {
        let source = SourceText("{name: job-\(job), gpus: 8, \(text)}", file: "job.yaml")
        let document = JobsDocument.parse(source)
        precondition(document.diagnostics.isEmpty, "\(document.diagnostics)")
        return document.jobs[0]
    }
}
