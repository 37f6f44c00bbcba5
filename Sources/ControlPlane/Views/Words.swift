import FleetModel
import Store

extension StopReason {
    /// The token of the API for how an attempt ended.
    var ending: String {
        switch self {
        case .cancelled: "cancelled"
        case .timeLimit: "timedOut"
        case .hardware: "hardware"
        case .preemption: "preempted"
        case .maintenance: "maintenance"
        }
    }

    /// For people.
    var words: String {
        switch self {
        case .cancelled: "it is cancelled"
        case .timeLimit: "its time limit is reached"
        case .hardware: "some of its hardware is gone"
        case .preemption: "another job needs the place"
        case .maintenance: "its node must be empty"
        }
    }
}

extension FailureCause {
    /// The token of the API for how an attempt ended.
    public var ending: String {
        switch self {
        case .application: "failed"
        case .node, .device: "hardware"
        case .start: "startFailed"
        case .preemption: "preempted"
        case .maintenance: "maintenance"
        }
    }

    /// For people.
    var words: String {
        switch self {
        case .application: "its program failed"
        case .node: "a node was lost"
        case .device: "a device was lost"
        case .start: "it could not be started"
        case .preemption: "preempted"
        case .maintenance: "maintenance"
        }
    }
}

extension JobState {
    /// How a job in this state ended; nil when it has not.
    var outcome: JobOutcome? {
        switch self {
        case .blocked, .queued, .starting, .running, .stopping: nil
        case .succeeded: .succeeded
        case .failed: .failed
        case .cancelled, .preempted: .cancelled
        case .timedOut: .timedOut
        case .dependencyFailed: .dependencyFailed
        }
    }
}

extension JobOutcome {
    /// The token of the API for how the last attempt ended.
    var ending: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed, .dependencyFailed: "failed"
        case .cancelled: "cancelled"
        case .timedOut: "timedOut"
        }
    }

    /// The state that it leaves a job in.
    var state: JobState {
        switch self {
        case .succeeded: .succeeded
        case .failed: .failed
        case .cancelled: .cancelled
        case .timedOut: .timedOut
        case .dependencyFailed: .dependencyFailed
        }
    }

    /// For people.
    var words: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed: "failed for good"
        case .cancelled: "was cancelled"
        case .timedOut: "ran into its time limit"
        case .dependencyFailed: "a job that it depends on did not succeed"
        }
    }
}

/// Amounts as people read them.
enum AnswerAmount {
    /// GPU-hours of thousandths of GPU-seconds, with one decimal.
    static func gpuHours(milliSeconds: Int64) -> String {
        let tenths = milliSeconds / 360_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
