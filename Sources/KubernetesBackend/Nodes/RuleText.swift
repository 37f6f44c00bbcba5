import KubernetesObjects

/// The name of a rule: everything that decides which nodes a role may have, in a form that is the
/// same in every run, so that the same rule keeps its name over restarts.
enum RuleText {
    /// The longest name that is its own text; longer ones end in a digest.
    private static let longest = 160

    static func name(_ ask: RoleAsk) -> String {
        let rules = ask.rules
        var words: [String] = []
        if let resource = ask.request.accelerator?.name { words.append(resource) }
        words += ask.request.others.entries.map { "\($0.name)>=\($0.count)" }
        words += ask.request.hostPorts.map { "port(\($0.transport) \($0.address):\($0.port))" }
        words += rules.selector.entries.map { "\($0.key)=\($0.value)" }
        if let required = rules.required { words.append("affinity(\(text(required)))") }
        words += rules.volumes.map { "volume(\(text($0)))" }
        words += rules.tolerations.map(text).sorted()
        words += rules.preferred.map { "rather(\($0.weight) \(text([$0.term])))" }.sorted()
        words += ask.needs.map(text).sorted()
        let whole = words.isEmpty ? "any" : words.joined(separator: " ")
        guard whole.utf8.count > longest else { return whole }
        return whole.prefix(100) + "… " + Digest.hex(whole)
    }

    /// A digest of a rule on neighbours that pods of a namespace have.
    static func digest(of rule: NeighbourRule, home: String) -> String {
        Digest.hex(text(rule, home: home))
    }

    private static func text(_ need: NeighbourNeed) -> String {
        let rule = text(need.term.rule, home: need.term.home)
        let what =
            switch need.term {
            case .named: "pods of"
            case .having: "pods with"
            case .either: "pods like"
            }
        return "\(need.isAnti ? "no" : need.mayBeFirst ? "first or" : "some") \(what)(\(rule))"
    }

    private static func text(_ rule: NeighbourRule, home: String) -> String {
        let selector = rule.selector.map { $0.requirements.map(text).joined(separator: " and ") }
        let spaces = rule.namespaceSelector.map {
            "namespaces " + $0.requirements.map(text).joined(separator: " and ")
        }
        let names = rule.namespaces.isEmpty && spaces == nil ? [home] : rule.namespaces
        return
            ([rule.isAnti ? "not" : "with", selector ?? "nobody", "by \(rule.topologyKey)"]
            + ["in " + names.joined(separator: ","), "for \(home)"] + [spaces].compactMap { $0 })
            .joined(separator: " ")
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
