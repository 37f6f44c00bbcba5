import FleetModel
import Glibc
import Health
import Qualification

/// The one who leads a check across nodes: takes members in, tells `GangCheck` what happens, and
/// carries out what that asks for. One thread runs it, and waits for nobody.
public struct GangLead {
    /// What it needs to know.
    public struct Settings: Sendable {
        /// How many members there are.
        public var count: Int
        /// How long the checks of each may take.
        public var level: QualificationLevel
        /// The checks that are wanted; nil for all of the level.
        public var only: [CheckID]?
        /// What the seconds of every check are multiplied by, for tests.
        public var pace: Double
        /// Seconds in which all have to come.
        public var patience: Double
        /// Seconds without a sign of life.
        public var silence: Int64
        /// By how much less than the median of the pairs is right, in per cent.
        public var slackPercent: Int64

        /// Gathers settings.
        public init(
            count: Int, level: QualificationLevel, only: [CheckID]?, pace: Double,
            patience: Double, silence: Int64, slackPercent: Int64
        ) {
            self.count = count
            self.level = level
            self.only = only
            self.pace = pace
            self.patience = patience
            self.silence = silence
            self.slackPercent = slackPercent
        }

        /// Seconds of a test of a pair, before the pace; nil to test none.
        var pairSeconds: Int32? {
            guard GangMemberRun.split(only, level).hasPairs else { return nil }
            let entry = CheckID.network.entry
            let seconds = entry.seconds(at: level)
            return seconds > 0 ? seconds : entry.seconds(at: entry.level)
        }

        var limits: GangLimits {
            GangLimits(
                gather: Int64(patience.rounded(.up)), checks: checksSeconds, silence: silence,
                // A member kills its own test before, unless it hangs itself.
                pair: pairSeconds.map { Int64(2 * $0 + CheckPlan.graceSeconds + 20) },
                reduce: reduceSeconds.map { Int64($0 + 10) }, slackPercent: slackPercent)
        }

        /// Seconds after which an all-reduce across the nodes is taken for hung; nil to run none.
        var reduceSeconds: Int32? {
            let entry = CheckID.nccl.entry
            var seconds = entry.seconds(at: level)
            if let only {
                guard only.contains(.nccl) else { return nil }
                if seconds == 0 { seconds = entry.seconds(at: entry.level) }
            }
            return seconds > 0 ? 4 * seconds + CheckPlan.graceSeconds : nil
        }

        /// Seconds for the checks of a member's own node: as many as would let each of them hang on
        /// a node of the most devices, and no more than whoever runs a single node waits for.
        private var checksSeconds: Int64 {
            let plan = CheckPlan(
                level: level, only: GangMemberRun.split(only, level).own,
                devices: Int32(FleetLimits.devicesPerNode))
            let all = plan.groups.reduce(Int64(2 * CheckPlan.graceSeconds)) {
                $0 + Int64($1.map(\.timeoutSeconds).max() ?? 0)
            }
            return min(all, Int64(level.budgetSeconds) * 4 + 600)
        }
    }

    /// What it says on the way.
    public typealias Say = (String) -> Void

    /// Connections of strangers at a time.
    private static let mostStrangers = 64
    /// Seconds to tell members how it ended.
    private static let farewellSeconds = 5.0

    private let settings: Settings
    private let secret: GangSecret
    private let socket: ListeningSocket
    private let say: Say
    private let start = Clock.seconds()
    private var check: GangCheck
    private var seats: [GangSeat] = []
    private var nodes: [GangNode?]
    private var nextBeat = 0.0
    private var reduce = GangReduction()

    /// Leads at a socket.
    init(
        _ settings: Settings, secret: GangSecret, socket: ListeningSocket, say: @escaping Say
    ) {
        self.settings = settings
        self.secret = secret
        self.socket = socket
        self.say = say
        nodes = Array(repeating: nil, count: settings.count)
        check = GangCheck(members: settings.count, limits: settings.limits, at: .zero)
    }

    private var now: Instant {
        Instant(nanoseconds: Int64((Clock.seconds() - start) * 1e9))
    }

