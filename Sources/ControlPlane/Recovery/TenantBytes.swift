import FleetModel

/// The quota tree in one fact of the database: words in hexadecimal digits.
enum TenantBytes {
    static func text(_ tenants: [TenantSpec]) -> String {
        var words: [Int64] = []
        for tenant in tenants {
            words += [
                Int64(tenant.id.rawValue), tenant.parent.map { Int64($0.rawValue) } ?? -1,
                Int64(tenant.quotas.count), Int64(tenant.cells.count),
            ]
            for quota in tenant.quotas {
                words += [
                    Int64(quota.kind.rawValue), quota.guaranteedMilli, quota.limitMilli ?? -1,
                    quota.lendableMilli ?? -1, quota.weight,
                ]
            }
            for cell in tenant.cells {
                words += [
                    Int64(cell.kind.rawValue), Int64(cell.level.rawValue), Int64(cell.count),
                ]
            }
        }
        return words.map { String($0, radix: 16) }.joined(separator: " ")
    }

    /// Nil for text that was not written by ``text(_:)``.
    static func tenants(_ text: String) -> [TenantSpec]? {
        var words = text.split(separator: " ").map { Int64($0, radix: 16) }[...]
        func next() -> Int64? { words.popFirst() ?? nil }
        func id(_ word: Int64?) -> Int32? { word.flatMap { Int32(exactly: $0) } }
        var tenants: [TenantSpec] = []
        while !words.isEmpty {
            guard let tenant = id(next()), let parent = id(next()), let quotas = next(),
                let cells = next(), quotas >= 0, cells >= 0
            else { return nil }
            var spec = TenantSpec(
                id: TenantID(rawValue: tenant),
                parent: parent < 0 ? nil : TenantID(rawValue: parent))
            for _ in 0..<quotas {
                guard let kind = id(next()), let guaranteed = next(), let limit = next(),
                    let lendable = next(), let weight = next()
                else { return nil }
                spec.quotas.append(
                    QuotaSpec(
                        kind: AcceleratorKindID(rawValue: kind), guaranteedMilli: guaranteed,
                        limitMilli: limit < 0 ? nil : limit,
                        lendableMilli: lendable < 0 ? nil : lendable, weight: weight))
            }
            for _ in 0..<cells {
                guard let kind = id(next()), let level = id(next()), (0...15).contains(level),
                    let count = id(next())
                else { return nil }
                spec.cells.append(
                    CellQuota(
                        kind: AcceleratorKindID(rawValue: kind), level: LevelIndex(Int(level)),
                        count: count))
            }
            tenants.append(spec)
        }
        return tenants
    }
}
