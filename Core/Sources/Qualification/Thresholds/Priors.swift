/// Published thresholds by model of device, to begin with until enough was learned.
///
/// Values that are gates of somebody's own checks are taken as they are. Values that are the most
/// that somebody reached (matrix multiplication, memory) are gates at 80 % of it: sizes, power
/// limits and data differ from theirs.
public enum Priors {
    struct Row: Sendable {
        /// Words that the driver's name of the model has, all of them.
        let words: [String]
        /// Words of which it has none.
        let without: [String]
        let figures: [(FigureID, Int64, String)]
    }

    private static let azure = "Azure/azurehpc-health-checks 0e0a1ac"
    private static let reached = "80 % of what stas00/ml-engineering 744d01e reached"
    private static let memory = "80 % of the vendor's peak"

    static let rows: [Row] = [
        Row(
            words: ["A100", "SXM"], without: [],
            figures: [
                (.hostToDevice, 21_000, azure), (.deviceToHost, 21_000, azure),
                (.peerCopy, 238_000, azure), (.multiplyBF16, 216_800, reached),
                (.allReduce, 228_000, azure),
            ]),
        Row(
            words: ["H100"], without: ["PCIe", "NVL"],
            figures: [
                (.hostToDevice, 48_000, azure), (.deviceToHost, 48_000, azure),
                (.peerCopy, 335_000, azure), (.multiplyBF16, 636_000, reached),
                (.deviceMemory, 2_680_000, memory), (.allReduce, 460_000, azure),
            ]),
        Row(
            words: ["H200"], without: ["NVL", "GH200"],
            figures: [
                (.hostToDevice, 48_000, azure), (.deviceToHost, 48_000, azure),
                (.peerCopy, 335_000, azure), (.multiplyBF16, 636_000, reached),
                (.deviceMemory, 3_840_000, memory), (.allReduce, 431_000, azure),
            ]),
        Row(
            words: ["GB200"], without: [],
            figures: [
                (.multiplyBF16, 1_457_600, reached), (.deviceMemory, 6_400_000, memory),
            ]),
        Row(
            words: ["B200"], without: ["GB200"],
            figures: [
                (.multiplyBF16, 1_396_000, reached), (.deviceMemory, 6_400_000, memory),
            ]),
        Row(words: ["L40S"], without: [], figures: [(.deviceMemory, 691_200, memory)]),
    ]

    /// The thresholds of a model, by the name that its driver gives; none for one that is unknown.
    ///
    /// - Parameter devices: How many devices the node has: all-reduce gates are those of eight.
    public static func thresholds(model: String, devices: Int32) -> [Threshold] {
        let name = model.uppercased()
        func has(_ word: String) -> Bool { name.contains(word.uppercased()) }
        guard
            let row = rows.first(where: { row in
                row.words.allSatisfy(has) && !row.without.contains(where: has)
            })
        else { return [] }
        return row.figures.compactMap { figure, milli, source in
            if figure == .allReduce, devices != 8 { return nil }
            return Threshold(figure, milli: milli, .published(source))
        }
    }

    /// What is asked of every machine, whatever its model.
    public static let everywhere: [Threshold] = [
        Threshold(
            .coreSpread, milli: 80_000,
            .rule("a core that does less than 80 % of the median core holds up a gang")),
        Threshold(
            .deviceSlowed, milli: 6_000,
            .rule("six per cent of the time, after gpud's 0.6 slowdowns a minute")),
    ]
}
