import ControlPlane
import Documents
import FleetModel

/// What every backend must do (``ControlPlane/Backend``), as checks that a test runs one by one.
public enum BackendConformance {
    /// One check.
    public struct Check: Sendable, CustomStringConvertible {
        /// What it is about.
        public var description: String
        private let body: @Sendable (inout Trial) async throws -> Void

        init(
            _ description: String, _ body: @escaping @Sendable (inout Trial) async throws -> Void
        ) {
            self.description = description
            self.body = body
        }

        /// Runs the check on a stage of its own; throws what is wrong.
        public func run(on stage: any ConformanceStage) async throws {
            var trial = Trial(stage: stage)
            do {
                try await body(&trial)
            } catch {
                await trial.leave()
                throw error
            }
            await trial.leave()
        }
    }

    /// All checks.
    public static let checks = orders + restarts

    private static let orders: [Check] = [
        Check("an inventory has nodes, and is the same the second time") { trial in
            let backend = try await trial.stage.makeBackend()
            let first = try await backend.inventory()
            let second = try await backend.inventory()
            try expect(!first.nodes.isEmpty, "the inventory is empty")
            try expect(first.nodes == second.nodes, "two inventories differ")
        },
        Check("a gang that succeeds is started, then finished, with every member's exit") { trial in
            try await trial.begin()
            let gang = try trial.launch(1, .succeeds, members: 3)
            trial.order(.start(gang))
            let report = try await trial.book.wait(for: .finished, of: gang.job)
            guard case .finished(_, _, let exits) = report else { return }
            try expect(exits.map(\.rank).sorted() == [0, 1, 2], "exits of \(exits)")
            try trial.expectReports(gang, [.started, .finished])
        },
        Check("a gang that fails is reported as failed by its own fault") { trial in
            try await trial.begin()
            let gang = try trial.launch(1, .fails, members: 2)
            trial.order(.start(gang))
            let report = try await trial.book.wait(for: .failed, of: gang.job)
            guard case .failed(_, _, let cause, _, _, _, _) = report else { return }
            try expect(cause == .application, "the cause is \(cause)")
            try trial.expectReports(gang, [.started, .failed])
        },
        Check("an order to stop is settled, however often it comes") { trial in
            try await trial.begin()
            let gang = try await trial.running(1, .runsOn, members: 2)
            trial.order(.stop(gang.job, gang.attempt, .preemption))
            trial.order(.stop(gang.job, gang.attempt, .preemption))
            try await trial.book.wait(for: .stopped, of: gang.job)
            trial.order(.stop(gang.job, gang.attempt, .preemption))
            try await trial.pause()
            let kinds = trial.book.kinds(of: gang.job)
            try expect(Set(kinds.dropFirst()) == [.stopped], "the reports are \(kinds)")
        },
        Check("a gang that is not there is stopped already") { trial in
            try await trial.begin()
            trial.order(.stop(JobID(7), Attempt(3), .cancelled))
            try await trial.book.wait(for: .stopped, of: JobID(7), Attempt(3))
        },
        Check("an order to start that comes again starts nothing twice") { trial in
            try await trial.begin()
            let gang = try trial.launch(1, .runsOn, members: 2)
            trial.order(.start(gang))
            trial.order(.start(gang))
            try await trial.book.wait(for: .started, of: gang.job)
            trial.order(.start(gang))
            try await trial.pause()
            let kinds = trial.book.kinds(of: gang.job)
            try expect(Set(kinds) == [.started], "the reports are \(kinds)")
            trial.order(.stop(gang.job, gang.attempt, .cancelled))
            try await trial.book.wait(for: .stopped, of: gang.job)
        },
        Check("a gang that is stopped while it starts does not start afterwards") { trial in
            try await trial.begin()
            let gang = try trial.launch(1, .runsOn, members: 2)
            trial.order(.start(gang))
            trial.order(.stop(gang.job, gang.attempt, .cancelled))
            try await trial.book.wait(for: .stopped, of: gang.job)
            try await trial.pause()
            try expect(trial.book.kinds(of: gang.job).last == .stopped, "it started after its stop")
        },
        Check("the next attempt of a job is a gang of its own") { trial in
            try await trial.begin()
            let first = try await trial.running(1, .runsOn, members: 1)
            trial.order(.stop(first.job, first.attempt, .preemption))
            try await trial.book.wait(for: .stopped, of: first.job)
            var second = first
            second.attempt = Attempt(2)
            trial.order(.start(second))
            try await trial.book.wait(for: .started, of: first.job, Attempt(2))
            trial.order(.stop(first.job, Attempt(2), .cancelled))
            try await trial.book.wait(for: .stopped, of: first.job, Attempt(2))
        },
        Check("members leave and join, and the others go on") { trial in
            try await trial.begin()
            var gang = try await trial.running(1, .runsOn, members: 3)
            trial.order(.shrink(gang.job, gang.attempt, Resize(1), ranks: [1, 2]))
            try await trial.book.wait(for: .shrunk, of: gang.job)
            trial.order(.shrink(gang.job, gang.attempt, Resize(1), ranks: [1, 2]))
            try await trial.book.wait(for: .shrunk, of: gang.job, count: 2)
            var joining = gang.members[1]
            joining.rank = 3
            gang.members = [gang.members[0], joining]
            trial.order(.grow(gang.job, gang.attempt, Resize(2), gang, ranks: [3]))
            trial.order(.grow(gang.job, gang.attempt, Resize(2), gang, ranks: [3]))
            try await trial.pause()
            let kinds = trial.book.kinds(of: gang.job)
            try expect(kinds == [.started, .shrunk, .shrunk], "the reports are \(kinds)")
            trial.order(.stop(gang.job, gang.attempt, .cancelled))
            try await trial.book.wait(for: .stopped, of: gang.job)
        },
        Check("a job that is forgotten leaves no log") { trial in
            try await trial.begin()
            let gang = try trial.launch(1, .succeeds, members: 1)
            trial.order(.start(gang))
            try await trial.book.wait(for: .finished, of: gang.job)
            trial.order(.forget(gang.job))
            trial.order(.forget(gang.job))
            try await trial.pause()
            let key = MemberKey(job: gang.job, attempt: gang.attempt, rank: 0)
            try expect(trial.backend?.log(of: key) == nil, "the log is still there")
        },
    ]

    static func expect(_ holds: Bool, _ complaint: @autoclosure () -> String) throws {
        if !holds { throw ConformanceFailure(complaint()) }
    }
}
