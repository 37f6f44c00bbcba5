import ControlPlane
import Documents
import FleetModel
import Glibc
import HealthSignals
import Supervisor

/// What broke a gang, as it is reported.
struct GangFailure: Equatable {
    /// Whose fault it is.
    var cause: FailureCause
    /// The node to keep away from.
    var suspect: NodeID?
    /// What to do about it.
    var retry: RetryAdvice
    /// For people.
    var detail: String

    /// States a failure without a member to blame.
    init(cause: FailureCause, detail: String) {
        self.cause = cause
        retry = .byCause
        self.detail = detail
    }

    /// Judges the end of a member that was no success.
    init(
        _ end: MemberEnd, rank: Int, role: RoleEntry, node: NodeID,
        codes: ExecutionEntry.ExitCodes
    ) {
        let member = "member \(rank) (\(role.name))"
        switch end {
        case .lost:
            self.init(
                cause: .node,
                detail: "\(member) was lost: its supervisor ended without a word, as when the "
                    + "machine restarts")
        case .neverRan(let why):
            self.init(cause: .start, detail: "\(member) was not started: \(why)")
        case .known(let record):
            self.init(cause: .application, detail: "")
            judge(record, member, role, node, codes)
        }
    }

    private mutating func judge(
        _ record: ExitRecord, _ member: String, _ role: RoleEntry, _ node: NodeID,
        _ codes: ExecutionEntry.ExitCodes
    ) {
        let memory = "used more than its \(role.request.host.memoryMiB) MiB of memory"
        switch record.end {
        case .unstartable(let step, let errno):
            cause = .start
            detail =
                "\(member) was not started: \(GangFailure.text(step)): "
                + SystemError.text(errno)
            // What is wrong with the program's name or folder will be wrong the next time, too.
            if step == .execute || step == .directory { retry = .never }
        case .signal(let signal):
            let name = strsignal(signal).map { String(cString: $0) } ?? "signal \(signal)"
            detail = "\(member) was ended by signal \(signal) (\(name))"
            if record.memoryKills > 0 { detail = "\(member) \(memory)" }
        case .code(let code):
            detail = "\(member) ended with exit code \(code)"
            // A shell or launcher says so of what it ran.
            let exit = ExitClass(ProcessExit(code: code, ranOutOfMemory: record.memoryKills > 0))
            switch exit {
            case .outOfMemory: detail += ", having \(memory)"
            default: if let meaning = exit.meaning { detail += " (\(meaning))" }
            }
            if codes.never.contains(code) { retry = .never }
            if codes.retryElsewhere.contains(code) {
                cause = .node
                suspect = node
                retry = .elsewhere
            }
        }
        if record.stop == .signal {
            cause = .node
            suspect = nil
            retry = .byCause
            detail = "\(member) was told to end by somebody else, as when the machine goes down"
        }
    }

    private static func text(_ step: ExitRecord.Step) -> String {
        switch step {
        case .prepare: "its supervisor could not read what to run"
        case .fork: "no new process could be made"
        case .directory: "its working directory cannot be entered"
        case .execute: "its program cannot be executed"
        }
    }
}
