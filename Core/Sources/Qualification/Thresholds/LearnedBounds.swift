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
/// while fewer than five machines, or less than 60 % of them, agree. The threshold is worse than
/// usual by the drop.
///
/// The best that was ever usual is kept beside that, where ``keepBest(of:_:)`` is called: a fleet
/// that fades as a whole takes its thresholds along no further than to the drop below what is the
/// drop below its best. One lucky machine moves no median over five that agree.
public struct LearnedBounds: Hashable, Sendable {
    /// How much worse than usual is right.
    public var drops: DropRules
    /// The fewest machines to learn from.
    public var machinesNeeded: Int
    /// Values that are kept of one machine, key and figure: the newest.
    public static let valuesKept = 16
    /// Machines that are kept of one key and figure; further ones are not taken in.
    public static let machinesKept = 4_096

    /// Figures of machines of one kind.
    private struct Place: Hashable, Comparable, Sendable {
        var key: FigureKey
        var figure: FigureID

        static func < (left: Place, right: Place) -> Bool {
            left.key == right.key
                ? left.figure.rawValue < right.figure.rawValue : left.key < right.key
        }
    }

    /// What one machine measured, oldest first.
    private struct Machine: Hashable, Sendable {
        var values: [Int64]
        var median: Int64
    }

    /// The machines of one kind, by the order in which they came.
    private struct Group: Hashable, Sendable {
        var machines: [Machine] = []
        var slots: [String: Int] = [:]

        mutating func add(_ values: some Collection<Int64>, of name: String) {
            if let index = slots[name] {
                let all = machines[index].values + values
                set(Array(all.suffix(LearnedBounds.valuesKept)), at: index)
            } else if machines.count < LearnedBounds.machinesKept {
                slots[name] = machines.count
                machines.append(Machine(values: [], median: 0))
                set(Array(values.suffix(LearnedBounds.valuesKept)), at: machines.count - 1)
            }
        }

        private mutating func set(_ values: [Int64], at index: Int) {
            machines[index] = Machine(values: values, median: LearnedBounds.median(values))
        }
    }

    private var places: [Place: Group] = [:]
    private var best: [Place: LearnedReference.Best] = [:]
    /// What others learned.
    private var told: [Place: LearnedReference] = [:]

    /// Nothing is learned yet.
    public init(drops: DropRules = DropRules(), machinesNeeded: Int = 5) {
        self.drops = drops
        self.machinesNeeded = max(machinesNeeded, 1)
    }

    /// Takes a figure of a machine in. Only figures of checks that passed or were slow belong here.
    public mutating func learn(_ figure: Figure, of machine: String, _ key: FigureKey) {
        restore([figure.milli], of: figure.id, machine, key)
    }

    /// Takes in what was learned of a machine before, oldest first, in thousandths of the unit.
    public mutating func restore(
        _ values: [Int64], of figure: FigureID, _ machine: String, _ key: FigureKey
    ) {
        let own = values.filter { $0 >= 0 }.map { min($0, FixedDecimal.limit) }
        guard figure.direction != .told, !own.isEmpty else { return }
        places[Place(key: key, figure: figure), default: Group()].add(own, of: machine)
    }

    /// What is kept of a machine, oldest first, in thousandths of the unit.
    public func values(
        of figure: FigureID, _ machine: String, _ key: FigureKey
    ) -> [Int64] {
        guard let group = places[Place(key: key, figure: figure)],
            let index = group.slots[machine]
        else { return [] }
        return group.machines[index].values
    }

    /// The drivers and kernels with which anything was measured, by name. O(kinds log kinds).
    var drivers: [String] { Set(places.keys.sorted().map(\.key.driver)).sorted() }

    /// The best that is usual for one machine with other drivers than that of `key`, and with
    /// which; nil where it measured nothing with another.
    ///
    /// - Parameter drivers: Those to look at.
    func past(
        of figure: FigureID, _ machine: String, _ key: FigureKey, among drivers: [String]
    ) -> (milli: Int64, driver: String)? {
        guard !key.driver.isEmpty else { return nil }
        let past = drivers.compactMap { driver -> (milli: Int64, driver: String)? in
            let other = FigureKey(model: key.model, driver: driver, fabric: key.fabric)
            guard !driver.isEmpty, driver != key.driver,
                let group = places[Place(key: other, figure: figure)],
                let slot = group.slots[machine]
            else { return nil }
            return (group.machines[slot].median, driver)
        }
        return figure.direction == .lower
            ? past.min { $0.milli < $1.milli } : past.max { $0.milli < $1.milli }
    }

