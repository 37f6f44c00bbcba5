import FleetModel
import Health
import HealthControl
import Store

/// What people say about a node's hardware.
public enum HardwareStatement: String, CaseIterable, Sendable {
    /// It is to go out of service until a test under load says otherwise.
    case quarantine
    /// It has been repaired by hand; it returns with a proof.
    case repaired
    /// It is to be tested; when it is idle, if nothing is known against it.
    case test
    /// A refused or contested arrival may be tested.
    case accept
    /// The identities that it shares with other nodes name nothing.
    case sharedIdentities
    /// Nothing is to be suspected of it any more.
    case clear
    /// It is not to come back.
    case retire
    /// A retired node may be tested again.
    case reinstate
    /// The counts of attempts on it begin anew.
    case forgiveAttempts
    /// What breakers or the limit of repairs hold back of it is done now, once.
    case proceed

    /// In the words of the engine; nil for what it takes as a fault.
    var statement: Statement? {
        switch self {
        case .quarantine: nil
        case .repaired: .repairedByHand
        case .test: .test
        case .accept: .accept
        case .sharedIdentities: .identitiesAreShared
        case .clear: .cleared
        case .retire: .retire
        case .reinstate: .reinstate
        case .forgiveAttempts: .forgiveAttempts
        case .proceed: .proceed
        }
    }
}

/// Lines of a node's logs.
public struct NodeSignals: Sendable {
    /// Of the kernel's log, or of daemons beside it, in order.
    public var kernel: [String]
    /// Of the logs of processes that ran there.
    public var framework: [String]

    /// Lines that one report may have.
    public static let mostLines = 10_000

    /// Gathers lines.
    public init(kernel: [String] = [], framework: [String] = []) {
        self.kernel = kernel
        self.framework = framework
    }
}

/// What became of lines of a node's logs.
public struct TakenSignals: Hashable, Sendable {
    /// Those that say anything new.
    public var kept: Int
    /// Faults of old lines among them, from which nothing follows.
    public var past: Int
}

extension ControlPlane {
    /// Takes in lines of a node's logs, and gives how many of them say anything. Faults of the
    /// kernel's log are decided when three minutes were silent, or at once where hardware must not
    /// go on; those whose lines are dated and old are taken down, and nothing follows from them.
    /// Throws `M0604` for a name that no node has.
    public func take(
        _ signals: NodeSignals, ofNode name: String, by caller: Caller
    ) async throws -> TakenSignals {
        try await perform { driver in
            let node = try driver.node(named: name)
            let lifetime = driver.desk.engine.policy.suspicion.findingLifetime
            let told = HandedInLog(
                signals.kernel, lifetime: lifetime, now: FleetClock.wall())
            let past = driver.desk.news(told.past, of: node).map {
                PastLine(at: driver.clock.time(ofWall: $0.at), $0.line)
            }
            let present = driver.desk.news(told.present, of: node)
            let kernel = driver.desk.useful(present, of: node)
            let framework = signals.framework.map { LogLine($0) }
                .filter { driver.desk.isOfUse(framework: $0.text) }
            if !past.isEmpty { driver.tellHealth(.pastLog(node, past)) }
            if !kernel.isEmpty { driver.tellHealth(.kernelLog(node, kernel)) }
            if !framework.isEmpty { driver.tellHealth(.frameworkLog(node, framework)) }
            let taken = TakenSignals(
                kept: kernel.count + framework.count + past.count, past: past.count)
            if taken.kept > 0 {
                driver.audit(caller, "signals", "node \(name)", detail: "\(taken.kept) lines")
                driver.showsHealth = true
            }
            return taken
        }
    }

    /// Takes in what somebody says about a node's hardware. Throws `M0604` for a name that no node
    /// has, and where something is to proceed and nothing is held back by a count.
    public func state(
        _ statement: HardwareStatement, reason: String, ofNode name: String, by caller: Caller
    ) async throws -> NodeID {
        try await perform { driver in
            let node = try driver.node(named: name)
            if statement == .proceed { try driver.checkIsHeldBack(node, name) }
            driver.audit(caller, statement.rawValue, "node \(name)", detail: reason)
            if let statement = statement.statement {
                driver.tellHealth(.engine(.stated(node, statement)))
            } else {
                let finding = driver.quarantine(by: caller.name)
                driver.tellHealth(.engine(.found(node, finding)))
            }
            driver.tell(
                "health", node,
                "\(caller.name) says: \(statement.rawValue)"
                    + (reason.isEmpty ? "" : ", \(reason)"))
            driver.showsHealth = true
            return node
        }
    }

    /// Closes a breaker by hand: what it held back is done. Throws `M0604` when none of that name
    /// is open.
    public func closeBreaker(_ name: String, by caller: Caller) async throws {
        try await perform { driver in
            driver.now = max(driver.now, driver.clock.now())
            let open = driver.desk.engine.breakers.tripped.first { $0.id.wireName == name }
            guard let open else {
                throw OperatingError(.notFound, "there is no open breaker '\(name.prefix(200))'")
            }
            driver.audit(caller, "closeBreaker", name)
            driver.tellHealth(.engine(.resetBreaker(open.id)))
            driver.showsHealth = true
        }
    }
}

extension Driver {
    /// A node by its name.
    func node(named name: String) throws -> NodeID {
        guard let node = view.directory.fleet.nodeNames.id(of: name) else {
            throw OperatingError(.notFound, "there is no node '\(name.prefix(200))'")
        }
        now = max(now, clock.now())
        return node
    }

    /// Refuses to let a node proceed that nothing holds back which people may pass over.
    fileprivate func checkIsHeldBack(_ node: NodeID, _ name: String) throws {
        let known = desk.engine[node]
        let tracks = known.map { [$0.track] + $0.devices } ?? []
        guard !tracks.contains(where: { $0.held?.isOpenToAcceptance == true }) else { return }
        throw OperatingError(
            .notFound, "neither a breaker nor the limit of repairs holds '\(name)' back",
            hint: "`muster health` lists what is proposed, and what each proposal waits for")
    }

    /// A fault that somebody saw.
    fileprivate func quarantine(by who: String) -> Finding {
        Finding(
            scope: .node, cause: desk.names.cause(named: "quarantined by hand"), severity: .error,
            action: .prove, urgency: .afterJob, components: [],
            rule: desk.names.rule(named: "statement of \(who)"), version: 0, seenAt: now)
    }
}
