import ControlPlane
import FleetModel
import Health
import HealthSignals

/// Writes what other fault rules would have decided.
public struct RuleTrialJSON: Sendable {
    private let trial: RuleTrial
    private let version: String
    private let names: HealthNames

    /// Differences that are shown, the latest of them.
    private static let shown = 200

    /// Of rules of a version that were tried; the names of nodes are those of a view.
    public init(_ trial: RuleTrial, version: String, _ view: FleetView) {
        self.trial = trial
        self.version = version
        names = view.health.names
    }

    /// All of it.
    public func write(to json: inout JSONBytes) {
        let run = trial.run
        let shown = run.differences.suffix(RuleTrialJSON.shown)
        json.object { json in
            json.member("version", version)
            json.member("inForce", trial.before.version)
            json.member("since", time: trial.since)
            json.member("faults", trial.faults)
            json.member("omittedFaults", trial.omitted)
            json.member("bursts", run.bursts)
            json.member("outBefore", run.outOfServiceBefore)
            json.member("outAfter", run.outOfServiceAfter)
            json.member("omittedDifferences", run.differences.count - shown.count)
            json.key("differences")
            json.array(shown) { json, difference in
                json.object { json in
                    json.member("node", names.node(difference.node))
                    json.member("at", time: difference.before.opened)
                    json.member("code", difference.before.root.text)
                    json.member("faults", difference.before.faults)
                    json.key("before")
                    write(difference.before, to: &json)
                    json.key("after")
                    write(difference.after, to: &json)
                }
            }
        }
    }

    private func write(_ verdict: FaultVerdict, to json: inout JSONBytes) {
        json.object { json in
            json.member("severity", verdict.severity.name)
            json.member("action", verdict.action.rawValue)
            json.member("rule", verdict.rule.text)
            json.member("takesOut", verdict.takesOutOfService)
        }
    }
}
