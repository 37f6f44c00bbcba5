import ControlPlane
import FleetModel
import Foundation
import Glibc
import Logging
import Supervisor

/// Starts, watches and ends the members of gangs. It lives on one thread and owns all of its state
/// there; the files of the members are the truth, and it looks at them when somebody says so and
/// from time to time in any case.
///
/// A class, because its thread and the steps of its work share one state.
final class Keeper {
    let settings: LocalSettings
    let layout: Layout
    let node: String
    let mailbox: Mailbox
    let trash: TrashBin
    var logger: Logger { settings.logger }

    /// Gangs that are not over.
    var gangs: [GangKey: Gang] = [:]
    /// Jobs to forget once nothing of them runs.
    var forgotten: Set<JobID> = []
    /// Members that nobody expects, which are being ended, and the moment to stop waiting for them.
    var strangers: [MemberFolder] = []
    var strangersDeadline: Int64 = 0
    /// Supervisors that this process started and has to reap.
    var supervisors: Set<pid_t> = []
    /// Output of attempts that are over.
    var endedLogs: EndedLogs
    /// Failed starts that are reported later.
    var startPause = StartPause()
    /// Who tests the machine.
    let checks: CheckDesk
    /// Orders that wait for a test to end, and the moment to stop waiting for it.
    var waiting: [BackendOrder] = []
    var waitingUntil: Int64 = 0
    /// Where members get their cgroups, if anywhere.
    var cgroups: CgroupRoot?
    var report: @Sendable (BackendReport) -> Void = { _ in }
    private var whenSettled: (@Sendable ((any Error)?) -> Void)?
    private var hasBegun = false
    private var early: [BackendOrder] = []
    private var earlyCare: [CareOrder] = []
    private var nextDeepLook: Int64 = 0

    /// Between two looks at everything, for want of a wake-up that got lost.
    private static let deepLookNanoseconds: Int64 = 1_000_000_000

    init(_ settings: LocalSettings, layout: Layout, node: String, mailbox: Mailbox) {
        self.settings = settings
        self.layout = layout
        self.node = node
        self.mailbox = mailbox
        checks = CheckDesk(command: settings.check, logger: settings.logger)
        trash = TrashBin(layout, logger: settings.logger)
        endedLogs = EndedLogs(limit: settings.endedLogBytes, layout: layout)
    }

    /// Works until it is told to end. What runs then goes on without it.
    func run() {
        while true {
            let lines = mailbox.wait(milliseconds: timeout())
            let touched = Set(lines.compactMap(Keeper.key))
            for message in mailbox.take() {
                switch message {
                case .begin(let expected, let report, let done):
                    self.report = report
                    begin(expected, done)
                case .order(let order):
                    if hasBegun { accept(order) } else { early.append(order) }
                case .care(let order):
                    if hasBegun { take(order) } else { earlyCare.append(order) }
                case .end(let done):
                    checks.close()
                    cgroups?.leave()
                    done()
                    return
                }
            }
            let now = Keeper.now()
            acceptWaiting(now: now)
            let isDeep = now >= nextDeepLook
            if isDeep {
                nextDeepLook = now + Keeper.deepLookNanoseconds
                reap()
            }
            for (key, gang) in gangs.sorted(by: { $0.key < $1.key }) {
                if isDeep || !gang.isCalm || touched.contains(key) { tend(key, deeply: isDeep) }
                readProgress(key)
            }
            for late in startPause.takeDue(now: now) { report(late) }
            if !strangers.isEmpty { tendStrangers() }
            settle()
        }
    }

    /// The gang of a line that a supervisor wrote: its job, attempt and rank.
    private static func key(of line: Substring) -> GangKey? {
        let words = line.split(separator: " ")
        guard words.count == 3, let job = Int32(words[0]), let attempt = Int32(words[1]) else {
            return nil
        }
        return GangKey(job: JobID(rawValue: job), attempt: Attempt(attempt))
    }

    private func timeout() -> Int32 {
        if !strangers.isEmpty || !waiting.isEmpty { return 20 }
        if gangs.isEmpty { return supervisors.isEmpty && startPause.isEmpty ? -1 : 1000 }
        return gangs.values.contains { !$0.isCalm } ? 20 : 250
    }

    /// Nanoseconds on a clock that nobody can set.
    static func now() -> Int64 { Int64(DispatchTime.now().uptimeNanoseconds) }

    private func begin(
        _ expected: [ExpectedGang], _ done: @escaping @Sendable ((any Error)?) -> Void
    ) {
        do {
            try adopt(expected)
            whenSettled = done
        } catch {
            done(error)
        }
    }

    /// Says that the beginning is settled once no stranger is left, and carries out what was
    /// ordered meanwhile.
    private func settle() {
        guard let done = whenSettled, strangers.isEmpty else { return }
        whenSettled = nil
        hasBegun = true
        done(nil)
        let orders = early
        early = []
        for order in orders { accept(order) }
        let cares = earlyCare
        earlyCare = []
        for order in cares { take(order) }
    }

    /// Supervisors that have ended stay zombies until their starter asks for them.
    private func reap() {
        for supervisor in supervisors {
            let result = waitpid(supervisor, nil, WNOHANG)
            if result == supervisor || (result < 0 && errno == ECHILD) {
                supervisors.remove(supervisor)
            }
        }
    }
}
