/// Where a threshold comes from.
public enum ThresholdSource: Hashable, Sendable {
    /// Somebody published it: who.
    case published(String)
    /// Learned from so many machines of the same kind, whose usual value this is.
    case learned(machines: Int32, usualMilli: Int64)
    /// Of the same, when what is usual now is worse than the best that was by more than the drop:
    /// from so many machines, whose usual value was this.
    case held(machines: Int32, bestMilli: Int64)
    /// A rule of Muster's own: why.
    case rule(String)

    /// The words of a published one begin so.
    public static let publishedWords = "published: "
    /// The words of one that an earlier best holds begin so.
    public static let heldWords = "learned earlier from "

    /// The source in words.
    public var words: String {
        switch self {
        case .published(let source): ThresholdSource.publishedWords + source
        case .learned(let machines, let usual):
            "learned from \(machines) machines, usually \(FixedDecimal.text(milli: usual))"
        case .held(let machines, let best):
            ThresholdSource.heldWords
                + "\(machines) machines, usually \(FixedDecimal.text(milli: best)) then"
        case .rule(let words): words
        }
    }

    /// The source that says these words. Of how many machines something was learned is in them
    /// alone, and decides nothing.
    public init(words: String, isLearned: Bool) {
        guard isLearned else {
            self =
                words.hasPrefix(ThresholdSource.publishedWords)
                ? .published(String(words.dropFirst(ThresholdSource.publishedWords.count)))
                : .rule(words)
            return
        }
        let told = words.split(separator: " ").compactMap { FixedDecimal.milli($0.utf8) }
        let numbers = told.count == 2 ? told : [0, 0]
        let machines = Int32(clamping: numbers[0] / 1000)
        self =
            words.hasPrefix(ThresholdSource.heldWords)
            ? .held(machines: machines, bestMilli: numbers[1])
            : .learned(machines: machines, usualMilli: numbers[1])
    }

    /// Whether it is what machines of the same kind do, so that falling short is a fault of this
    /// one. Published values differ by a factor of eight for the same machine.
    public var isLearned: Bool {
        switch self {
        case .learned, .held: true
        case .published, .rule: false
        }
    }
}

/// What a figure is held against.
public struct Threshold: Hashable, Sendable {
    /// The figure.
    public var figure: FigureID
    /// The least (or most) that is right, in thousandths of the figure's unit.
    public var boundMilli: Int64
    /// Where it comes from.
    public var source: ThresholdSource

    /// How far beyond the bound a figure is a failure, in per cent of the bound.
    public static let failurePercent: Int64 = 10
    /// The same for a published bound: an H100 behind PCIe 4.0 copies half of what one behind 5.0
    /// does, and neither is broken.
    public static let publishedFailurePercent: Int64 = 60

    /// Gathers a threshold.
    public init(_ figure: FigureID, milli: Int64, _ source: ThresholdSource) {
        self.figure = figure
        boundMilli = milli
        self.source = source
    }

    /// `passed`, `degraded` beyond the bound, `failed` beyond it by more than ten per cent of it,
    /// or sixty of a published one.
    public func judge(_ measured: Figure) -> CheckStatus {
        let bound = min(max(boundMilli, 0), FixedDecimal.limit)
        let isPublished = if case .published = source { true } else { false }
        let percent = isPublished ? Threshold.publishedFailurePercent : Threshold.failurePercent
        let margin = bound / 100 * percent
        switch figure.direction {
        case .told: return .passed
        case .higher:
            if measured.milli >= bound { return .passed }
            return measured.milli >= bound - margin ? .degraded : .failed
        case .lower:
            if measured.milli <= bound { return .passed }
            return measured.milli <= bound + margin ? .degraded : .failed
        }
    }

    /// Why a figure is not right.
    public func words(about measured: Figure) -> String {
        let relation = figure.direction == .lower ? "more" : "less"
        let bound = FixedDecimal.text(milli: boundMilli)
        return "\(figure.name) is \(measured.text), \(relation) than \(bound) (\(source.words))"
    }
}
