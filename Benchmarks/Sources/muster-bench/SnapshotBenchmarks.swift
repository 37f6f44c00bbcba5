import FleetModel
import Scheduler

extension EngineBenchmarks {
    /// Takes a snapshot of a full fleet of 10,000 nodes with 80,000 jobs waiting, and restores it.
    static func snapshots() -> [Figure] {
        var crowd = Crowd(name: "snapshot", waiting: 80_000)
        crowd.order = .muster
        crowd.knowledge = .preemptible
        var run = CrowdRun(crowd)
        // Ends teach the engine how long jobs run.
        for _ in 0..<500 {
            run.cluster.finish(at: run.someRunning())
            run.cluster.settle()
        }
        let engine = run.cluster.engine
        var taking = Latencies()
        var restoring = Latencies()
        var bytes: [UInt8] = []
        var isSame = true
        for _ in 0..<5 {
            bytes = taking.measure { engine.snapshotBytes() }
            let restored = restoring.measure { try? Engine(snapshot: bytes) }
            isSame = isSame && restored?.stateHash() == engine.stateHash()
        }
        let scene =
            "10,000 nodes, \(run.cluster.running.count) gangs running, "
            + "\(engine.waitingJobs) jobs waiting"
        // Whoever takes a snapshot decides nothing meanwhile, unless it is taken of a copy, and a
        // start of the control plane waits for the restore. Measured 0.09 s, 0.1 s and 12 MB on
        // two shared cores: the limits catch a method that is slower by its nature.
        var figures = [
            ("take a snapshot of \(scene), longest", "ms", 1_000.0, taking.longest),
            ("restore it, longest", "ms", 2_000, restoring.longest),
            ("its bytes", "MB", 150, Double(bytes.count) / 1e6),
        ].map { name, unit, limit, value in
            Figure(
                name: name, unit: unit, limit: limit, isFloor: false, value: value,
                counters: engine.counters)
        }
        figures[1].secondary = isSame
        return figures
    }
}
