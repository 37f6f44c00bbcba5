/// A line of blocks, each as high as its value.
enum Sparkline {
    private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let letters: [Character] = ["_", ".", "-", ":", "=", "+", "*", "#"]

    /// One character per value, on a scale from zero to `maximum`; a space where there is nothing.
    static func text(_ values: [Double], maximum: Double, isUnicode: Bool = true) -> String {
        let levels = isUnicode ? blocks : letters
        return String(
            values.map { value in
                guard value > 0, maximum > 0 else { return Character(" ") }
                let level = min(value / maximum, 1) * Double(levels.count)
                return levels[max(0, Int(level.rounded(.up)) - 1)]
            })
    }
}
