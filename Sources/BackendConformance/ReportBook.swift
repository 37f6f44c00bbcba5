import ControlPlane
import FleetModel
import Foundation
import Synchronization

/// A report without its details, as checks compare them.
public enum ReportKind: Hashable, Sendable {
    /// Every member runs.
    case started
    /// The gang succeeded.
    case finished
    /// The gang failed.
    case failed
    /// The gang is stopped.
    case stopped
    /// Members have left.
    case shrunk
}

/// Everything that a backend has reported. A class, because the backend writes while a check reads.
public final class ReportBook: Sendable {
    private let reports = Mutex<[BackendReport]>([])

    /// An empty book.
    public init() {}

    /// Notes a report.
    public func note(_ report: BackendReport) { reports.withLock { $0.append(report) } }

    /// All reports in the order in which they came.
    public var all: [BackendReport] { reports.withLock { $0 } }

    /// What was reported of a gang, progress left out.
    public func kinds(of job: JobID, _ attempt: Attempt = Attempt(1)) -> [ReportKind] {
        all.compactMap { report in
            guard let (key, number, kind) = ReportBook.kind(report), key == job, number == attempt
            else { return nil }
            return kind
        }
    }

    /// Waits until a gang has had a report of a kind for the `count`th time.
    @discardableResult
    public func wait(
        for kind: ReportKind, of job: JobID, _ attempt: Attempt = Attempt(1), count: Int = 1,
        seconds: Int64 = 240
    ) async throws -> BackendReport {
        for _ in 0..<(seconds * 200) {
            let found = all.filter { report in
                guard let seen = ReportBook.kind(report) else { return false }
                return seen == (job, attempt, kind)
            }
            if found.count >= count { return found[count - 1] }
            try await Task.sleep(nanoseconds: 5_000_000)
        }
        throw ConformanceFailure(
            "no report '\(kind)' of job \(job) within \(seconds) s; there are "
                + "\(kinds(of: job, attempt))")
    }

    private static func kind(_ report: BackendReport) -> (JobID, Attempt, ReportKind)? {
        switch report {
        case .started(let job, let attempt): (job, attempt, .started)
        case .finished(let job, let attempt, _): (job, attempt, .finished)
        case .failed(let job, let attempt, _, _, _, _, _): (job, attempt, .failed)
        case .stopped(let job, let attempt, _): (job, attempt, .stopped)
        case .shrunk(let job, let attempt, _): (job, attempt, .shrunk)
        default: nil
        }
    }
}
