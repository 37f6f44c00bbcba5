/// How much worse than usual a figure may be.
public struct DropRules: Hashable, Sendable {
    /// In per cent, for figures that have no drop of their own.
    public var percent: Int64
    private var own: [FigureID: Int64] = [:]

    /// SuperBench's default (ATC 2024).
    public static let usualPercent: Int64 = 5
    /// What a drop may be, in per cent.
    public static let percents: ClosedRange<Int64> = 1...50
    /// What the text of rules may be.
    public static let expected =
        "1 to 50 per cent, such as 5, or 5,diskWrite=15 for figures with a drop of their own"

    /// One drop for all figures.
    public init(percent: Int64 = usualPercent) {
        self.percent = DropRules.clamped(percent)
    }

    /// Reads `8`, `diskWrite=15` or both, with commas between them; nil for anything else, also for
    /// what is named twice and for figures that are not judged.
    public init?(text: String) {
        self.init()
        var hasDefault = false
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let words = part.split(separator: "=", omittingEmptySubsequences: false)
            guard let number = words.last, let percent = Int64(number),
                DropRules.percents.contains(percent)
            else { return nil }
            if words.count == 1, !hasDefault {
                hasDefault = true
                self.percent = percent
            } else if words.count == 2, let figure = FigureID(name: String(words[0])),
                figure.direction != .told, own[figure] == nil
            {
                own[figure] = percent
            } else {
                return nil
            }
        }
    }

    /// The drop of a figure, in per cent.
    public subscript(figure: FigureID) -> Int64 {
        get { own[figure] ?? percent }
        set { own[figure] = DropRules.clamped(newValue) }
    }

    /// As ``init(text:)`` reads it.
    public var text: String {
        let figures = FigureID.allCases.compactMap { figure in
            own[figure].map { "\(figure.name)=\($0)" }
        }
        return (["\(percent)"] + figures).joined(separator: ",")
    }

    /// What is worse than a value by the drop of a figure.
    func worse(than milli: Int64, _ figure: FigureID, percent: Int64? = nil) -> Int64 {
        let drop = milli / 100 * (percent ?? self[figure])
        return figure.direction == .lower ? milli + drop : milli - drop
    }

    private static func clamped(_ percent: Int64) -> Int64 {
        min(max(percent, percents.lowerBound), percents.upperBound)
    }
}
