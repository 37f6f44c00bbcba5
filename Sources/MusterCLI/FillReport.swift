import FleetModel
import Simulation

/// What fills came to, as a table and as JSON.
struct FillReport {
    /// One placement rule's runs.
    struct Row {
        /// The rule.
        var placement: String
        /// The runs, in order of seed.
        var outcomes: [FillRun.Outcome]
        /// Seconds of real time.
        var wallSeconds: Double

        /// Mean allocation in percent at a mark.
        func mean(_ mark: (FillRun.Outcome) -> Int64) -> Double {
            let sum = outcomes.reduce(0.0) { $0 + Double(mark($1)) / 10_000 }
            return sum / Double(max(1, outcomes.count))
        }

        /// The sample standard deviation in percentage points.
        func deviation(_ mark: (FillRun.Outcome) -> Int64) -> Double {
            guard outcomes.count > 1 else { return 0 }
            let mean = mean(mark)
            let squares = outcomes.reduce(0.0) { sum, outcome in
                let distance = Double(mark(outcome)) / 10_000 - mean
                return sum + distance * distance
            }
            return (squares / Double(outcomes.count - 1)).squareRoot()
        }
    }

    /// The rules compared.
    var rows: [Row]

    /// A line per rule.
    var table: String {
        var text = "placement   at 100 %         at 130 %         seeds   seconds\n"
        for row in rows {
            let full = cell(row.mean(\.atFull), row.deviation(\.atFull))
            let end = cell(row.mean(\.atEnd), row.deviation(\.atEnd))
            text += pad(row.placement, 12) + pad(full, 17) + pad(end, 17)
            text += pad("\(row.outcomes.count)", 8)
            text += NumberText.fixed(row.wallSeconds, decimals: 1) + "\n"
        }
        return text
    }

    /// An array with one object per rule.
    var json: String {
        let objects = rows.map { row in
            let runs = row.outcomes.map { outcome in
                "{\"seed\": \(outcome.seed), \"allocatedPercent\": {\"100\": "
                    + percent(Double(outcome.atFull) / 10_000) + ", \"130\": "
                    + percent(Double(outcome.atEnd) / 10_000)
                    + "}, \"arrivals\": \(outcome.arrivals), \"failures\": \(outcome.failures), "
                    + "\"stateHash\": \"\(StateHasher.hexadecimal(outcome.stateHash))\"}"
            }
            return "  {\n    \"placement\": \"\(row.placement)\",\n    \"allocatedPercent\": "
                + "{\"100\": \(percent(row.mean(\.atFull))), "
                + "\"130\": \(percent(row.mean(\.atEnd)))},\n    \"standardDeviation\": "
                + "{\"100\": \(percent(row.deviation(\.atFull))), "
                + "\"130\": \(percent(row.deviation(\.atEnd)))},\n    \"wallSeconds\": "
                + NumberText.fixed(row.wallSeconds, decimals: 3) + ",\n    \"seeds\": [\n      "
                + runs.joined(separator: ",\n      ") + "\n    ]\n  }"
        }
        return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
    }

    private func cell(_ mean: Double, _ deviation: Double) -> String {
        NumberText.fixed(mean, decimals: 2) + " % ± " + NumberText.fixed(deviation, decimals: 2)
    }

    private func percent(_ value: Double) -> String { NumberText.fixed(value, decimals: 3) }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