    /// Runs it to its end. `print` gets the result before members are told to end, since the end of
    /// a member that failed may be the end of all.
    mutating func run(isStopped: () -> Bool, print: (GangReport) -> Void) -> GangReport {
        GangLead.allowDescriptors()
        while check.phase != .over {
            if isStopped() { tell(.stopped) }
            wait()
            accept()
            for seat in seats where seat.isOpen { listen(to: seat) }
            beat()
            if reduce.isOver() { tell(.reduced) }
            tell(.time)
            seats.removeAll { !$0.isOpen }
        }
        let report = GangReport(
            check: check, nodes: nodes, level: settings.level, allReduce: reduce.result,
            milliseconds: Int64((Clock.seconds() - start) * 1000))
        print(report)
        sayFarewell(report)
        return report
    }

    /// As many descriptors as this process may have: a member takes one, and the usual 1024 are
    /// fewer than the members that there can be.
    private static func allowDescriptors() {
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(files, &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        setrlimit(files, &limit)
    }

    // MARK: Connections

    private func wait() {
        var waiting = [pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)]
        for seat in seats {
            let events = POLLIN | (seat.hasWaiting ? POLLOUT : 0)
            waiting.append(pollfd(fd: seat.descriptor, events: Int16(events), revents: 0))
        }
        // Not longer than a stop may wait, nor beyond the next time that counts.
        let left = (check.deadline == .never ? 1e9 : (check.deadline - now).seconds) * 1000
        poll(&waiting, nfds_t(waiting.count), Int32(min(max(left, 1), 100)))
        for seat in seats { seat.flush() }
    }

    private mutating func accept() {
        var room = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
        for _ in 0..<64 {
            guard poll(&room, 1, 0) > 0 else { return }
            let accepted = Glibc.accept(socket.descriptor, nil, nil)
            guard accepted >= 0 else {
                // Without a descriptor to be had there is nothing to do but wait.
                if errno == EMFILE || errno == ENFILE { usleep(100_000) }
                return
            }
            let strangers = seats.count { $0.rank == nil }
            guard strangers < GangLead.mostStrangers + settings.count else {
                close(accepted)
                continue
            }
            seats.append(GangSeat(descriptor: accepted))
        }
    }

    private mutating func listen(to seat: GangSeat) {
        if seat.rank == nil, Clock.seconds() > seat.joinUntil { return seat.end() }
        for heard in seat.hear() {
            guard let rank = seat.rank else {
                guard case .line(.join(let join, let proof)) = heard else { return seat.end() }
                admit(seat, join, proof)
                continue
            }
            switch heard {
            case .line(let line): take(line, of: rank)
            case .strange(let words): lose(rank, .strange(words))
            case .ended: lose(rank, .ended)
            }
            if !seat.isOpen { return }
        }
    }

    private mutating func admit(_ seat: GangSeat, _ join: GangJoin, _ proof: String) {
        func refuse(_ words: String) {
            seat.send(.refused(words))
            seat.end()
        }
        let right = secret.memberProof(join, nonce: seat.nonce)
        guard GangSecret.isSame(proof, right) else {
            say("somebody at \(seat.host) tried to join without the token")
            return refuse("the token is another one")
        }
        guard join.count == settings.count, nodes.indices.contains(join.rank) else {
            return refuse("there are \(settings.count) members here")
        }
        guard check.members[join.rank] == .awaited else {
            return refuse("rank \(join.rank) is there already, or was given up")
        }
        seat.admit(join)
        seat.send(.welcome(proof: secret.leadProof(join, nonce: seat.nonce)))
        let host = seat.host.contains(":") ? "[\(seat.host)]" : seat.host
        nodes[join.rank] = GangNode(
            join: join, host: seat.host, address: "\(host):\(join.port)")
        tell(.joined(join.rank))
        let there = check.members.count { $0 != .awaited }
        say("rank \(join.rank) (\(join.node)) has come, \(there) of \(settings.count)")
    }

