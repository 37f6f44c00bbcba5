import ControlPlane
import Documents
import FleetModel
import Foundation
import Logging
import Supervisor

extension Keeper {
    /// Carries an order out. It may have been carried out before.
    func execute(_ order: BackendOrder) {
        switch order {
        case .start(let launch): start(launch)
        case .stop(let job, let attempt, _): stop(GangKey(job: job, attempt: attempt))
        case .shrink(let job, let attempt, let resize, let ranks):
            shrink(GangKey(job: job, attempt: attempt), resize, ranks)
        case .grow(let job, let attempt, let resize, let launch, let ranks):
            grow(GangKey(job: job, attempt: attempt), resize, launch, ranks)
        case .forget(let job): forget(job)
        // It finds no jobs, and has no tenants of its own.
        case .tell, .sayRule, .tenants: break
        }
    }

    private func start(_ launch: GangLaunch) {
        let key = GangKey(job: launch.job, attempt: launch.attempt)
        if let gang = gangs[key], !gang.isPartial {
            if gang.isReported { report(.started(key.job, key.attempt)) }
            return
        }
        // Jobs go before tests, which could tell nothing beside them.
        checks.stop()
        do {
            guard !launch.document.execution.command.isEmpty else {
                throw LaunchRefusal(detail: "the job names no command to run")
            }
            var gang = try gangs[key] ?? open(launch)
            gang.isPartial = false
            // An attempt that has begun to break is not completed any more.
            if gang.firstFailure() == nil && !gang.hasUnknownOrder {
                claim(gang.ranks, of: &gang)
            } else if gang.firstFailure() == nil {
                gang.failure = GangFailure(cause: .start, detail: "its start was cut short")
                end(gang.ranks, of: &gang)
            }
            gangs[key] = gang
            tend(key, deeply: false)
        } catch {
            logger.warning("\(key) cannot start: \(error)")
            let isHopeless = error is LaunchRefusal
            let failure = BackendReport.failed(
                key.job, key.attempt, .start, suspect: nil,
                retry: isHopeless ? .never : .byCause, exits: [], detail: "\(error)")
            if isHopeless {
                report(failure)
            } else {
                startPause.hold(failure, now: Keeper.now())
            }
        }
    }

    private func stop(_ key: GangKey) {
        guard var gang = gangs[key] else {
            report(.stopped(key.job, key.attempt, pastExits(key)))
            return
        }
        gang.isStopping = true
        gang.isPartial = false
        end(gang.ranks, of: &gang)
        gangs[key] = gang
        tend(key, deeply: false)
    }

    private func shrink(_ key: GangKey, _ resize: Resize, _ ranks: [Int]) {
        guard var gang = gangs[key] else {
            report(.shrunk(key.job, key.attempt, resize))
            return
        }
        let present = ranks.filter { gang.members[$0] != nil }
        for rank in present {
            do {
                try gang.members[rank]?.folder.markLeaving(resize)
            } catch { logger.warning("\(key): \(error)") }
        }
        gang.leaving[resize] = present
        end(present, of: &gang)
        gangs[key] = gang
        tend(key, deeply: false)
    }

    private func grow(
        _ key: GangKey, _ resize: Resize, _ launch: GangLaunch, _ ranks: [Int]
    ) {
        guard var gang = gangs[key], !gang.isStopping, gang.failure == nil else { return }
        // Members that left under the same rank are not meant, nor those that are there.
        let known = Set(gang.members.filter { !($0.value.end?.wasOrdered ?? false) }.keys)
            .union(gang.leavingRanks)
        let joining = launch.members.filter { member in
            ranks.contains(member.rank) && !known.contains(member.rank)
        }
        let others = Set(joining.map(\.rank))
        let rest = gang.launch.members.filter { !others.contains($0.rank) }
        gang.launch = launch
        gang.launch.members = (rest + joining).sorted { $0.rank < $1.rank }
        for member in joining {
            let folder = MemberFolder(attempt: gang.folder, rank: member.rank)
            folder.setAside(before: resize)
            gang.members[member.rank] = Gang.Member(launch: member, folder: folder)
            gang.look(at: member.rank, deeply: true, logger)
        }
        claim(joining.map(\.rank), of: &gang)
        gangs[key] = gang
        tend(key, deeply: false)
    }

    private func forget(_ job: JobID) {
        forgotten.insert(job)
        discardForgotten(job)
    }

