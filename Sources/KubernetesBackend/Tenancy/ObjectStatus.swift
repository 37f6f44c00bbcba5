import ControlPlane
import Documents
import KubernetesJSON
import KubernetesObjects

/// What is to be written into the status of a Tenant or a Topology.
struct ObjectStatus: Hashable {
    /// What a tenant uses.
    struct Use: Hashable {
        /// Its full name.
        var tenant: String
        var kinds: [TenantFigures.Kind]
        var running: Int
        var waiting: Int
    }

    var subject: ObjectReference
    /// The version of the spec that it is about.
    var generation: Int64
    /// The condition `Accepted`: a reason and a sentence.
    var isAccepted: Bool
    var reason: String
    var message: String
    /// Since when the condition is what it is; nil for now.
    var since: String?
    /// Nil for a topology, and for a tenant that is not in the tree.
    var use: Use?

    /// The longest message: what a condition may have.
    private static let messageBytes = 32_000

    /// A merge patch that refuses another object of the same name. All lists are whole.
    func patch(now: String) -> [UInt8] {
        JSONWriter.object { object in
            object.object("metadata") { $0.member("uid", subject.uid) }
            object.object("status") { status in
                status.member("observedGeneration", generation)
                status.array("conditions") { conditions in
                    conditions.object { condition in
                        condition.member("type", AcceptedCondition.type)
                        condition.member("status", isAccepted ? "True" : "False")
                        condition.member("observedGeneration", generation)
                        condition.member("lastTransitionTime", since ?? now)
                        condition.member("reason", reason)
                        condition.member(
                            "message", String(message.prefix(ObjectStatus.messageBytes / 4)))
                    }
                }
                if subject.key.kind == .tenant { write(use, &status) }
            }
        }
    }

    private func write(_ use: Use?, _ status: inout JSONWriter) {
        guard let use else {
            for key in ["tenant", "usage", "running", "waiting"] {
                status.key(key)
                status.null()
            }
            return
        }
        status.member("tenant", use.tenant)
        status.member("running", Int64(use.running))
        status.member("waiting", Int64(use.waiting))
        status.array("usage") { usage in
            for kind in use.kinds {
                usage.object { row in
                    row.member("kind", kind.name)
                    row.member("used", GPUText.gpus(milli: kind.usedMilli))
                    row.member("guaranteed", GPUText.gpus(milli: kind.guaranteedMilli))
                    if let limit = kind.limitMilli {
                        row.member("limit", GPUText.gpus(milli: limit))
                    }
                }
            }
        }
    }
}

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
