import FleetModel
import Scheduler
import Store

// Places that others are leaving for a job, which its backend may tell the world.
extension Driver {
    /// A job with its number and name, for people.
    func named(_ job: JobID) -> String {
        let name = view.jobs[job.index]?.row.name ?? ""
        return name.isEmpty ? "job \(job)" : "job \(job) '\(name)'"
    }

    /// Tells the backend where found jobs are going to start that others were stopped for, and when
    /// that has changed. O(members of such jobs).
    func tellClearedPlaces() {
        guard !askers.isEmpty || !clearedPlaces.isEmpty else { return }
        for job in Set(askers.keys).union(clearedPlaces.keys).sorted() {
            let known = clearedPlaces[job]
            let stops = (known?.stops ?? []) + (askers[job] ?? [])
            let members = foundKeys[job] == nil ? nil : engine.placeBeingCleared(for: job)
            guard members != known?.members || askers[job]?.isEmpty == false else { continue }
            let place = members.map { ClearedPlace(members: $0, stops: stops) }
            clearedPlaces[job] = place
            if let key = foundKeys[job], place != known {
                orders.append(.tell(key: key, .planned(place)))
            }
        }
        askers.removeAll()
    }
}
