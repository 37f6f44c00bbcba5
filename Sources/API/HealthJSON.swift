import ControlPlane
import FleetModel
import Health
import HealthControl
import Store

/// Writes the health of the fleet as the API shows it.
public struct HealthJSON: Sendable {
    let view: FleetView
    let engine: HealthEngine
    let names: HealthNames

    /// Lemons that are shown.
    private static let lemons = 20
    /// Decisions that are shown.
    private static let decisions = 50

    /// Of a view.
    public init(_ view: FleetView) {
        self.view = view
        engine = view.health.desk.engine
        names = view.health.names
    }

    /// The whole page: how much is where, what is out and why, breakers, lemons, decisions.
    public func write(to json: inout JSONBytes) {
        json.object { json in
            json.member("time", time: engine.clock.wall)
            json.member("hasCare", view.health.hasCare)
            json.member("deafSince", time: view.health.deafSince)
            counts(&json)
            causes(&json)
            json.key("out")
            json.array(outNodes) { json, node in write(node, to: &json) }
            json.key("breakers")
            json.array(engine.breakers.tripped) { json, breaker in
                json.object { json in
                    json.member("breaker", breaker.id.wireName)
                    json.member("text", HoldReason.breaker(breaker.id).text)
                    json.member("since", time: breaker.at.wall)
                    json.member("blocked", breaker.blocked)
                    json.member("closesAt", time: engine.closes(breaker.id))
                    json.member("release", engine.releaseText(.breaker(breaker.id)))
                }
            }
            json.key("guards")
            json.array(engine.breakerGauges) { json, gauge in
                json.object { json in
                    json.member("guard", "\(gauge.guarded)")
                    json.member("have", gauge.have)
                    json.member("limit", gauge.limit)
                }
            }
            proposed(&json)
            spares(&json)
            json.key("lemons")
            json.array(engine.lemons(HealthJSON.lemons)) { json, lemon in
                let machine = engine.ledger.machines[lemon.machine.index]
                json.object { json in
                    json.member("machine", lemon.machine.rawValue)
                    json.member("chassis", machine.chassis.map { names.identity($0) })
                    json.member("node", machine.node.map { names.node($0) })
                    json.member("score", lemon.score)
                    json.member("isLemon", lemon.score >= engine.policy.suspicion.lemon.threshold)
                }
            }
            json.key("decisions")
            json.array(engine.decisions.suffix(HealthJSON.decisions).reversed()) {
                write($1, to: &$0)
            }
            recovery(&json)
        }
    }

    /// Nodes that are out, watched, or have a device that is out.
    private var outNodes: [NodeHealth] {
        engine.nodes.compactMap { $0 }.filter { node in
            node.hold != nil || node.track.state != .inService || node.toldUnhealthy != 0
                || node.track.held != nil || node.devices.contains(where: HealthJSON.isShown)
        }
    }

    /// Whether something is to be said of a device, be it only that people were asked.
    private static func isShown(_ device: HealthTrack) -> Bool {
        device.state != .inService || device.held != nil
    }

    private func counts(_ json: inout JSONBytes) {
        var nodes = [Int](repeating: 0, count: HealthState.allCases.count)
        var devices = nodes
        var (refused, contested) = (0, 0)
        for case .some(let node) in engine.nodes {
            nodes[Int(node.track.state.rawValue)] += 1
            if node.hold == .refused { refused += 1 }
            if node.hold == .contested { contested += 1 }
            for device in node.devices {
                // A device is no better off than its node.
                let state = node.track.state.takesWork ? device.state : node.track.state
                devices[Int(state.rawValue)] += 1
            }
        }
        json.key("states")
        json.array(HealthState.allCases) { json, state in
            json.object { json in
                json.member("state", HealthJSON.token(state))
                json.member("nodes", nodes[Int(state.rawValue)])
                json.member("devices", devices[Int(state.rawValue)])
            }
        }
        json.member("refused", refused)
        json.member("contested", contested)
        json.member("unknownFaults", engine.counters.unknownFindings)
        json.member("staleFaults", engine.counters.staleFindings)
        json.member("proposals", engine.counters.proposals)
    }

    /// What is held back, why, and until when.
    private func proposed(_ json: inout JSONBytes) {
        json.key("proposed")
        json.array(engine.proposals) { json, proposal in
            json.object { json in
                json.member("node", names.node(proposal.node))
                json.member("device", proposal.device)
                json.member("what", proposal.action.text)
                json.member("breaker", proposal.why.breakerName)
                json.member("why", proposal.why.text)
                json.member("release", engine.releaseText(proposal.why))
                json.member("mayProceed", proposal.why.isOpenToAcceptance)
            }
        }
    }

