import ControlPlane
import FleetModel
import Health
import HealthControl
import Qualification
import Stacks

/// Writes stacks, what nodes have of them, rollouts and what the fleet has seen, as the API shows
/// them.
public struct StacksJSON: Sendable {
    private let view: FleetView
    private let engine: HealthEngine
    private let book: StackBook

    /// Nodes with something wrong that are shown.
    private static let drifts = 1000
    /// Rows of the observed table that are shown, those with the most hours.
    private static let tuples = 200

    /// When it is shown.
    private let now: Instant

    /// Of a view.
    ///
    /// - Parameter now: Up to when attempts that run are counted; nil for the view's own time.
    public init(_ view: FleetView, at now: Instant? = nil) {
        self.view = view
        self.now = now ?? view.now
        engine = view.health.desk.engine
        book = view.health.desk.stacks
    }

    /// The whole page.
    public func write(to json: inout JSONBytes) {
        let desk = view.health.desk
        let drifts = (0..<book.nodes.count).map { NodeID($0) }
            .compactMap { book.drift(of: $0, kind: desk.kind(of: $0)) }
        json.object { json in
            json.member("time", time: engine.clock.wall)
            json.key("stacks")
            json.array(book.declared.compactMap { book[$0] }) { write($1, to: &$0) }
            json.key("pools")
            json.array(Set(drifts.map(\.pool)).sorted()) { json, pool in
                write(pool, drifts.filter { $0.pool == pool }, to: &json)
            }
            json.key("drift")
            json.array(drifts.filter { !$0.isClean }.prefix(StacksJSON.drifts)) {
                write($1, to: &$0)
            }
            json.key("rollouts")
            json.array(book.rollouts.reversed()) { write($1, to: &$0) }
            json.key("observed")
            json.array(observed.prefix(StacksJSON.tuples)) { write($1, to: &$0) }
        }
    }

    /// What attempts that ended used of a tuple, and what those that run have used so far.
    private struct Seen {
        var ended: ObservedTuple
        var running: ObservedTuple

        var gpuMilliSeconds: Int64 {
            let (sum, overflow) = ended.gpuMilliSeconds.addingReportingOverflow(
                running.gpuMilliSeconds)
            return overflow ? .max : sum
        }
    }

    /// All tuples, those with the most hours first.
    private var observed: [Seen] {
        var uses: [StackUse] = []
        view.jobs.forEachReversed { job in
            if let use = job.runningUse(at: now) { uses.append(use) }
            return true
        }
        let running = book.running(uses).rows
        var seen = book.observed.rows.map { ended in
            Seen(
                ended: ended,
                running: running.first { $0.versions == ended.versions }
                    ?? ObservedTuple(versions: ended.versions))
        }
        for new in running
        where !book.observed.rows.contains(where: { $0.versions == new.versions }) {
            seen.append(Seen(ended: ObservedTuple(versions: new.versions), running: new))
        }
        return seen.sorted { $0.gpuMilliSeconds > $1.gpuMilliSeconds }
    }

    /// The rollout of a pool that began last; nothing where there never was one.
    public func writeRollout(in pool: String, to json: inout JSONBytes) {
        guard let rollout = book.rollouts.last(where: { $0.pool == pool }) else {
            return json.null()
        }
        write(rollout, to: &json)
    }

    private func name(_ stack: StackID?) -> String? { stack.flatMap { book[$0]?.name } }

    private func write(_ stack: StackDeclaration, to json: inout JSONBytes) {
        json.object { json in
            json.member("stack", stack.name)
            json.key("versions")
            json.array(stack.rules) { json, rule in
                json.object { json in
                    json.member("part", rule.part.name)
                    json.member("version", rule.rule.text)
                }
            }
        }
    }

    private func write(_ pool: String, _ drifts: [NodeDrift], to json: inout JSONBytes) {
        json.object { json in
            json.member("pool", pool)
            json.member("stack", name(book.stack(of: pool)))
            json.member("nodes", drifts.count)
            json.member("met", drifts.count { $0.standing?.isMet == true })
            json.member("drifted", drifts.count { $0.standing?.differences.isEmpty == false })
            json.member("conflicts", drifts.count { !$0.conflicts.isEmpty })
        }
    }

    private func write(_ drift: NodeDrift, to json: inout JSONBytes) {
        json.object { json in
            json.member("node", view.directory.node(drift.node))
            json.member("pool", drift.pool)
            json.member("stack", name(drift.stack))
            json.key("differences")
            json.array(drift.standing?.differences ?? []) { json, difference in
                json.object { json in
                    json.member("part", difference.found.part.name)
                    json.member("found", difference.found.version.text)
                    json.member("place", difference.found.place)
                    json.member("declared", difference.rule.text)
                }
            }
            json.member("untold", (drift.standing?.unknown ?? []).map(\.name))
            json.key("conflicts")
            json.array(drift.conflicts) { json, conflict in
                json.object { json in
                    json.member("text", conflict.words)
                    json.member("source", conflict.source)
                }
            }
        }
    }

    private func write(_ rollout: Rollout, to json: inout JSONBytes) {
        json.object { json in
            json.member("number", rollout.number)
            json.member("pool", rollout.pool)
            json.member("stack", name(rollout.target))
            json.member("previous", name(rollout.previous))
            json.member("phase", "\(rollout.phase)")
            json.member("isPaused", rollout.isPaused)
            json.member("isHeldBack", rollout.isHeldBack)
            json.member("installs", view.health.installsStacks)
            json.member("reason", rollout.reason)
            json.member("startedBy", rollout.startedBy)
            json.member("startedAt", time: rollout.startedAt.wall)
            json.member("endedAt", time: rollout.endedAt?.wall)
            json.member("wave", rollout.wave.map { $0 + 1 })
            json.member("waves", rollout.plan.waves.map(\.text))
            json.member("soakSeconds", rollout.plan.soak.wholeSeconds)
            json.member("soakUntil", time: rollout.soakUntil.map(engine.clock.wallTime(ofEngine:)))
            json.member("mostOut", rollout.mostOut)
            json.member("failures", rollout.failures)
            json.member("allowedFailures", rollout.plan.failures)
            json.key("steps")
            json.array(RolloutStep.allCases) { json, step in
                json.object { json in
                    json.member("step", "\(step)")
                    json.member("nodes", rollout.members.count { $0.step == step })
                }
            }
            json.key("nodes")
            json.array(rollout.members) { json, member in
                json.object { json in
                    json.member("node", view.directory.node(member.node))
                    json.member("step", "\(member.step)")
                    json.member("goesBack", member.goesBack)
                    json.member("wave", member.wave.map { $0 + 1 })
                    json.member("hasFailed", member.hasFailed)
                    json.member("note", member.note)
                }
            }
        }
    }

    private func write(_ row: Seen, to json: inout JSONBytes) {
        json.object { json in
            json.key("versions")
            json.array(row.ended.versions) { json, version in
                json.object { json in
                    json.member("part", version.part.name)
                    json.member("version", version.text)
                }
            }
            json.member("gpuHours", row.ended.gpuHours)
            json.member("greenHours", row.ended.greenHours)
            json.member("attempts", row.ended.attempts)
            json.member("failures", row.ended.failures)
            json.member("runningHours", row.running.gpuHours)
            json.member("running", row.running.attempts)
        }
    }
}
