import KubernetesObjects

/// The name of a rule: everything that decides which nodes a role may have, in a form that is the
/// same in every run, so that the same rule keeps its name over restarts.
enum RuleText {
    /// The longest name that is its own text; longer ones end in a digest.
    private static let longest = 160

    static func name(_ rules: NodeRules, resource: String?, others: ResourceCounts) -> String {
        var words: [String] = []
        if let resource { words.append(resource) }
        words += others.entries.map { "\($0.name)>=\($0.count)" }
        words += rules.selector.entries.map { "\($0.key)=\($0.value)" }
        if let required = rules.required { words.append("affinity(\(text(required)))") }
        words += rules.volumes.map { "volume(\(text($0)))" }
        words += rules.tolerations.map(text).sorted()
        let whole = words.isEmpty ? "any" : words.joined(separator: " ")
        guard whole.utf8.count > longest else { return whole }
        return whole.prefix(100) + "… " + Digest.hex(whole)
    }

    private static func text(_ terms: [NodeSelectorTerm]) -> String {
        terms.map { term in
            (term.expressions.map(text) + term.fields.map { "field " + text($0) })
                .joined(separator: " and ")
        }.joined(separator: " or ")
    }

    private static func text(_ requirement: LabelRequirement) -> String {
        "\(requirement.key) \(requirement.comparison.rawValue)"
            + (requirement.values.isEmpty ? "" : " " + requirement.values.joined(separator: ","))
    }

    private static func text(_ toleration: Toleration) -> String {
        "tolerates \(toleration.key ?? "*")"
            + (toleration.exists ? "" : "=\(toleration.value)")
            + (toleration.effect.map { ":\($0.rawValue)" } ?? "")
    }
}

/// A digest of a text that is the same in every run: FNV-1a with two offsets, 128 bits in hex. Not
/// for secrets.
enum Digest {
    static func hex(_ text: String) -> String {
        // Offset and prime: http://www.isthe.com/chongo/tech/comp/fnv/
        var first: UInt64 = 0xCBF2_9CE4_8422_2325
        var second: UInt64 = 0x6C62_272E_07BB_0142
        for byte in text.utf8 {
            first = (first ^ UInt64(byte)) &* 0x100_0000_01B3
            second = (second ^ UInt64(byte ^ 0x5A)) &* 0x100_0000_01B3
        }
        return padded(first) + padded(second)
    }

    private static func padded(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
