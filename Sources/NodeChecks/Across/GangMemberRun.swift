import FleetModel
import Glibc
import Health
import Qualification

/// One member's part of a check across nodes: the checks of its own node, then what the one who
/// leads asks for.
public struct GangMemberRun {
    private var settings: CheckRunner.Settings
    private let entry: GangEntry
    private let isStopped: () -> Bool
    private let tell: (CheckRunner.Event) -> Void

    /// Prepares it. `isStopped` is asked many times a second.
    ///
    /// - Parameters:
    ///   - node: What to call this node.
    ///   - meeting: Where this member connects to, when that is not where the others do.
    ///   - patience: Seconds in which the one who leads has to be found.
    public init(
        _ settings: CheckRunner.Settings, place: GangPlace, secret: GangSecret, node: String,
        meeting: String? = nil, patience: Double, isStopped: @escaping () -> Bool,
        tell: @escaping (CheckRunner.Event) -> Void
    ) throws(OperatingError) {
        self.settings = settings
        self.settings.peerKey = secret.peerKey
        var address: PeerAddress?
        if let meeting { address = try PeerAddress(meeting) }
        entry = GangEntry(
            place: place, secret: secret, node: node, meeting: address, patience: patience)
        self.isStopped = isStopped
        self.tell = tell
    }

    /// The checks of a gang's members: those that were asked for but the network, which is tested
    /// in pairs; and whether it is.
    static func split(
        _ only: [CheckID]?, _ level: QualificationLevel
    ) -> (own: [CheckID], hasPairs: Bool) {
        let all: [CheckID]
        if let only {
            all = only
        } else {
            all = CheckID.allCases.filter { $0.entry.seconds(at: level) > 0 }
        }
        return (all.filter { $0 != .network }, all.contains(.network))
    }

    /// Runs it to its end. Throws `M1105` when it does not become a member.
    public func run() throws(OperatingError) -> RunVerdict {
        guard let entered = try entry.join(isStopped: isStopped) else { return stopped }
        let link = entered.link
        defer { link.end() }
        let server = entered.server
        _ = Threads.start { server.serve { link.lost != nil } }
        let (own, hasPairs) = GangMemberRun.split(settings.only, settings.level)
        var settings = settings
        settings.only = own
        let isOver = isStopped
        let began = FleetTime.now()
        var runner = CheckRunner(settings, isStopped: { isOver() || link.lost != nil }) { event in
            switch event {
            case .facts(let facts):
                let facts = entry.named(facts)
                let line = CheckReport.begin(facts, level: settings.level, at: began)
                link.send(.told(Array(line.utf8)))
                tell(.facts(facts))
            case .began: tell(event)
            case .ended(let result):
                link.send(.told(Array(ResultLine.write(result).utf8)))
                tell(event)
            }
        }
        var verdict = runner.run()
        link.send(isStopped() ? .stopped : .checked)
        var network: CheckResult?
        var hasEnded = isStopped()
        while !hasEnded {
            // Looked at before the orders, which may have come before the end.
            let isLost = link.lost != nil
            switch link.next() {
            case .test(let number, let address, let seconds)?:
                let result = runner.network(to: address, seconds: seconds)
                link.send(.measured(number, Array(ResultLine.write(result).utf8)))
            case .network(let line)?: network = try? ResultReader.network(line)
            case .end?: hasEnded = true
            case nil:
                if isLost { hasEnded = true }
                if isStopped() {
                    link.send(.stopped)
                    verdict.isComplete = false
                    hasEnded = true
                }
                if !hasEnded { usleep(20_000) }
            default: break
            }
        }
        if hasPairs {
            let result = network ?? untested(link.lost)
            verdict.results.append(result)
            tell(.ended(result))
        }
        return verdict
    }

    /// What is said of the network when nobody said anything.
    private func untested(_ lost: String?) -> CheckResult {
        if isStopped() { return CheckResult(.network, .notRun, ["the run was stopped"]) }
        let words = "rank 0 is not there any more: \(lost ?? "it told nothing of the network")"
        return CheckResult(.network, .error, [words], code: .checkGang)
    }

    private var stopped: RunVerdict {
        RunVerdict(results: [], level: settings.level, devices: 0, isComplete: false)
    }
}

extension GangEntry {
    /// Facts under the name by which the gang knows the node.
    func named(_ facts: MachineFacts) -> MachineFacts {
        var facts = facts
        facts.host = node
        return facts
    }
}

/// The wall's clock.
enum FleetTime {
    /// Nanoseconds since the Unix epoch.
    static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }
}