    /// Takes in what others learned of a figure: it holds while there is too little of its own, and
    /// its best and its drop hold beside that.
    public mutating func take(
        _ reference: LearnedReference, of figure: FigureID, _ key: FigureKey
    ) {
        guard figure.direction != .told else { return }
        let place = Place(key: key, figure: figure)
        func bounded(_ milli: Int64) -> Int64 { min(max(milli, 0), FixedDecimal.limit) }
        told[place] = LearnedReference(
            usualMilli: reference.usualMilli.map(bounded), machines: reference.machines, best: nil,
            dropPercent: reference.dropPercent)
        if let better = reference.best {
            raise(.init(milli: bounded(better.milli), machines: better.machines), place)
        }
    }

    // MARK: The best that was usual

    /// Keeps what is usual now if it is better than all that was; says what it is then.
    /// O(machines log machines).
    public mutating func keepBest(
        of figure: FigureID, _ key: FigureKey
    ) -> LearnedReference.Best? {
        let place = Place(key: key, figure: figure)
        guard let (usual, machines) = usual(place) else { return nil }
        let now = LearnedReference.Best(milli: usual, machines: machines)
        return raise(now, place) ? now : nil
    }

    /// Takes in the best that was usual before.
    public mutating func restoreBest(
        _ known: LearnedReference.Best, of figure: FigureID, _ key: FigureKey
    ) {
        raise(known, Place(key: key, figure: figure))
    }

    @discardableResult
    private mutating func raise(_ new: LearnedReference.Best, _ place: Place) -> Bool {
        if let old = best[place] {
            let isBetter =
                place.figure.direction == .lower ? new.milli < old.milli : new.milli > old.milli
            // As good and of more machines is worth more.
            let isBroader = new.milli == old.milli && new.machines > old.machines
            guard isBetter || isBroader else { return false }
        }
        best[place] = new
        return true
    }

    /// Forgets the best that was usual, so that what is usual now counts, or what was measured as
    /// well. Says what that was about; what is usual now is to be kept as the best of it.
    public mutating func relearn(
        _ kind: LearnedKind, forgetsValues: Bool
    ) -> [(key: FigureKey, figure: FigureID)] {
        let meant = places.keys.sorted().filter { kind.contains($0.key, $0.figure) }
        for place in meant {
            best[place] = nil
            if forgetsValues { places[place] = nil }
        }
        return meant.map { ($0.key, $0.figure) }
    }

    // MARK: What follows

    /// What is known of one figure of one kind of machine.
    public struct Row: Hashable, Sendable {
        /// The kind of machine.
        public var key: FigureKey
        /// The figure.
        public var figure: FigureID
        /// Machines that measured it.
        public var machines: Int
        /// Those of them that are worse than the threshold by their own median.
        public var worse: Int
        /// What it is compared with; nil while there is nothing.
        public var reference: LearnedReference?
        /// The threshold that was learned; nil while too few of them agree.
        public var threshold: Threshold?
    }

    /// All that is known, by model, driver, fabric and figure. O(values).
    public var rows: [Row] {
        places.keys.sorted().map { place in
            let machines = places[place]?.machines ?? []
            let bound = threshold(place.figure, place.key)
            let worse = machines.count { machine in
                let figure = Figure(place.figure, milli: machine.median)
                return bound.map { $0.judge(figure) != .passed } ?? false
            }
            return Row(
                key: place.key, figure: place.figure, machines: machines.count, worse: worse,
                reference: reference(place), threshold: bound)
        }
    }

    /// The threshold for a figure of machines of a kind; nil while too little is known.
    public func threshold(_ figure: FigureID, _ key: FigureKey) -> Threshold? {
        reference(Place(key: key, figure: figure))?.threshold(of: figure)
    }

    /// What a figure of machines of a kind is compared with; nil while nothing is known.
    private func reference(_ place: Place) -> LearnedReference? {
        let (own, others) = (usual(place), told[place])
        guard own != nil || others != nil || best[place] != nil else { return nil }
        return LearnedReference(
            usualMilli: own?.milli ?? others?.usualMilli,
            machines: own?.machines ?? others?.machines ?? 0,
            best: best[place], dropPercent: others?.dropPercent ?? drops[place.figure])
    }

    /// What is usual, and how many machines agree; nil while too few do.
    private func usual(_ place: Place) -> (milli: Int64, machines: Int)? {
        guard let machines = places[place]?.machines, machines.count >= machinesNeeded else {
            return nil
        }
        let values = machines.map(\.median)
        let agreeing = LearnedBounds.largestGroup(values.sorted())
        guard agreeing.count >= machinesNeeded, agreeing.count * 10 >= values.count * 6 else {
            return nil
        }
        return (LearnedBounds.median(agreeing), agreeing.count)
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