    private mutating func take(_ line: GangWire.FromMember, of rank: Int) {
        switch line {
        case .here: tell(.heard(rank))
        case .told(let bytes):
            guard case .checking = check.members[rank] else {
                return lose(rank, .strange("a result after the end of its run"))
            }
            if let words = nodes[rank]?.take(bytes, level: settings.level) {
                lose(rank, .strange(words))
            } else {
                tell(.heard(rank))
            }
        case .checked:
            guard nodes[rank]?.reader.begun != nil else {
                return lose(rank, .strange("the end of a run that has not begun"))
            }
            tell(.checked(rank))
        case .measured(let test, let bytes):
            do throws(CheckedRun.Fault) {
                tell(.measured(rank, test: test, try ResultReader.network(bytes)))
            } catch {
                lose(rank, .strange(error.description))
            }
        case .confirmed(let test): tell(.confirmed(rank, test: test))
        // The member of this process: whoever stopped it has stopped the lead.
        case .stopped where rank == 0: tell(.stopped)
        case .stopped: lose(rank, .stopped)
        case .join: lose(rank, .strange("a second join"))
        }
    }

    private mutating func lose(_ rank: Int, _ absence: MemberAbsence) {
        if check.members[rank].absence == nil { sayGone(rank, absence) }
        tell(.lost(rank, absence))
        seat(rank)?.end()
    }

    private func seat(_ rank: Int) -> GangSeat? { seats.first { $0.rank == rank && $0.isOpen } }

    private mutating func beat() {
        guard Clock.seconds() >= nextBeat else { return }
        nextBeat = Clock.seconds() + GangWire.beatSeconds
        for seat in seats where seat.rank != nil { seat.send(.here) }
    }

    // MARK: What is decided

    private mutating func tell(_ input: GangCheck.Input) {
        var directives: [GangCheck.Directive] = []
        check.apply(input, at: now, into: &directives)
        for directive in directives { carryOut(directive) }
    }

    private mutating func carryOut(_ directive: GangCheck.Directive) {
        switch directive {
        case .test(let test):
            guard let address = nodes[test.to]?.address, let seconds = settings.pairSeconds else {
                return
            }
            say("pass \(test.pass): \(name(test.from)) with \(name(test.to))")
            seat(test.from)?.send(.test(test.number, address: address, seconds: seconds))
        case .confirm(let rank, let test): seat(rank)?.send(.confirm(test))
        case .drop(let rank, let absence):
            sayGone(rank, absence)
            seat(rank)?.end()
        case .reduce(let ranks):
            say("all-reduce across \(ranks.count) nodes")
            reduce.start(
                ranks.compactMap { nodes[$0] }, seconds: Double(settings.reduceSeconds ?? 0))
        case .end: reduce.stop()
        }
    }

    private func name(_ rank: Int) -> String { GangReport.name(rank, nodes[rank]) }

    private func sayGone(_ rank: Int, _ absence: MemberAbsence) {
        say("\(name(rank)) is not there any more: \(absence.words)")
    }

    /// Tells everybody who is there what its network is, and that it is over.
    private mutating func sayFarewell(_ report: GangReport) {
        for seat in seats {
            guard let rank = seat.rank else {
                seat.end()
                continue
            }
            if let network = report.networks[rank] {
                seat.send(.network(Array(ResultLine.write(network).utf8)))
            }
            seat.send(.end)
        }
        let end = Clock.seconds() + GangLead.farewellSeconds
        while seats.contains(where: \.hasWaiting), Clock.seconds() < end {
            for seat in seats { seat.flush() }
            usleep(10_000)
        }
        // Members hang up when they have read it; what is closed before is lost to them.
        for seat in seats where seat.isOpen { shutdown(seat.descriptor, Int32(SHUT_WR)) }
        while seats.contains(where: \.isOpen), Clock.seconds() < end {
            for seat in seats where seat.isOpen {
                for case .ended in seat.hear() { seat.end() }
            }
            usleep(10_000)
        }
        for seat in seats { seat.end() }
    }
}

extension TimeSpan {
    /// Seconds with their parts.
    fileprivate var seconds: Double { Double(nanoseconds) / 1e9 }
}
