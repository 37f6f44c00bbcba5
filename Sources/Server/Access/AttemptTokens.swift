import ControlPlane
import Crypto
import FleetModel
import Foundation
import Store

/// One attempt of a job.
public struct AttemptKey: Hashable, Sendable {
    /// The job.
    public var job: JobID
    /// The attempt.
    public var attempt: Attempt

    /// Names an attempt.
    public init(job: JobID, attempt: Attempt) {
        self.job = job
        self.attempt = attempt
    }
}

/// Tokens that attempts of jobs report their progress with, each worth that and nothing else.
///
/// One is `mp_JOB_ATTEMPT_MAC`, with HMAC-SHA256 of job and attempt by a secret of the data folder,
/// so that none has to be kept, and one that a program has stays good over a restart.
public struct AttemptTokens: Sendable {
    private let secret: SymmetricKey
    private static let prefix = "mp"
    /// Bytes of a secret.
    public static let secretBytes = 32

    /// With a secret of ``secretBytes``.
    public init(secret: [UInt8]) { self.secret = SymmetricKey(data: secret) }

    /// The token of an attempt.
    public func text(of key: AttemptKey) -> String {
        let message = "\(AttemptTokens.prefix)_\(key.job.rawValue)_\(key.attempt.rawValue)"
        let code = HMAC<SHA256>.authenticationCode(for: Data(message.utf8), using: secret)
        let digits = code.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }
        return "\(message)_\(digits.joined())"
    }

    /// The attempt that a token is of; nil for any other text. Takes the same time for all texts
    /// of the right length.
    public func attempt(of token: String) -> AttemptKey? {
        let parts = token.split(separator: "_", omittingEmptySubsequences: false)
        guard token.utf8.count <= 128, parts.count == 4, parts[0] == AttemptTokens.prefix,
            let job = Int32(parts[1]), let number = Int32(parts[2]), job >= 0, number >= 0
        else { return nil }
        let key = AttemptKey(job: JobID(rawValue: job), attempt: Attempt(number))
        let right = Array(text(of: key).utf8)
        let given = Array(token.utf8)
        guard right.count == given.count else { return nil }
        var difference: UInt8 = 0
        for (one, other) in zip(right, given) { difference |= one ^ other }
        return difference == 0 ? key : nil
    }

    /// Who sends such a token; nil for any other text.
    func identity(of token: String) -> Identity? {
        guard let key = attempt(of: token) else { return nil }
        var identity = Identity(
            name: "job \(key.job), attempt \(key.attempt.rawValue)", role: .viewer)
        identity.attempt = key
        return identity
    }
}

extension Identity {
    /// Throws `M0603` unless it may report the progress of a job, `M0611` for an attempt that is
    /// not the present one. Gives the attempt that it may report for.
    func require(progressOf job: JobView, tenant: String) throws(OperatingError) -> Attempt? {
        guard let attempt else {
            try require(tenant: tenant)
            return nil
        }
        guard attempt.job == job.row.id else {
            throw OperatingError(
                .notAllowed, "the token is of another job",
                detail: "it reports the progress of job \(attempt.job), not of \(job.row.id)")
        }
        guard attempt.attempt == job.row.attempt, !job.row.state.isOver else {
            throw OperatingError(
                .jobIsOver, "attempt \(attempt.attempt.rawValue) of job \(attempt.job) is over",
                hint: "end; what comes after it has a token of its own")
        }
        return attempt.attempt
    }
}
