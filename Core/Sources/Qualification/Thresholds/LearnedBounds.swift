/// What machines have to have in common so that their figures can be compared.
public struct FigureKey: Hashable, Comparable, Sendable {
    /// The device's model, or the processor's for figures of the host.
    public var model: String
    /// The version of the driver, or of the kernel.
    public var driver: String
    /// What connects the machines, such as `400 Gb/sec (4X NDR)`.
    public var fabric: String

    /// Gathers a key.
    public init(model: String, driver: String, fabric: String) {
        self.model = model
        self.driver = driver
        self.fabric = fabric
    }

    /// Orders by model, driver and fabric.
    public static func < (left: FigureKey, right: FigureKey) -> Bool {
        (left.model, left.driver, left.fabric) < (right.model, right.driver, right.fabric)
    }
}

/// Thresholds from what machines of the same kind have measured.
///
/// One machine counts once, with its median. The usual value is the median of the largest group of
/// machines that lie within 10 % of each other, as SuperBench takes the largest cluster for its
/// criterion (ATC 2024); machines outside of it are bad, or of another kind. Nothing is learned
/// while fewer than five machines, or less than 60 % of them, agree. The threshold is 5 % worse
/// than usual, SuperBench's default.
public struct LearnedBounds: Hashable, Sendable {
    /// How much worse than usual is right, in per cent.
    public var dropPercent: Int64
    /// The fewest machines to learn from.
    public var machinesNeeded: Int
    /// Values that are kept of one machine, key and figure: the newest.
    public static let valuesKept = 16
    /// Machines that are kept of one key and figure; further ones are not taken in.
    public static let machinesKept = 4_096

    private struct Place: Hashable, Sendable {
        var key: FigureKey
        var figure: FigureID
    }

    private struct Machine: Hashable, Sendable {
        var name: String
        var values: [Int64]
    }

    private var places: [Place: [Machine]] = [:]

    /// Nothing is learned yet.
    public init(dropPercent: Int64 = 5, machinesNeeded: Int = 5) {
        self.dropPercent = min(max(dropPercent, 0), 99)
        self.machinesNeeded = max(machinesNeeded, 1)
    }

    /// Takes a figure of a machine in. Only figures of checks that passed or were slow belong here.
    public mutating func learn(_ figure: Figure, of machine: String, _ key: FigureKey) {
        guard figure.id.direction != .told, figure.milli >= 0 else { return }
        let value = min(figure.milli, FixedDecimal.limit)
        let place = Place(key: key, figure: figure.id)
        var machines = places[place] ?? []
        if let index = machines.firstIndex(where: { $0.name == machine }) {
            machines[index].values.append(value)
            if machines[index].values.count > LearnedBounds.valuesKept {
                machines[index].values.removeFirst()
            }
        } else if machines.count < LearnedBounds.machinesKept {
            machines.append(Machine(name: machine, values: [value]))
        }
        places[place] = machines
    }

    /// The threshold for a figure of machines of a kind; nil while too little is known.
    public func threshold(_ figure: FigureID, _ key: FigureKey) -> Threshold? {
        guard let machines = places[Place(key: key, figure: figure)],
            machines.count >= machinesNeeded
        else { return nil }
        let values = machines.map { LearnedBounds.median($0.values) }
        let agreeing = LearnedBounds.largestGroup(values.sorted())
        guard agreeing.count >= machinesNeeded, agreeing.count * 10 >= values.count * 6 else {
            return nil
        }
        let usual = LearnedBounds.median(agreeing)
        let drop = usual / 100 * dropPercent
        return Threshold(
            figure, milli: figure.direction == .lower ? usual + drop : usual - drop,
            .learned(machines: Int32(clamping: agreeing.count), usualMilli: usual))
    }

    /// The thresholds of a kind of machine: learned ones, and `priors` where nothing was learned.
    public func thresholds(_ key: FigureKey, priors: [Threshold]) -> [Threshold] {
        let learned = FigureID.allCases.compactMap { threshold($0, key) }
        let others = priors.filter { prior in
            !learned.contains { $0.figure == prior.figure }
        }
        return learned + others
    }

    /// The most values that lie within 10 % of the least of them; of two such groups the lower.
    private static func largestGroup(_ sorted: [Int64]) -> ArraySlice<Int64> {
        var best = sorted[0..<0]
        var end = 0
        for start in sorted.indices {
            let most = sorted[start] + sorted[start] / 10
            end = max(end, start)
            while end < sorted.count, sorted[end] <= most { end += 1 }
            if end - start > best.count { best = sorted[start..<end] }
        }
        return best
    }

    private static func median(_ values: some Collection<Int64>) -> Int64 {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        if sorted.count % 2 == 1 { return sorted[middle] }
        return (sorted[middle - 1] + sorted[middle]) / 2
    }
}
