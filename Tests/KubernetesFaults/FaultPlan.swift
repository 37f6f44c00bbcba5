import FleetModel

/// What happens to one request and its answer.
public enum Fault: Hashable, Sendable {
    /// Nothing.
    case none
    /// The answer comes later, so that answers of several requests change their order.
    case delay(milliseconds: Int)
    /// The connection is closed before the server learns of the request.
    case dropRequest
    /// The server does what is asked, and the connection is closed before anything is answered.
    case dropAnswer
    /// The answer breaks off after so many bytes of its body.
    case truncate(bytes: Int)
    /// Bytes of the answer are other ones, within the same framing.
    case garble(after: Int)
    /// The server does not learn of the request; the answer is this status.
    case status(Int)
    /// The answer stops after so many bytes, and the connection stays open without a sign of life.
    case stall(bytes: Int)
}

/// How often things go wrong. The rates are of a thousand requests, and exclude each other.
public struct FaultPlan: Sendable {
    /// Requests that come late.
    public var delayed = 150
    /// Requests that get lost on the way there.
    public var droppedRequests = 50
    /// Requests that are done, and whose answer gets lost.
    public var droppedAnswers = 50
    /// Answers that break off.
    public var truncated = 80
    /// Answers with other bytes.
    public var garbled = 20
    /// Answers that stop.
    public var stalled = 10
    /// Answers with one of ``statuses``.
    public var refused = 150
    /// What is answered then.
    public var statuses = [409, 410, 429, 500, 503]
    /// The longest delay.
    public var longestDelayMilliseconds = 200
    /// Bytes up to which an answer breaks off, stops or is garbled.
    public var farthestByte = 20_000

    /// About half of the requests meet something.
    public init() {}

    /// Nothing goes wrong.
    public static var calm: FaultPlan {
        var plan = FaultPlan()
        (plan.delayed, plan.droppedRequests, plan.droppedAnswers) = (0, 0, 0)
        (plan.truncated, plan.garbled, plan.stalled, plan.refused) = (0, 0, 0, 0)
        return plan
    }

    /// What happens to the next request.
    public func draw(_ random: inout SplitMix) -> Fault {
        var number = random.below(1_000)
        func hits(_ rate: Int) -> Bool {
            number -= rate
            return number < 0
        }
        let byte = random.below(max(farthestByte, 1))
        if hits(delayed) {
            return .delay(milliseconds: random.below(max(longestDelayMilliseconds, 1)))
        }
        if hits(droppedRequests) { return .dropRequest }
        if hits(droppedAnswers) { return .dropAnswer }
        if hits(truncated) { return .truncate(bytes: byte) }
        if hits(garbled) { return .garble(after: byte) }
        if hits(stalled) { return .stall(bytes: byte) }
        if hits(refused), !statuses.isEmpty {
            return .status(statuses[random.below(statuses.count)])
        }
        return .none
    }
}
