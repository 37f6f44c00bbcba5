import ControlPlane
import Health

/// Something to be asked of the API server for a test.
enum CareCall: Hashable {
    /// Make the pod of a test.
    case make(OperationID, pod: String, body: [UInt8])
    /// Read what the pod of a test has written.
    case read(OperationID, pod: String)
    /// Delete a pod that has answered, or that nobody waits for.
    case remove(pod: String, uid: String)
}

/// What became of it.
enum CareAnswer {
    /// The pod is there, under this uid.
    case made(uid: String)
    /// It was not done, for a reason in words that may pass.
    case later(String)
    /// It will not be done.
    case refused(String)
    /// What the pod wrote says this.
    case read(HandedInTest)
}
