import ControlPlane
import Health

/// Something to be asked of the API server for a test or a repair.
enum CareCall: Hashable {
    /// Make the pod of a test.
    case make(OperationID, pod: String, body: [UInt8])
    /// Read what the pod of a test has written.
    case read(OperationID, pod: String)
    /// Delete a pod that has answered, or that nobody waits for.
    case remove(pod: String, uid: String)
    /// Change a node in this order, so that others repair it.
    case mark(OperationID, node: String, [NodePatch])
    /// Take that back; nil for what nobody waits for.
    case unmark(OperationID?, node: String, [NodePatch])
}

/// What became of it.
enum CareAnswer {
    /// It is done; a pod has this uid.
    case made(uid: String)
    /// It was not done, for a reason in words that may pass.
    case later(String)
    /// It will not be done.
    case refused(String)
    /// What the pod wrote says this.
    case read(HandedInTest)
}
