import FleetModel

/// One mapping of a document, read key by key; whatever is wrong goes into the findings.
struct Form {
    let findings: Findings
    /// What the mapping describes, with its article, for messages.
    let what: String
    /// The mapping's line.
    let line: Int
    private let entries: [String: YAMLEntry]

    /// Takes a mapping that may have `keys`; nil when the value is no mapping.
    ///
    /// With `allowsExtras`, keys that begin with `x-` are passed over: a place for anchors.
    init?(
        _ value: YAMLValue, _ what: String, keys: [String], allowsExtras: Bool = false,
        _ findings: Findings
    ) {
        guard case .mapping(let pairs) = value.content else {
            if !value.isBroken {
                findings.report(
                    .invalidValue, line: value.line, "\(what) is \(value.described)",
                    expected:
                        "a mapping with keys such as \(keys.prefix(4).joined(separator: ", "))"
                )
            }
            return nil
        }
        self.findings = findings
        self.what = what
        line = value.line
        var entries: [String: YAMLEntry] = [:]
        for pair in pairs {
            if keys.contains(pair.key) {
                entries[pair.key] = pair
            } else if !(allowsExtras && pair.key.hasPrefix("x-")) {
                findings.report(
                    .unknownKey, line: pair.line, "unknown key '\(pair.key)' in \(what)",
                    expected: keys.joined(separator: ", "),
                    hint: findings.suggestion(for: pair.key, among: keys))
            }
        }
        self.entries = entries
    }

    /// Whether the key is there, whatever its value.
    func has(_ key: String) -> Bool { entries[key] != nil }

    /// The line of a key, or of the mapping when the key is absent.
    func line(of key: String) -> Int { entries[key]?.line ?? line }

    /// The value of a key; nil when it is absent or was reported.
    func value(_ key: String) -> YAMLValue? {
        guard let entry = entries[key] else { return nil }
        switch entry.value.content {
        case .broken: return nil
        case .null:
            findings.report(
                .invalidValue, line: entry.line, "'\(key)' in \(what) has no value",
                expected: "a value after the colon", hint: "remove the key if it is not needed")
            return nil
        case .scalar, .list, .mapping: return entry.value
        }
    }

    /// Reports a key that is absent.
    func require(_ key: String, expected: String, hint: String = "") {
        guard !has(key) else { return }
        findings.report(
            .missingKey, line: line, "\(what) has no '\(key)'", expected: expected, hint: hint)
    }

    /// Reports all but the first of keys that exclude each other.
    func exclusive(_ keys: [String]) {
        let present = keys.filter(has)
        for key in present.dropFirst() {
            findings.report(
                .invalidValue, line: line(of: key),
                "\(what) has both '\(present[0])' and '\(key)'",
                expected: "only one of \(keys.joined(separator: ", "))")
        }
    }

    /// A whole number within `range`.
    func integer(_ key: String, _ range: ClosedRange<Int64>) -> Located<Int64>? {
        guard let value = value(key) else { return nil }
        return ScalarReader(findings: findings, label: "'\(key)'").integer(value, range)
    }

    /// `true` or `false`.
    func boolean(_ key: String) -> Bool? {
        guard let value = value(key) else { return nil }
        if case .scalar(let text, true) = value.content {
            if text == "true" || text == "True" || text == "TRUE" { return true }
            if text == "false" || text == "False" || text == "FALSE" { return false }
        }
        findings.report(
            .invalidValue, line: value.line, "'\(key)' is \(value.described)",
            expected: "true or false")
        return nil
    }

    /// A name of letters, digits, dots, dashes and underscores.
    func name(_ key: String, also characters: String = "") -> Located<String>? {
        guard let value = value(key) else { return nil }
        return ScalarReader(findings: findings, label: "'\(key)'").name(value, also: characters)
    }

    /// As ``name(_:also:)``, but an empty name for a key whose value is unreadable, so that nobody
    /// calls it missing.
    func nameOrUnreadable(_ key: String, also characters: String = "") -> Located<String>? {
        name(key, also: characters) ?? (has(key) ? Located("", line: line(of: key)) : nil)
    }

    /// Names: a list of them, or a single one.
    func names(_ key: String) -> [Located<String>]? {
        guard let value = value(key) else { return nil }
        let reader = ScalarReader(findings: findings, label: "'\(key)'")
        guard case .list(let items) = value.content else { return reader.name(value).map { [$0] } }
        guard !items.isEmpty else {
            findings.report(
                .invalidValue, line: value.line, "'\(key)' is an empty list",
                expected: "one name or more", hint: "remove the key if it is not needed")
            return nil
        }
        return items.compactMap { reader.name($0) }
    }

    /// The items of a list; a value that is no list is reported.
    func list(_ key: String, of things: String) -> [YAMLValue]? {
        guard let value = value(key) else { return nil }
        if case .list(let items) = value.content { return items }
        findings.report(
            .invalidValue, line: value.line, "'\(key)' is \(value.described)",
            expected: "a list of \(things)", hint: "begin each item with '- '")
        return nil
    }

    /// A time span of zero or more.
    func duration(_ key: String) -> TimeSpan? {
        guard let value = value(key) else { return nil }
        return ScalarReader(findings: findings, label: "'\(key)'").duration(value)
    }

    /// The keys that ``host()`` reads.
    static let hostKeys = ["cpu", "memory", "disk", "nics"]

    /// Host quantities; absent ones are zero.
    func host() -> HostResources {
        let limit = FleetLimits.hostQuantity
        var host = HostResources.zero
        if let value = value("cpu") {
            let reader = ScalarReader(findings: findings, label: "'cpu'")
            host.cpuMilli =
                reader.quantity(
                    value, 0...limit, "cores such as 192 or 1.5, or thousandths such as 500m",
                    QuantityText.cpuMilli) ?? 0
        }
        host.memoryMiB = memory("memory")
        host.diskMiB = memory("disk")
        host.nics = integer("nics", 0...limit)?.value ?? 0
        return host
    }

    private func memory(_ key: String) -> Int64 {
        guard let value = value(key) else { return 0 }
        return ScalarReader(findings: findings, label: "'\(key)'").quantity(
            value, 0...FleetLimits.hostQuantity,
            "an amount such as 2TiB, 512GiB or 1024MiB, or a bare number of MiB",
            QuantityText.mebibytes) ?? 0
    }
}
