import FleetModel

/// Reads what a job runs.
struct ExecutionParser {
    let findings: Findings

    static let keys = [
        "command", "environment", "workingDirectory", "grace", "exitCodes", "logLimit",
        "checkpointFolder",
    ]

    /// The most bytes of a command or environment, all parts together: what Linux takes as one
    /// argument (`MAX_ARG_STRLEN`, 128 KiB).
    private static let textBytes = 128 << 10

    func execution(_ form: Form) -> ExecutionEntry {
        var entry = ExecutionEntry()
        entry.command = command(form)
        entry.environment = environment(form)
        entry.workingDirectory = path(form, "workingDirectory")
        entry.checkpointFolder = path(form, "checkpointFolder")
        if let grace = form.duration("grace") { entry.grace = grace }
        if let value = form.value("logLimit") {
            let reader = ScalarReader(findings: findings, label: "'logLimit'")
            let mebibytes = reader.quantity(
                value, 1...(1 << 20), "an amount such as 64MiB or 1GiB, at most 1TiB",
                QuantityText.mebibytes)
            entry.logLimitBytes = (mebibytes ?? 64) << 20
        }
        if let value = form.value("exitCodes") { entry.exitCodes = exitCodes(value) }
        return entry
    }

    private func command(_ form: Form) -> [String] {
        guard let value = form.value("command") else { return [] }
        if let text = value.text {
            return check([text], value, "'command'") ? ["/bin/sh", "-c", text] : []
        }
        guard let items = form.list("command", of: "a program and its arguments") else { return [] }
        let words = items.compactMap { item -> String? in
            if item.text == nil {
                findings.report(
                    .invalidValue, line: item.line, "a word of 'command' is \(item.described)",
                    expected: "text")
            }
            return item.text
        }
        if words.first?.isEmpty ?? items.isEmpty {
            findings.report(
                .invalidValue, line: value.line, "'command' names no program",
                expected: "the program, then its arguments")
        }
        return check(words, value, "'command'") ? words : []
    }

    private func environment(_ form: Form) -> [EnvironmentEntry] {
        guard let value = form.value("environment") else { return [] }
        guard case .mapping(let pairs) = value.content else {
            findings.report(
                .invalidValue, line: value.line, "'environment' is \(value.described)",
                expected: "a mapping from names to values")
            return []
        }
        var entries: [EnvironmentEntry] = []
        for pair in pairs {
            let isName =
                !pair.key.isEmpty
                && pair.key.utf8.allSatisfy { byte in
                    byte == UInt8(ascii: "_") || (48...57).contains(byte)
                        || (97...122).contains(byte | 0x20)
                } && !(48...57).contains(pair.key.utf8.first ?? 48)
            guard isName, let text = pair.value.text else {
                findings.report(
                    .invalidValue, line: pair.line,
                    isName
                        ? "the variable '\(pair.key)' is \(pair.value.described)"
                        : "'\(pair.key)' is not the name of a variable",
                    expected: "a name of letters, digits and '_', and its text",
                    hint: isName ? "write \"\" for an empty text" : "")
                continue
            }
            entries.append(EnvironmentEntry(name: pair.key, value: text))
        }
        let texts = entries.map { $0.name + $0.value }
        guard check(texts, value, "'environment'") else { return [] }
        return entries.sorted { $0.name < $1.name }
    }

    private func check(_ texts: [String], _ value: YAMLValue, _ what: String) -> Bool {
        if texts.contains(where: { $0.utf8.contains(0) }) {
            findings.report(
                .invalidValue, line: value.line, "\(what) has a NUL byte", expected: "text")
            return false
        }
        let bytes = texts.reduce(0) { $0 + $1.utf8.count }
        if bytes > ExecutionParser.textBytes {
            findings.report(
                .invalidValue, line: value.line, "\(what) has \(bytes) bytes",
                expected: "at most \(ExecutionParser.textBytes)",
                hint: "put long text into a file")
            return false
        }
        return true
    }

    private func path(_ form: Form, _ key: String) -> String? {
        guard let value = form.value(key) else { return nil }
        if let text = value.text, text.hasPrefix("/"), text.utf8.count <= 4096,
            !text.utf8.contains(0)
        {
            return text
        }
        findings.report(
            .invalidValue, line: value.line, "'\(key)' is \(value.described)",
            expected: "an absolute path, such as /data/run1")
        return nil
    }

    private func exitCodes(_ value: YAMLValue) -> ExecutionEntry.ExitCodes {
        var codes = ExecutionEntry.ExitCodes()
        let keys = ["done", "retry", "retryElsewhere", "never"]
        guard let form = Form(value, "'exitCodes'", keys: keys, findings) else { return codes }
        func list(_ key: String, _ codes: inout [Int32]) {
            guard let items = form.list(key, of: "exit codes") else { return }
            let reader = ScalarReader(findings: findings, label: "an exit code of '\(key)'")
            codes = items.compactMap { reader.integer($0, 1...255).map { Int32($0.value) } }
        }
        list("done", &codes.done)
        list("retry", &codes.retry)
        list("retryElsewhere", &codes.retryElsewhere)
        list("never", &codes.never)
        // A class that the file does not name gives way to those that it names.
        for key in keys where !form.has(key) {
            let named = keys.filter(form.has).flatMap { codes[$0] }
            codes[key].removeAll { named.contains($0) }
        }
        for (index, key) in keys.enumerated() {
            for other in keys.dropFirst(index + 1) {
                for code in codes[key] where codes[other].contains(code) {
                    findings.report(
                        .invalidValue, line: value.line,
                        "the exit code \(code) is in '\(key)' and in '\(other)'",
                        expected: "each code in one class")
                }
            }
        }
        return codes
    }
}

extension ExecutionEntry.ExitCodes {
    /// The codes of a class by its key in files.
    fileprivate subscript(key: String) -> [Int32] {
        get {
            switch key {
            case "done": done
            case "retry": retry
            case "retryElsewhere": retryElsewhere
            default: never
            }
        }
        set {
            switch key {
            case "done": done = newValue
            case "retry": retry = newValue
            case "retryElsewhere": retryElsewhere = newValue
            default: never = newValue
            }
        }
    }
}
