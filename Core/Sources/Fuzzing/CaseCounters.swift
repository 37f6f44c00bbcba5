import Scheduler

extension CaseRun {
    /// Adds what only the engine's own counters tell.
    static func addCounters(_ counters: WorkCounters, to counts: inout SometimesCounts) {
        counts[.limitHit] += counters.limitsHit
    }
}