    /// Deletes what there is of a forgotten job, as soon as nothing of it runs.
    func discardForgotten(_ job: JobID) {
        guard forgotten.contains(job), !gangs.keys.contains(where: { $0.job == job }) else {
            return
        }
        forgotten.remove(job)
        endedLogs.forget(job)
        do {
            try layout.discard(job)
            trash.empty()
        } catch { logger.warning("job \(job) cannot be forgotten: \(error)") }
    }

    /// Tells members to end; they hear of it now or as soon as they listen.
    func end(_ ranks: [Int], of gang: inout Gang) {
        for rank in ranks {
            guard var member = gang.members[rank], member.end == nil else { continue }
            member.isToEnd = true
            member.hasHeard =
                member.sight != .absent && member.folder.order(stopWithin: gang.grace)
            gang.members[rank] = member
        }
    }

    /// Starts those of these members that nobody has claimed. The first that cannot be started
    /// ends that.
    func claim(_ ranks: [Int], of gang: inout Gang) {
        let shared = environment(of: gang)
        writeHostfile(gang)
        for rank in ranks {
            guard var member = gang.members[rank], member.sight == .absent else { continue }
            do {
                let launch = launchFile(of: member, in: shared, gang)
                if let process = try member.folder.start(launch, supervisor: settings.supervisor) {
                    supervisors.insert(process)
                }
                member.sight = .starting
            } catch {
                logger.warning("\(gang.key): member \(rank) cannot start: \(error)")
                member.sight = .ended(.neverRan("\(error)"))
            }
            gang.members[rank] = member
            if member.end != nil { return }
        }
    }

    private func launchFile(
        of member: Gang.Member, in shared: MemberEnvironment.Gang, _ gang: Gang
    ) -> LaunchFile {
        let execution = gang.launch.document.execution
        let rank = member.launch.rank
        let host = gang.launch.document.roles[member.launch.role].request.host
        var launch = LaunchFile()
        launch.arguments = execution.command
        launch.environment = MemberEnvironment.variables(
            of: member.launch, in: shared,
            progressFile: "\(gang.folder.path)/\(rank)/\(MemberFiles.progress)",
            cookie: cookie(gang.key, rank), own: ProcessInfo.processInfo.environment)
        launch.directory = execution.workingDirectory ?? gang.folder.path + "/" + Layout.work
        launch.graceNanoseconds = execution.grace.nanoseconds
        launch.logLimitBytes = execution.logLimitBytes
        launch.wakePath = layout.root.path + "/" + Layout.wake
        launch.wakeText = "\(gang.key.job) \(gang.key.attempt.rawValue) \(rank)"
        if let cgroups {
            launch.cgroup = cgroups.path(of: gang.key, rank: rank)
            launch.cpuMilli = cgroups.limitsCPU ? host.cpuMilli : 0
            launch.memoryMiB = cgroups.limitsMemory ? host.memoryMiB : 0
        }
        return launch
    }

    private func environment(of gang: Gang) -> MemberEnvironment.Gang {
        let own = gang.folder.path.split(separator: "/").dropLast().joined(separator: "/")
        let checkpoints =
            gang.launch.document.execution.checkpointFolder ?? "/\(own)/\(Layout.checkpoints)"
        return MemberEnvironment.Gang(
            launch: gang.launch, node: node, port: gang.port, checkpointFolder: checkpoints,
            hostfile: gang.folder.path + "/" + Layout.hostfile,
            evidenceFolder: gang.folder.path + "/" + Layout.evidence,
            additional: settings.variables(gang.launch))
    }

    /// One line per host, as Open MPI reads them: a slot per device, and one for a member without.
    private func writeHostfile(_ gang: Gang) {
        let slots = gang.launch.members.reduce(0) { $0 + max(1, $1.devices.nonzeroBitCount) }
        do {
            try gang.folder.replace(Layout.hostfile, "localhost slots=\(slots)\n".utf8)
        } catch { logger.warning("\(gang.key): \(error)") }
    }

    /// What every process of a member has in its environment.
    func cookie(_ key: GangKey, _ rank: Int) -> String {
        "\(layout.identity):\(key.job):\(key.attempt.rawValue):\(rank)"
    }
}

/// A gang that no machine could start.
struct LaunchRefusal: Error, CustomStringConvertible {
    /// Why.
    var detail: String
    /// Why.
    var description: String { detail }
}
