import Scheduler

extension CaseRun {
    /// Adds what only the engine's own counters tell.
    static func addCounters(_ counters: WorkCounters, to counts: inout SometimesCounts) {
        counts[.limitHit] += counters.limitsHit
        counts[.reservationMade] += counters.reservations
        counts[.reservedStart] += counters.reservedStarts
        counts[.backfilled] += counters.backfills
        counts[.evicted] += counters.evictions
        counts[.reclaimed] += counters.reclaims
        counts[.consolidated] += counters.moves
        counts[.graceHeld] += counters.graces
        counts[.spareFound] += counters.spares
        counts[.cellCalledBack] += counters.cellCalls
        counts[.reviewed] += counters.reviews
    }
}
