import FleetModel

extension Engine {
    /// Why jobs wait now: for each class of jobs that wait alike the reason of its first one, told
    /// of all of them. Reasons are told as directives once, when a job begins to wait.
    ///
    /// At most so many classes are asked, and at most so many jobs are in the answer.
    public mutating func currentRefusals(
        classes: Int, jobs limit: Int
    ) -> [(job: JobID, refusal: Refusal)] {
        var found: [(job: JobID, refusal: Refusal)] = []
        var asked = 0
        for index in room.classes.indices where asked < classes && found.count < limit {
            let queue = room.classes[index].queue
            guard let first = queue.first else { continue }
            asked += 1
            let refusal = dominantRefusal(Int(first.slot))
            for place in 0..<min(queue.count, limit - found.count) {
                found.append((jobs[Int(queue[place].slot)].spec.id, refusal))
            }
        }
        return found
    }
}
