import ControlPlane
import FleetModel

extension BackendConformance {
    /// What must hold when the control plane comes back.
    static let restarts: [Check] = [
        Check("a gang that runs is adopted, and started no second time") { trial in
            try await trial.begin()
            let gang = try await trial.running(1, .runsOn, members: 2)
            try await trial.restart(expecting: [(gang, .running)])
            try await trial.book.wait(for: .started, of: gang.job)
            try await trial.pause()
            try trial.expectReports(gang, [.started])
            trial.order(.stop(gang.job, gang.attempt, .preemption))
            try await trial.book.wait(for: .stopped, of: gang.job)
        },
        Check("a start that nobody confirmed is settled by the order that comes again") { trial in
            try await trial.begin()
            let gang = try await trial.running(1, .runsOn, members: 2)
            try await trial.restart(expecting: [(gang, .starting)])
            trial.order(.start(gang))
            try await trial.book.wait(for: .started, of: gang.job)
            trial.order(.stop(gang.job, gang.attempt, .preemption))
            try await trial.book.wait(for: .stopped, of: gang.job)
        },
        Check("a start that was never heard of is not reported, and carried out later") { trial in
            try await trial.begin()
            let gang = try trial.launch(5, .runsOn, members: 2)
            try await trial.restart(expecting: [(gang, .starting)])
            try await trial.pause()
            try trial.expectReports(gang, [])
            trial.order(.start(gang))
            try await trial.book.wait(for: .started, of: gang.job)
            trial.order(.stop(gang.job, gang.attempt, .preemption))
            try await trial.book.wait(for: .stopped, of: gang.job)
        },
        Check("a gang that was being stopped is stopped") { trial in
            try await trial.begin()
            let gang = try await trial.running(1, .runsOn, members: 2)
            try await trial.restart(expecting: [(gang, .stopping)])
            trial.order(.stop(gang.job, gang.attempt, .preemption))
            try await trial.book.wait(for: .stopped, of: gang.job)
            try await trial.pause()
            let kinds = trial.book.kinds(of: gang.job)
            try expect(Set(kinds) == [.stopped], "the reports are \(kinds)")
        },
        Check("a gang that is not there any more is reported") { trial in
            guard trial.stage.canLoseGangs else { return }
            try await trial.begin()
            let gang = try trial.launch(5, .runsOn, members: 2)
            let other = try trial.launch(6, .runsOn, members: 1)
            try await trial.restart(expecting: [(gang, .running), (other, .stopping)])
            let report = try await trial.book.wait(for: .failed, of: gang.job)
            guard case .failed(_, _, let cause, _, _, _, _) = report else { return }
            try expect(cause == .node, "the cause is \(cause)")
            try await trial.book.wait(for: .stopped, of: other.job)
        },
        Check("what nobody expects is ended without a word") { trial in
            try await trial.begin()
            let gang = try await trial.running(1, .runsOn, members: 2)
            try await trial.restart(expecting: [])
            try await trial.pause()
            try trial.expectReports(gang, [])
            // Its devices are free again.
            var next = gang
            next.attempt = Attempt(2)
            trial.order(.start(next))
            try await trial.book.wait(for: .started, of: gang.job, Attempt(2))
            trial.order(.stop(gang.job, Attempt(2), .cancelled))
            try await trial.book.wait(for: .stopped, of: gang.job, Attempt(2))
        },
    ]
}