    /// Nodes that are kept free for large gangs, by pool.
    private func spares(_ json: inout JSONBytes) {
        json.key("spares")
        json.array(view.spares) { json, standing in
            json.object { json in
                json.member("pool", standing.pool)
                json.member("leastGPUs", standing.policy.leastGPUs)
                json.member("wanted", standing.choice.wanted)
                json.member("kept", standing.choice.kept.count)
                json.member("inUse", standing.choice.busy)
                json.member("missing", standing.missing)
                json.member(
                    "why", standing.shortageText(pools: view.directory.fleet.pools.names))
                json.key("nodes")
                json.array(standing.choice.kept) { $0.string(view.directory.node($1)) }
            }
        }
    }

    /// How many nodes are out for what.
    private func causes(_ json: inout JSONBytes) {
        var counts: [(cause: String, nodes: Int)] = []
        for node in outNodes where !node.track.state.takesWork {
            let cause = node.track.cause.map { names.cause($0) } ?? HealthJSON.token(node)
            if let index = counts.firstIndex(where: { $0.cause == cause }) {
                counts[index].nodes += 1
            } else {
                counts.append((cause, 1))
            }
        }
        json.key("causes")
        json.array(counts.sorted { ($1.nodes, $0.cause) < ($0.nodes, $1.cause) }) { json, entry in
            json.object { json in
                json.member("cause", entry.cause)
                json.member("nodes", entry.nodes)
            }
        }
    }

    /// One node as the health engine sees it.
    public func write(_ node: NodeHealth, to json: inout JSONBytes) {
        json.object { json in
            json.member("node", names.node(node.id))
            json.member("state", HealthJSON.token(node.track.state))
            json.member("hold", node.hold.map { "\($0)" })
            write(node.track, cause: node.suspicion?.cause, to: &json)
            json.member("isBusy", node.isBusy)
            json.member("isSuspect", node.suspicion != nil)
            json.key("unhealthy")
            json.array(JobJSON.bits(node.toldUnhealthy)) { $0.integer($1) }
            json.key("devices")
            json.array(node.devices.indices.filter { HealthJSON.isShown(node.devices[$0]) }) {
                json, index in
                json.object { json in
                    json.member("index", index)
                    json.member("state", HealthJSON.token(node.devices[index].state))
                    write(node.devices[index], to: &json)
                }
            }
            json.key("operations")
            json.array(engine.operations.filter { $0.node == node.id || $0.partner == node.id }) {
                json, operation in
                // One that is a partner itself has the other's test.
                let other = operation.node == node.id ? operation.partner : operation.node
                json.object { json in
                    json.member("id", operation.id.rawValue)
                    json.member("what", HealthJSON.text(operation.kind))
                    json.member("device", operation.device)
                    json.member("with", other.map { names.node($0) })
                    json.member("since", time: operation.begunAt.wall)
                    json.member("asks", operation.asks)
                }
            }
        }
    }

    /// What is known of a node or device; where nothing took it out, for what it is suspected.
    private func write(
        _ track: HealthTrack, cause suspected: CauseID? = nil, to json: inout JSONBytes
    ) {
        json.member("since", time: track.since.wall)
        json.member("outSince", time: track.outSince?.wall)
        json.member("cause", (track.cause ?? suspected).map { names.cause($0) })
        json.member("held", track.held.map { $0.text })
    }

    private func write(_ decision: Decision, to json: inout JSONBytes) {
        json.object { json in
            json.member("number", decision.number)
            json.member("time", time: decision.at.wall)
            json.member("node", names.node(decision.node))
            json.member("device", decision.device)
            json.member("from", HealthJSON.token(decision.from))
            json.member("to", HealthJSON.token(decision.to))
            json.member("rule", "\(decision.rule)")
            json.member("cause", decision.cause.map { names.cause($0) })
            json.member("catalogueRule", decision.catalogueRule.map { names.rule($0) })
            json.member("catalogueVersion", names.version(decision.catalogueVersion))
            json.member("policyVersion", decision.policyVersion)
            json.key("inputs")
            json.array(decision.inputs) { $0.integer($1) }
        }
    }

    private func recovery(_ json: inout JSONBytes) {
        let report = RecoveryReport(engine.losses)
        func milli(_ value: Double) -> Int64 { Int64((value * 1000).rounded()) }
        json.key("recovery")
        json.object { json in
            json.member("nodeDays", milli: milli(report.nodeDays))
            json.member("stops", report.stops)
            json.member("attributed", report.attributed)
            json.member("gpuHours", milli: milli(report.gpuHours))
            json.key("lost")
            json.array(RestartCause.allCases) { json, cause in
                json.object { json in
                    json.member("cause", cause.name)
                    json.member("attempts", engine.losses[cause].attempts)
                    json.member(
                        "gpuHours", milli: milli(report.lostGPUHours[Int(cause.rawValue)]))
                }
            }
        }
    }

    // MARK: Words

    static func token(_ state: HealthState) -> String { "\(state)" }

    private static func token(_ node: NodeHealth) -> String {
        node.hold.map { "\($0)" } ?? token(node.track.state)
    }

    private static func text(_ kind: OperationKind) -> String {
        switch kind {
        case .qualify(let level, _, _): "test \(level)"
        case .repair(let action): "\(action)"
        case .restack: "another stack"
        case .pair: "network test"
        }
    }
}
