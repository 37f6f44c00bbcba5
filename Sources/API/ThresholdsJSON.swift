import ControlPlane
import Qualification

/// Writes what was learned of machines, beside what is published, as the API shows it.
public struct ThresholdsJSON: Sendable {
    private var learned: LearnedBounds

    /// Of a view.
    ///
    /// - Parameter drops: How much worse than usual figures might be, in place of what holds.
    public init(_ view: FleetView, drops: DropRules? = nil) {
        learned = view.health.learned
        if let drops { learned.drops = drops }
    }

    /// All of it, by model, driver and fabric. O(values).
    public func write(to json: inout JSONBytes) {
        let rows = learned.rows
        var keys: [FigureKey] = []
        for row in rows where keys.last != row.key { keys.append(row.key) }
        json.object { json in
            json.member("dropPercent", learned.drops.percent)
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
                    json.member("worse", row.worse)
                    json.member("dropPercent", learned.drops[row.figure])
                    if let best = row.reference?.best {
                        json.member("best", milli: best.milli)
                        json.member("bestMachines", best.machines)
                    }
                    json.member("isHeld", row.reference?.isHeld(row.figure) ?? false)
                    json.key("learned")
                    write(row.threshold, row.reference, to: &json)
                    json.key("published")
                    write(prior, nil, to: &json)
                }
            }
        }
    }

    private func write(
        _ threshold: Threshold?, _ reference: LearnedReference?, to json: inout JSONBytes
    ) {
        guard let threshold else { return json.null() }
        json.object { json in
            json.member("bound", milli: threshold.boundMilli)
            json.member("source", threshold.source.words)
            guard let reference else { return }
            json.member("agreeing", reference.machines)
            if let usual = reference.usualMilli { json.member("usual", milli: usual) }
        }
    }
}
