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
