import ControlPlane
import Documents
import FleetModel
import Foundation

/// What a job of a check does.
public enum ConformanceBehaviour: Sendable {
    /// It runs for some hundred milliseconds, and succeeds.
    case succeeds
    /// It runs for some hundred milliseconds, and every member fails by itself.
    case fails
    /// It runs until it is stopped, and ends at once when it is told to.
    case runsOn
}

/// Where a backend is tried: makes backends, and jobs that behave there as a check needs it.
public protocol ConformanceStage: Sendable {
    /// A backend of the one world of this stage. Asked again, after the one before was stopped,
    /// for the backend that a restarted control plane would have.
    func makeBackend() async throws -> any Backend

    /// A job of so many members, each with one device.
    func document(_ behaviour: ConformanceBehaviour, members: Int) throws -> JobDocument

    /// Whether gangs can be lost while no backend looks. A simulation may know from the jobs alone
    /// what runs.
    var canLoseGangs: Bool { get }

    /// The fleet's time.
    var now: Instant { get }
}

extension ConformanceStage {
    /// Real machines can.
    public var canLoseGangs: Bool { true }

    /// The wall's clock.
    public var now: Instant {
        Instant(nanoseconds: Int64(Date().timeIntervalSince1970 * 1_000_000_000))
    }
}

/// What a backend did that it should not have done, or the other way round.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// What is wrong.
    public var description: String

    /// States what is wrong.
    public init(_ description: String) { self.description = description }
}
