import FleetModel

/// Reads which whole domains a tenant owns.
struct CellParser {
    let findings: Findings

    private static let expected = "a mapping from accelerator kinds, such as {H100: {rack: 2}}"

    /// The cells of a tenant: a mapping from kinds to levels to counts.
    func cells(_ form: Form) -> [CellEntry] {
        guard let value = form.value("cells") else { return [] }
        guard let kinds = mapping(value, "'cells'", CellParser.expected) else { return [] }
        return kinds.flatMap { pair -> [CellEntry] in
            let kind = Located(pair.key, line: pair.line)
            let levels = mapping(
                pair.value, "'cells' of '\(pair.key)'",
                "a mapping from topology levels to counts, such as {rack: 2}")
            return (levels ?? []).compactMap { level in
                let reader = ScalarReader(findings: findings, label: "'\(level.key)'")
                return reader.integer(level.value, 1...Int64(FleetLimits.nodes)).map {
                    CellEntry(
                        kind: kind, level: Located(level.key, line: level.line),
                        count: Int32($0.value))
                }
            }
        }
    }

    private func mapping(
        _ value: YAMLValue, _ what: String, _ expected: String
    ) -> [YAMLEntry]? {
        if case .mapping(let pairs) = value.content { return pairs }
        if !value.isBroken {
            findings.report(
                .invalidValue, line: value.line, "\(what) is \(value.described)",
                expected: expected)
        }
        return nil
    }
}
