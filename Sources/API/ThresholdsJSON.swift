import ControlPlane
import Qualification

/// Writes what was learned of machines, beside what is published, as the API shows it.
public struct ThresholdsJSON: Sendable {
    private let learned: LearnedBounds

    /// Of a view.
    public init(_ view: FleetView) {
        learned = view.health.learned
    }

    /// All of it, by model, driver and fabric. O(values).
    public func write(to json: inout JSONBytes) {
        let rows = learned.rows
        var keys: [FigureKey] = []
        for row in rows where keys.last != row.key { keys.append(row.key) }
        json.object { json in
            json.member("dropPercent", learned.dropPercent)
            json.member("machinesNeeded", learned.machinesNeeded)
            json.key("kinds")
            json.array(keys) { json, key in
                write(key, rows.filter { $0.key == key }, to: &json)
            }
        }
    }

    private func write(_ key: FigureKey, _ rows: [LearnedBounds.Row], to json: inout JSONBytes) {
        let published = Priors.thresholds(model: key.model, devices: 8) + Priors.everywhere
        json.object { json in
            json.member("model", key.model)
            json.member("driver", key.driver)
            json.member("fabric", key.fabric)
            json.key("figures")
            json.array(rows) { json, row in
                let prior = published.first { $0.figure == row.figure }
                json.object { json in
                    json.member("figure", row.figure.name)
                    json.member("unit", row.figure.unit)
                    json.member("limit", row.figure.direction == .lower ? "most" : "least")
                    json.member("machines", row.machines)
                    json.key("learned")
                    write(row.threshold, to: &json)
                    json.key("published")
                    write(prior, to: &json)
                }
            }
        }
    }

    private func write(_ threshold: Threshold?, to json: inout JSONBytes) {
        guard let threshold else { return json.null() }
        json.object { json in
            json.member("bound", milli: threshold.boundMilli)
            json.member("source", threshold.source.words)
            guard case .learned(let machines, let usual) = threshold.source else { return }
            json.member("agreeing", machines)
            json.member("usual", milli: usual)
        }
    }
}
