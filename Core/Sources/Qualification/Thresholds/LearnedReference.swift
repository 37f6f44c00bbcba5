/// What a figure of one kind of machine is compared with.
public struct LearnedReference: Hashable, Sendable {
    /// The best that was ever usual, and of how many machines.
    public struct Best: Hashable, Sendable {
        /// In thousandths of the figure's unit.
        public var milli: Int64
        /// Machines that agreed then.
        public var machines: Int

        /// Gathers both.
        public init(milli: Int64, machines: Int) {
            self.milli = milli
            self.machines = machines
        }
    }

    /// What is usual, in thousandths of the figure's unit; nil while too few machines agree.
    public var usualMilli: Int64?
    /// Machines that agree.
    public var machines: Int
    /// The best that was usual; nil where nobody kept it.
    public var best: Best?
    /// How much worse than the reference is right, in per cent.
    public var dropPercent: Int64

    /// Gathers what is known of a figure.
    public init(usualMilli: Int64?, machines: Int, best: Best?, dropPercent: Int64) {
        self.usualMilli = usualMilli
        self.machines = machines
        self.best = best
        self.dropPercent = dropPercent
    }

    /// The worst that may count as usual after the best that was.
    private func floor(of figure: FigureID) -> Int64? {
        best.map { DropRules().worse(than: $0.milli, figure, percent: dropPercent) }
    }

    /// Whether what is usual now is so much worse than the best that it counts no more.
    public func isHeld(_ figure: FigureID) -> Bool {
        guard let floor = floor(of: figure) else { return false }
        guard let usualMilli else { return true }
        return figure.direction == .lower ? usualMilli > floor : usualMilli < floor
    }

    /// The threshold; nil while there is neither anything usual nor a best.
    func threshold(of figure: FigureID) -> Threshold? {
        func bound(_ milli: Int64) -> Int64 {
            DropRules().worse(than: milli, figure, percent: dropPercent)
        }
        if isHeld(figure), let best, let floor = floor(of: figure) {
            return Threshold(
                figure, milli: bound(floor),
                .held(machines: Int32(clamping: best.machines), bestMilli: best.milli))
        }
        return usualMilli.map { usual in
            Threshold(
                figure, milli: bound(usual),
                .learned(machines: Int32(clamping: machines), usualMilli: usual))
        }
    }
}
