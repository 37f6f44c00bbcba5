import FleetModel

@testable import Scheduler

extension Engine {
    /// Asks a copy why a job waits, as expectations cannot ask the engine itself.
    func explained(_ id: Int) -> Explanation? {
        var copy = self
        return copy.explanation(of: JobID(id))
    }

    /// Asks a copy what if.
    func supposing(_ changes: [Change]) -> WhatIfAnswer {
        var copy = self
        return copy.whatIf(changes)
    }
}
