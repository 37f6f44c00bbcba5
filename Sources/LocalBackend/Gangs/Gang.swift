import ControlPlane
import Documents
import FleetModel
import Foundation
import Supervisor

/// One attempt of a job with the processes of its members, as far as they have been seen.
struct Gang {
    /// One member.
    struct Member {
        /// What to start.
        var launch: MemberLaunch
        /// Its folder.
        var folder: MemberFolder
        /// What was seen of it last.
        var sight = MemberFolder.Sight.absent
        /// Whether it was to be told to end; and whether it has heard.
        var isToEnd = false
        var hasHeard = false

        /// How it ended, if it has.
        var end: MemberEnd? {
            guard case .ended(let end) = sight else { return nil }
            return end
        }
    }

    /// The gang with its present members.
    var launch: GangLaunch
    /// The folder of the attempt.
    let folder: Folder
    /// The port that its members may use.
    let port: Int
    /// The members by rank, those that are leaving included.
    var members: [Int: Member] = [:]
    /// Whether it was found after a restart with members that were never claimed, so that the order
    /// to start it has to come again.
    var isPartial = false
    /// Whether it was found after a restart.
    var isAdopted = false
    /// Whether its start has been reported.
    var isReported = false
    /// Whether it was told to stop.
    var isStopping = false
    /// Members that are told to leave, by the order that said so.
    var leaving: [Resize: [Int]] = [:]
    /// What broke it; the others are being ended.
    var failure: GangFailure?
    /// What was seen last of the progress of its first rank.
    var mark = ProgressMark()
    var progress: Progress?

    /// The key of the gang.
    var key: GangKey { GangKey(job: launch.job, attempt: launch.attempt) }

    /// From the signal to the end by force.
    var grace: TimeSpan { launch.document.execution.grace }

    /// Whether nobody has to look at it but for its progress.
    var isCalm: Bool {
        members.values.allSatisfy { member in
            member.sight != .starting && (!member.isToEnd || member.hasHeard || member.end != nil)
        }
    }

    /// Members in order of rank.
    var ranks: [Int] { members.keys.sorted() }

    /// Ranks that are to leave.
    var leavingRanks: Set<Int> { Set(leaving.values.joined()) }

    /// Whether nothing of it runs any more. Members that were never claimed do not run.
    var isOver: Bool {
        members.values.allSatisfy { $0.end != nil || $0.sight == .absent }
    }

    /// Whether every member that is to stay has started.
    var hasStarted: Bool {
        let leaving = leavingRanks
        return members.values.allSatisfy { member in
            switch member.sight {
            case .running: true
            case .ended(let end): leaving.contains(member.launch.rank) || !end.neverRan
            case .absent, .starting: leaving.contains(member.launch.rank)
            }
        }
    }

    /// How the members ended, as reports carry it.
    var exits: [MemberExit] {
        ranks.map { rank in
            guard case .known(let record) = members[rank]?.end else {
                return MemberExit(rank: rank)
            }
            return MemberExit(rank: rank, record)
        }
    }

    /// Whether every member ended with success and by itself.
    var hasSucceeded: Bool {
        members.values.allSatisfy { member in
            guard case .known(let record) = member.end, record.stop == .none else { return false }
            return isSuccess(record.end)
        }
    }

    /// Whether a member that is to stay was ended by an order of which nothing is known here.
    var hasUnknownOrder: Bool {
        let leaving = leavingRanks
        return members.values.contains { member in
            !leaving.contains(member.launch.rank) && (member.end?.wasOrdered ?? false)
        }
    }

    /// What broke the gang first, if something has: the end of a member that was neither ordered
    /// nor a success, and no matter of those that leave.
    func firstFailure() -> GangFailure? {
        let leaving = leavingRanks
        var first: (at: Int64, failure: GangFailure)?
        for rank in ranks where !leaving.contains(rank) {
            guard let member = members[rank], let end = member.end, !end.wasOrdered else {
                continue
            }
            if case .known(let record) = end, record.stop == .none, isSuccess(record.end) {
                continue
            }
            var at = Int64.min
            if case .known(let record) = end { at = record.endedAt }
            if let known = first, known.at <= at { continue }
            let role = launch.document.roles[member.launch.role]
            first = (
                at,
                GangFailure(
                    end, rank: rank, role: role, node: member.launch.node,
                    codes: launch.document.execution.exitCodes)
            )
        }
        return first?.failure
    }

    private func isSuccess(_ end: ExitRecord.End) -> Bool {
        guard case .code(let code) = end else { return false }
        return code == 0 || launch.document.execution.exitCodes.done.contains(code)
    }
}

extension MemberEnd {
    /// Whether its program never started.
    fileprivate var neverRan: Bool {
        switch self {
        case .neverRan: return true
        case .lost: return false
        case .known(let record):
            guard case .unstartable = record.end else { return false }
            return true
        }
    }
}

extension MemberExit {
    /// An exit as a record tells it; without a code and a signal when nothing ran.
    init(rank: Int, _ record: ExitRecord) {
        switch record.end {
        case .code(let code): self.init(rank: rank, code: code)
        case .signal(let signal): self.init(rank: rank, signal: signal)
        case .unstartable: self.init(rank: rank)
        }
    }
}
