import FleetModel

extension Evidence {
    /// A text for the ticket at the provider: which hardware, what happened when, what was tried.
    /// Times are UTC by the clock of the control plane. `versions` are those that the machine was
    /// told to have, one a line; jobs are named by their numbers, since whose they are is nobody
    /// else's business. `told` are the last lines of logs that told its faults, oldest first.
    public func ticketText(
        _ names: HealthNames, versions: [String] = [], told: [(at: Instant, line: String)] = []
    ) -> String {
        var lines = [
            (reasons.isEmpty ? "Machine" : "Faulty machine")
                + ": chassis serial \(names.identity(chassis)), "
                + "node \(names.node(node)) on \(at.wall.utcText)",
            "",
            "What is wrong",
        ]
        lines += reasons.isEmpty ? ["  nothing is open"] : reasons.map { reason($0, names) }
        lines += ["", "Machine"]
        if !nics.isEmpty {
            let guids = nics.map { names.identities.text($0) }.joined(separator: ", ")
            lines.append("  network interfaces: " + guids)
        }
        if !versions.isEmpty { lines.append("  versions: " + versions.joined(separator: ", ")) }
        lines += Evidence.lines(of: history, names, indent: "  ")
        for part in parts {
            lines += [
                "",
                "Device \(part.index): UUID \(names.identity(part.uuid)), "
                    + "board serial \(names.identity(part.boardSerial))"
                    + (part.slot.map { ", slot " + names.identities.text($0) } ?? ""),
            ]
            if let guid = part.guid { lines.append("  GUID \(names.identity(guid))") }
            if let seat = part.seat { lines.append("  sits in \(names.words(seat))") }
            lines += Evidence.lines(of: part.history, names, indent: "  ")
        }
        if !told.isEmpty { lines += ["", "Last lines that told its faults"] }
        lines += told.map { "  \($0.at.utcText)  \($0.line)" }
        if !reasons.isEmpty {
            lines += [
                "",
                "It goes back into service only after a test under load has passed. Please name "
                    + "what was replaced or repaired.",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func reason(_ reason: BadReason, _ names: HealthNames) -> String {
        switch reason {
        case .retiredMachine: "  the machine was retired"
        case .retiredDevice(let part): "  " + device(part, names) + " was retired"
        case .openFault(let fault): "  machine: " + Evidence.text(fault, names)
        case .openDeviceFault(let part, let fault):
            "  " + device(part, names) + ": " + Evidence.text(fault, names)
        }
    }

    private func device(_ id: PartID, _ names: HealthNames) -> String {
        guard let part = parts.first(where: { $0.id == id }) else { return "device" }
        return "device \(part.index) (\(names.identity(part.uuid)))"
    }

    private static func text(_ fault: OpenFault, _ names: HealthNames) -> String {
        let last = fault.count > 1 ? ", last \(fault.last.wall.utcText)" : ""
        return "\(names.cause(fault.cause)), \(fault.count)×, since \(fault.first.wall.utcText)"
            + "\(last), asks for \(fault.action)"
    }

    private static func lines(
        of history: HardwareHistory, _ names: HealthNames, indent: String
    ) -> [String] {
        let counts = history.counts
        var lines = [
            "faults \(counts.faults), of these severe \(counts.severeFaults); "
                + "tests passed \(counts.passedTests), failed \(counts.failedTests); "
                + "repairs \(counts.repairs); jobs failed by it \(counts.blamedJobs)"
        ]
        lines += history.faults.map {
            "\($0.at.wall.utcText)  fault   \(names.cause($0.cause)) (\($0.severity), "
                + "\($0.action); rule \(names.rule($0.rule)) of version "
                + "\(names.version($0.version))) "
                + "on \(names.node($0.node))"
        }
        lines += history.tests.map {
            let failed = $0.outcome.failedTests.map(names.test).joined(separator: ", ")
            return "\($0.at.wall.utcText)  test    \($0.outcome.level) \($0.outcome.verdict)"
                + (failed.isEmpty ? "" : ": \(failed)") + " on \(names.node($0.node))"
        }
        lines += history.repairs.map {
            "\($0.at.wall.utcText)  repair  \($0.action) "
                + ($0.outcome.map { "\($0)" } ?? "without an answer")
                + ($0.cause.map { " for " + names.cause($0) } ?? "")
        }
        lines += history.jobs.map {
            "\($0.at.wall.utcText)  job     \($0.job) ended: \($0.cause.name)"
                + ($0.isSuspect ? ", put down to it" : "")
        }
        lines += history.places.map {
            "\($0.from.wall.utcText)  lived   as \(names.node($0.node))"
                + ($0.until.map { " until " + $0.wall.utcText } ?? " until now")
        }
        return lines.map { indent + $0 }
    }
}
