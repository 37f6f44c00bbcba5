import ControlPlane
import FleetModel
import Foundation
import Glibc
import Logging
import Supervisor

extension Keeper {
    /// How long members that nobody expects have from the signal to the end by force.
    private static let strangerGrace = TimeSpan.seconds(5)
    /// How long to wait for them at most: a process may be stuck in the kernel.
    private static let strangerPatience: Int64 = 30_000_000_000

    /// Takes over what is expected of what is there, and begins to end all else.
    func adopt(_ expected: [ExpectedGang]) throws {
        cgroups = settings.cgroups == .off ? nil : CgroupRoot.prepare(layout.identity, logger)
        var ranks: [GangKey: Set<Int>] = [:]
        for gang in expected {
            ranks[GangKey(job: gang.launch.job, attempt: gang.launch.attempt)] =
                Set(gang.launch.members.map(\.rank))
        }
        var supervised: Set<String> = []
        var groups: Set<String> = []
        for job in layout.jobIDs() {
            for key in layout.attempts(of: job) {
                guard let folder = try layout.attempt(key) else { continue }
                for rank in Layout.ranks(in: folder)
                where try MemberFolder.isSupervised(folder.folder(String(rank))) {
                    supervised.insert(cookie(key, rank))
                    if let cgroups { groups.insert(cgroups.name(of: key, rank: rank)) }
                    if ranks[key]?.contains(rank) != true {
                        strangers.append(MemberFolder(attempt: folder, rank: rank))
                    }
                }
                if ranks[key] == nil { endedLogs.add(key, in: folder) }
            }
        }
        strangersDeadline = Keeper.now() + Keeper.strangerPatience
        for stranger in strangers {
            logger.warning("ending \(stranger.attempt.path)/\(stranger.rank), which nobody expects")
            _ = stranger.order(stopWithin: Keeper.strangerGrace)
        }
        killLeftovers(but: supervised)
        cgroups?.clear(but: groups)
        trash.empty()
        for gang in expected { try adopt(gang) }
    }

    private func adopt(_ expected: ExpectedGang) throws {
        let launch = expected.launch
        let key = GangKey(job: launch.job, attempt: launch.attempt)
        let hasFolder = try layout.attempt(key).map { !Layout.ranks(in: $0).isEmpty } ?? false
        guard hasFolder else {
            switch expected.phase {
            case .starting: break
            case .running:
                let failure = GangFailure(cause: .node, detail: "nothing is left of it here")
                report(
                    .failed(
                        key.job, key.attempt, failure.cause, suspect: nil, retry: failure.retry,
                        exits: [], detail: failure.detail))
            case .stopping: report(.stopped(key.job, key.attempt, []))
            }
            return
        }
        var gang = try open(launch)
        gang.isAdopted = true
        let absent = gang.ranks.filter { gang.members[$0]?.sight == .absent }
        let isAlive = gang.members.values.contains { $0.sight != .absent && $0.end == nil }
        switch expected.phase {
        case .starting: gang.isPartial = !absent.isEmpty
        case .running:
            if isAlive {
                // Members that were to join when the control plane ended.
                claim(absent, of: &gang)
            } else {
                for rank in absent { gang.members[rank]?.sight = .ended(.lost) }
            }
        case .stopping:
            gang.isStopping = true
            end(gang.ranks, of: &gang)
        }
        gangs[key] = gang
        tend(key, deeply: true)
    }

    /// The gang of a launch as its folders show it; they are made where they are not there.
    func open(_ launch: GangLaunch) throws(SystemError) -> Gang {
        let key = GangKey(job: launch.job, attempt: launch.attempt)
        let folder = try layout.makeAttempt(key)
        var gang = Gang(launch: launch, folder: folder, port: try port(in: folder))
        for member in launch.members {
            let place = MemberFolder(attempt: folder, rank: member.rank)
            gang.members[member.rank] = Gang.Member(
                launch: member, folder: place, sight: try place.look(deeply: true))
        }
        return gang
    }

    /// How the members of an attempt that is over ended, as far as their folders tell.
    func pastExits(_ key: GangKey) -> [MemberExit] {
        guard let folder = try? layout.attempt(key) else { return [] }
        return Layout.ranks(in: folder).map { rank in
            guard let member = try? folder.folder(String(rank)),
                let bytes = try? member.read(MemberFiles.exit), let record = ExitRecord(bytes)
            else { return MemberExit(rank: rank) }
            return MemberExit(rank: rank, record)
        }
    }

    /// Waits for members that nobody expects.
    func tendStrangers() {
        strangers = strangers.filter { stranger in
            guard let folder = try? stranger.attempt.folder(String(stranger.rank)) else {
                return false
            }
            // One that began to listen only now is told now; a second order changes nothing.
            _ = stranger.order(stopWithin: Keeper.strangerGrace)
            return (try? MemberFolder.isSupervised(folder)) ?? true
        }
        guard Keeper.now() > strangersDeadline else { return }
        for stranger in strangers {
            logger.error("\(stranger.attempt.path)/\(stranger.rank) does not end")
        }
        strangers = []
    }

    /// Kills processes of members without a supervisor.
    private func killLeftovers(but supervised: Set<String>) {
        let own = layout.identity + ":"
        for _ in 0..<100 {
            let count = Leftovers.kill { cookie in
                cookie.hasPrefix(own) && !supervised.contains(String(cookie))
            }
            guard count > 0 else { return }
            logger.warning("killed \(count) processes of members that are lost")
            usleep(20_000)
        }
    }

    /// The port of an attempt: the one on file, or a free one that is then put on file.
    private func port(in folder: Folder) throws(SystemError) -> Int {
        if let bytes = try folder.read(Layout.port),
            let port = Int(String(decoding: bytes, as: UTF8.self)), port > 0
        {
            return port
        }
        let port = FreePort.find(besides: Set(gangs.values.map(\.port)))
        try folder.replace(Layout.port, String(port).utf8)
        return port
    }
}
