import FleetModel
import Health

/// How many nodes of a pool are kept as spares, as a file says it.
public struct PoolSpares: Hashable, Sendable {
    /// The pool's name.
    public var pool: String
    /// How many, and for which gangs.
    public var policy: SparePolicy

    /// Pairs both.
    public init(pool: String, policy: SparePolicy) {
        self.pool = pool
        self.policy = policy
    }
}

/// The section of the health file that says how many nodes are kept as spares, by pool.
enum SpareDocument {
    private static let amountExpected =
        "a number of nodes, or a share of the pool such as 4% or 2.5%, at most 50%"

    /// Reads the section, or reports every mistake in it.
    static func read(_ value: YAMLValue, _ findings: Findings) -> [PoolSpares] {
        guard case .mapping(let entries) = value.content else {
            if !value.isBroken {
                findings.report(
                    .invalidValue, line: value.line, "'spares' is \(value.described)",
                    expected: "a mapping of pools, each with 'keep' and 'gangs'",
                    hint: "for example 'h100: {keep: 4%, gangs: 64}'")
            }
            return []
        }
        return entries.compactMap { entry -> PoolSpares? in
            let what = "the pool '\(entry.key)' of 'spares'"
            guard let form = Form(entry.value, what, keys: ["keep", "gangs"], findings) else {
                return nil
            }
            form.require("keep", expected: amountExpected)
            form.require(
                "gangs", expected: "the GPUs of the smallest gang that may stand on a spare")
            let amount = form.value("keep").flatMap { read(amount: $0, findings) }
            let size = form.integer("gangs", SparePolicy.sizes)
            guard let amount, let size else { return nil }
            return PoolSpares(
                pool: entry.key, policy: SparePolicy(amount, leastGPUs: Int32(size.value)))
        }
    }

    private static func read(
        amount value: YAMLValue, _ findings: Findings
    ) -> SparePolicy.Amount? {
        if let text = value.text {
            if let milli = shareMilli(text), SparePolicy.shares.contains(milli) {
                return .share(milli: Int32(milli))
            }
            if let count = Int64(text), SparePolicy.nodes.contains(count) {
                return .nodes(Int32(count))
            }
        }
        findings.report(
            .invalidValue, line: value.line, "'keep' is \(value.described)",
            expected: amountExpected)
        return nil
    }

    /// Thousandths that a percentage with at most one digit after the point is; nil for any other
    /// text.
    private static func shareMilli(_ text: String) -> Int64? {
        guard text.hasSuffix("%") else { return nil }
        let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count),
            parts.allSatisfy({ part in part.utf8.allSatisfy { (48...57).contains($0) } }),
            let whole = Int64(parts[0]), whole <= 100
        else { return nil }
        guard parts.count == 2 else { return whole * 10 }
        guard parts[1].utf8.count == 1, let tenths = Int64(parts[1]) else { return nil }
        return whole * 10 + tenths
    }
}
