import FleetModel
import Simulation

/// Reads the YAML form of what goes wrong in a scenario's fleet.
struct FaultsParser {
    let findings: Findings

    private static let keys = [
        "rate", "rates", "repair", "rackRepair", "detection", "diagnosis", "drainGrace",
        "slowSpeed",
    ]

    /// The model under the key `faults` of a form; nil when there is none, when faults are off, and
    /// after a mistake.
    func model(_ form: Form) -> FaultModel? {
        guard let value = form.value("faults") else { return nil }
        if let name = value.text { return named(name, value) }
        guard let form = Form(value, "'faults'", keys: FaultsParser.keys, findings) else {
            return nil
        }
        var model = FaultModel.published()
        if let rate = rate(form, "rate") { model = model.scaled(to: rate) }
        readRates(form, &model)
        if let span = form.duration("repair") { model.repair = .fixed(span) }
        if let span = form.duration("rackRepair") { model.rackRepair = .fixed(span) }
        if let span = form.duration("detection") { model.detection = .fixed(span) }
        if let span = form.duration("diagnosis") { model.diagnosis = span }
        if let span = form.duration("drainGrace") { model.drainGrace = span }
        if let percent = form.integer("slowSpeed", 1...100)?.value {
            model.slowSpeed = percent * 10_000...percent * 10_000
        }
        return model
    }

    private func named(_ name: String, _ value: YAMLValue) -> FaultModel? {
        switch name {
        case "published": return .published()
        case "llama3": return .llama3()
        case "off": return nil
        default:
            findings.report(
                .invalidValue, line: value.line, "'faults' is \(value.described)",
                expected: "published, llama3, off, or a mapping with keys such as rate, repair",
                hint: findings.suggestion(for: name, among: ["published", "llama3", "off"]))
            return nil
        }
    }

    private func readRates(_ form: Form, _ model: inout FaultModel) {
        let names = FaultKind.allCases.map(\.name)
        guard let value = form.value("rates"),
            let rates = Form(value, "'rates'", keys: names, findings)
        else { return }
        for kind in FaultKind.allCases {
            if let rate = rate(rates, kind.name) { model[kind] = rate }
        }
    }

    /// Faults per million node-days, written as faults per thousand.
    private func rate(_ form: Form, _ key: String) -> Int64? {
        guard let value = form.value(key) else { return nil }
        return ScalarReader(findings: findings, label: "'\(key)'").quantity(
            value, 0...FaultModel.highestRate,
            "faults per 1000 node-days, to the thousandth, such as 6.5"
        ) { text throws(FixedPoint.Failure) in try FixedPoint(text).scaled(by: 1000) }
    }
}
