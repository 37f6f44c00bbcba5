import FleetModel

/// Reads the YAML form of events.
struct EventsParser {
    let findings: Findings

    private static let actions = EventDocument.Action.allCases.map(\.rawValue)

    /// The events under the key `events` of a form, those without mistakes.
    func events(_ form: Form) -> [EventDocument] {
        guard let items = form.list("events", of: "events") else { return [] }
        return items.compactMap { item in
            Form(item, "an event", keys: ["at"] + EventsParser.actions, findings).flatMap(event)
        }
    }

    private func event(_ form: Form) -> EventDocument? {
        form.require("at", expected: "when it happens, such as 2h")
        form.exclusive(EventsParser.actions)
        let at = form.duration("at")
        let present = EventDocument.Action.allCases.filter { form.has($0.rawValue) }
        guard let action = present.first else {
            findings.report(
                .missingKey, line: form.line, "the event does not say what happens",
                expected: "one of " + EventsParser.actions.joined(separator: ", "))
            return nil
        }
        let target = action == .unhealthy ? unhealthy(form) : names(form, action)
        guard let at, present.count == 1, let (names, devices) = target else { return nil }
        return EventDocument(
            at: at, action: action, names: names, devices: devices, line: form.line)
    }

    typealias Target = (names: [Located<String>], devices: [Located<Int>])

    private func names(_ form: Form, _ action: EventDocument.Action) -> Target? {
        guard let names = form.names(action.rawValue) else { return nil }
        reportRepeated(names, action.isAboutJobs ? "job" : "node") { "'\($0)'" }
        return (names, [])
    }

    func unhealthy(_ form: Form) -> Target? {
        guard let value = form.value("unhealthy"),
            let form = Form(value, "'unhealthy'", keys: ["node", "devices"], findings)
        else { return nil }
        form.require("node", expected: "the node's name")
        form.require(
            "devices", expected: "the indexes of all devices out of service, such as [0, 3]",
            hint: "write [] when all are in service again")
        let node = form.name("node")
        let reader = ScalarReader(findings: findings, label: "an index in 'devices'")
        let items = form.list("devices", of: "device indexes, counted from 0")
        let devices = items?.compactMap { item in
            reader.integer(item, 0...Int64(FleetLimits.devicesPerNode - 1))
                .map { Located(Int($0.value), line: $0.line) }
        }
        guard let node, let items, let devices, devices.count == items.count else { return nil }
        reportRepeated(devices, "device") { "\($0)" }
        return ([node], devices)
    }

    private func reportRepeated<Value: Hashable>(
        _ values: [Located<Value>], _ what: String, _ shown: (Value) -> String
    ) {
        var seen: Set<Value> = []
        for value in values where !seen.insert(value.value).inserted {
            findings.report(
                .duplicateName, line: value.line,
                "the \(what) \(shown(value.value)) stands twice in one event",
                expected: "each \(what) once")
        }
    }
}
