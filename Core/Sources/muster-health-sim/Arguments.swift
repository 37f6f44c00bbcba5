/// What the command was asked for.
struct Arguments {
    var seeds: [UInt64] = [11, 12, 13]
    var days: Int64 = 90

    static let usage = """
        usage: muster-health-sim [--seeds N,N,…] [--days N]

        Runs a fleet of 2,048 GPUs with the scheduler's and the health engine, with every mix of
        faults and with each part of the health engine switched off, and prints tables as Markdown.

          --seeds N,N,…  of everything random (default 11,12,13)
          --days N       1 to 365 (default 90)

        exit codes: 0 fine, 2 usage, 3 a promise was broken, which stderr names
        """

    /// Reads arguments; nil when they make no sense.
    init?(_ words: [String]) {
        var rest = words[...]
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch option {
            case "--seeds":
                let parts = value.split(separator: ",", omittingEmptySubsequences: false)
                seeds = parts.compactMap { UInt64($0) }
                guard seeds.count == parts.count else { return nil }
            case "--days":
                guard let days = Int64(value), (1...365).contains(days) else { return nil }
                self.days = days
            default: return nil
            }
        }
    }
}
