import KubernetesObjects

/// Which statuses were written, so that the same is not written again and again.
struct StatusBook {
    /// How long an object's status rests after it was written, in milliseconds.
    static let pauseMilliseconds: Int64 = 5_000
    /// Statuses of one round, of which there are two a second: what many tenants use changes often.
    static let perRound = 10

    private var written: [String: (status: ObjectStatus, at: Int64)] = [:]
    /// What is to be written, by uid.
    private var wanted: [String: ObjectStatus] = [:]

    /// Says what the status of all objects should be.
    mutating func want(_ statuses: [ObjectStatus]) {
        wanted = [:]
        var known: Set<String> = []
        for status in statuses {
            known.insert(status.subject.uid)
            if !isWritten(status) { wanted[status.subject.uid] = status }
        }
        written = written.filter { known.contains($0.key) }
    }

    /// Since when a condition is what it is comes back from the server only after the writing.
    private func isWritten(_ status: ObjectStatus) -> Bool {
        guard var last = written[status.subject.uid]?.status else { return false }
        last.since = status.since
        return last == status
    }

    /// A status was not taken: it is written again.
    mutating func forget(_ status: ObjectStatus) {
        guard written[status.subject.uid]?.status == status else { return }
        written[status.subject.uid] = nil
        wanted[status.subject.uid] = status
    }

    /// What is to be written now, those first that were never written, or not for the longest time.
    mutating func due(at now: Int64) -> [ObjectStatus] {
        guard !wanted.isEmpty else { return [] }
        func last(_ uid: String) -> Int64 { written[uid]?.at ?? .min }
        let uids = wanted.keys.filter { uid in
            written[uid].map { now - $0.at >= StatusBook.pauseMilliseconds } ?? true
        }.sorted { (last($0), $0) < (last($1), $1) }.prefix(StatusBook.perRound)
        return uids.compactMap { uid in
            guard let status = wanted.removeValue(forKey: uid) else { return nil }
            written[uid] = (status, now)
            return status
        }
    }
}
