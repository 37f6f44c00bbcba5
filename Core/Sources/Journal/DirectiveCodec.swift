import FleetModel

/// Single directives as bytes, for a driver that keeps them in an outbox until it has carried them
/// out. Checksums and lengths are for whoever stores the bytes; docs/JOURNAL.md has the format.
public enum DirectiveCodec {
    /// The bytes of a directive: one value, one encoding. O(members). Refuses what the format
    /// cannot hold, such as an id below zero; the engine never asks for that.
    public static func bytes(of directive: Directive) throws(DirectiveError) -> [UInt8] {
        var writer = PayloadWriter()
        do throws(PayloadFault) {
            try writer.directive(directive)
        } catch {
            throw DirectiveError(
                byteOffset: writer.bytes.count, message: error.message, expected: error.expected)
        }
        return writer.bytes
    }

    /// The directive that bytes say. They must be those of one directive, and no more.
    public static func directive(from bytes: [UInt8]) throws(DirectiveError) -> Directive {
        var reader = PayloadReader(bytes, in: 0..<bytes.count)
        do throws(PayloadFault) {
            let directive = try reader.directive()
            try reader.expectEnd()
            return directive
        } catch {
            throw DirectiveError(
                byteOffset: reader.position, message: error.message, expected: error.expected)
        }
    }
}

/// Why a directive cannot be written, or bytes are none.
public struct DirectiveError: Error, Hashable, Sendable {
    /// Where in the bytes.
    public var byteOffset: Int
    /// What is wrong: lower case, no full stop.
    public var message: String
    /// What was expected instead.
    public var expected: String

    /// The error in the form that all mistakes are shown in.
    public func diagnostic(file: String) -> Diagnostic {
        Diagnostic(
            .journalRecord, file: file, message: "directive, byte \(byteOffset): \(message)",
            expected: expected)
    }
}

/// The first byte of a directive. Numbers are never given out twice.
private enum DirectiveTag: UInt8, CaseIterable {
    case start = 1
    case stop = 2
    case wait = 3
    case requeue = 4
    case end = 5
    case reject = 6
    case wake = 7
    case shrink = 8
    case grow = 9
    case estimate = 10
}

extension PayloadWriter {
    fileprivate mutating func directive(_ directive: Directive) throws(PayloadFault) {
        switch directive {
        case .start(let job, let attempt, let members):
            try head(.start, job, attempt)
            try self.members(members)
        case .stop(let job, let attempt, let reason):
            try head(.stop, job, attempt)
            byte(reason.rawValue)
        case .wait(let job, let refusal):
            try head(.wait, job)
            try self.refusal(refusal)
        case .requeue(let job, let attempt, let cause):
            try head(.requeue, job, attempt)
            byte(cause.rawValue)
        case .end(let job, let outcome):
            try head(.end, job)
            byte(outcome.rawValue)
        case .reject(let job, let reason):
            try head(.reject, job)
            byte(reason.rawValue)
        case .wake(let instant, let token):
            byte(DirectiveTag.wake.rawValue)
            signed(instant.nanoseconds)
            signed(token)
        case .shrink(let job, let attempt, let resize, let members):
            try head(.shrink, job, attempt)
            signed(resize.rawValue)
            try self.members(members)
        case .grow(let job, let attempt, let resize, let members):
            try head(.grow, job, attempt)
            signed(resize.rawValue)
            try self.members(members)
        case .estimate(let job, let estimate):
            try head(.estimate, job)
            byte(estimate.basis.rawValue)
            signed(estimate.earliest.nanoseconds)
            signed(estimate.likely.nanoseconds)
            signed(estimate.latest.nanoseconds)
        }
    }

    private mutating func head(
        _ tag: DirectiveTag, _ job: JobID, _ attempt: Attempt? = nil
    ) throws(PayloadFault) {
        byte(tag.rawValue)
        try id(job)
        if let attempt { signed(attempt.rawValue) }
    }

    private mutating func members(_ members: [MemberPlacement]) throws(PayloadFault) {
        try list(members, of: "members", limit: FleetLimits.membersPerJob) {
            (writer, member) throws(PayloadFault) in
            try writer.id(member.node)
            writer.signed(member.role)
            writer.bits(member.devices)
        }
    }

    private mutating func refusal(_ refusal: Refusal) throws(PayloadFault) {
        byte(refusal.code.rawValue)
        byte(refusal.unit.rawValue)
        signed(refusal.need)
        signed(refusal.have)
        flag(refusal.level != nil)
        if let level = refusal.level { byte(level.rawValue) }
        flag(refusal.tenant != nil)
        if let tenant = refusal.tenant { try id(tenant) }
        flag(refusal.job != nil)
        if let job = refusal.job { try id(job) }
    }
}

extension PayloadReader {
    fileprivate mutating func directive() throws(PayloadFault) -> Directive {
        let number = try byte()
        guard let tag = DirectiveTag(rawValue: number) else {
            throw PayloadFault(
                "\(number) is not a directive", expected: "1 to \(DirectiveTag.allCases.count)")
        }
        switch tag {
        case .start: return .start(try id(), try attempt(), try members())
        case .stop: return .stop(try id(), try attempt(), try choice(of: "reason to stop"))
        case .wait: return .wait(try id(), try refusal())
        case .requeue:
            return .requeue(try id(), try attempt(), try choice(of: "cause of a failure"))
        case .end: return .end(try id(), try choice(of: "outcome"))
        case .reject: return .reject(try id(), try choice(of: "reason to reject"))
        case .wake: return .wake(at: try instant(), token: try signed())
        case .shrink: return .shrink(try id(), try attempt(), try resize(), try members())
        case .grow: return .grow(try id(), try attempt(), try resize(), try members())
        case .estimate: return .estimate(try id(), try estimate())
        }
    }

    private mutating func attempt() throws(PayloadFault) -> Attempt { Attempt(try signed32()) }

    private mutating func resize() throws(PayloadFault) -> Resize { Resize(try signed32()) }

    private mutating func instant() throws(PayloadFault) -> Instant {
        Instant(nanoseconds: try signed())
    }

    private mutating func members() throws(PayloadFault) -> [MemberPlacement] {
        try list(of: "members", limit: FleetLimits.membersPerJob) {
            (reader) throws(PayloadFault) in
            MemberPlacement(
                node: try reader.id(), role: try reader.signed32(), devices: try reader.bits())
        }
    }

    private mutating func refusal() throws(PayloadFault) -> Refusal {
        Refusal(
            code: try choice(of: "reason to wait"), unit: try choice(of: "unit"),
            need: try signed(), have: try signed(),
            level: try flag() ? LevelIndex(Int(try byte())) : nil,
            tenant: try flag() ? try id() : nil, job: try flag() ? try id() : nil)
    }

    private mutating func estimate() throws(PayloadFault) -> StartEstimate {
        let basis: EstimateBasis = try choice(of: "basis of an estimate")
        let (earliest, likely, latest) = (try instant(), try instant(), try instant())
        guard earliest <= likely, likely <= latest else {
            throw PayloadFault(
                "an estimate out of order", expected: "earliest, likely and latest in this order")
        }
        return StartEstimate(earliest: earliest, likely: likely, latest: latest, basis: basis)
    }
}
