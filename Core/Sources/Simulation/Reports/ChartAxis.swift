/// A scale from values to places on a drawing, and where its marks are.
struct ChartAxis {
    /// One mark.
    struct Tick: Equatable {
        /// The value.
        var value: Double
        /// What stands beside it.
        var label: String
    }

    /// The marks, lowest first.
    var ticks: [Tick]
    private let position: (Double) -> Double
    private let start: Double
    private let end: Double

    private init(
        ticks: [Tick], from start: Double, to end: Double,
        position: @escaping (Double) -> Double
    ) {
        self.ticks = ticks
        self.start = start
        self.end = end
        self.position = position
    }

    /// The place of a value, which lies within the axis.
    func place(_ value: Double) -> Double {
        start + (end - start) * min(1, max(0, position(value)))
    }

    /// From zero to `maximum` or, when `isRounded`, the next mark above it, in about `count` steps
    /// of 1, 2 or 5 times a power of ten.
    static func linear(
        maximum: Double, count: Int = 5, isRounded: Bool = true, from start: Double, to end: Double,
        label: (Double) -> String = { NumberText.grouped($0) }
    ) -> ChartAxis {
        let highest = maximum > 0 && maximum.isFinite ? maximum : 1
        let step = roundStep(highest / Double(count))
        let steps =
            isRounded
            ? (highest / step - 1e-9).rounded(.up) : (highest / step + 1e-9).rounded(.down)
        let top = isRounded ? step * steps : highest
        let ticks = (0...Int(steps)).map { index in
            Tick(value: Double(index) * step, label: label(Double(index) * step))
        }
        return ChartAxis(ticks: ticks, from: start, to: end) { $0 / top }
    }

    /// From zero to `seconds`, with marks at whole units of time; at most seven.
    static func time(seconds: Double, from start: Double, to end: Double) -> ChartAxis {
        let length = seconds > 0 && seconds.isFinite ? seconds : 1
        let (step, unit, name) = timeStep(length / 6)
        let ticks = (0...Int(length / step + 1e-9)).map { index in
            let value = Double(index) * step
            let count = NumberText.grouped(value / unit)
            return Tick(value: value, label: index == 0 ? "0" : count + name)
        }
        return ChartAxis(ticks: ticks, from: start, to: end) { $0 / length }
    }

    /// Lengths of time from zero to at least `seconds`, logarithmic above a minute, with marks
    /// where people have words for them.
    static func logarithmicTime(seconds: Double, from start: Double, to end: Double) -> ChartAxis {
        let marks: [(Double, String)] = [
            (0, "0"), (60, "1m"), (600, "10m"), (3_600, "1h"), (21_600, "6h"), (86_400, "1d"),
            (604_800, "7d"), (2_592_000, "30d"), (31_536_000, "1y"), (315_360_000, "10y"),
            (3_153_600_000, "100y"),
        ]
        let last = marks.firstIndex { $0.0 >= seconds && $0.0 >= 600 } ?? marks.count - 1
        let ticks = marks[...last].map { Tick(value: $0.0, label: $0.1) }
        let top = roughLogarithm(1 + max(seconds, marks[last].0) / 60)
        return ChartAxis(ticks: ticks, from: start, to: end) {
            roughLogarithm(1 + $0 / 60) / top
        }
    }

    /// Ratios from zero without an end: `middle` stands half way, and what is far above it nears
    /// the end.
    static func saturating(
        middle: Double, ticks: [Double], from start: Double, to end: Double
    ) -> ChartAxis {
        let marks = ticks.map { Tick(value: $0, label: NumberText.grouped($0 * 100) + " %") }
        return ChartAxis(ticks: marks, from: start, to: end) { $0 / ($0 + middle) }
    }

    /// The smallest of 1, 2 and 5 times a power of ten that is not below `step`.
    static func roundStep(_ step: Double) -> Double {
        var power = 1.0
        while power > step { power /= 10 }
        while power * 10 <= step { power *= 10 }
        return [1, 2, 5, 10].map { $0 * power }.first { $0 >= step * (1 - 1e-9) } ?? step
    }

    private static func timeStep(_ step: Double) -> (seconds: Double, unit: Double, name: String) {
        let units: [(Double, String, [Double])] = [
            (1, "s", [1, 2, 5, 10, 20, 30]), (60, "m", [1, 2, 5, 10, 20, 30]),
            (3_600, "h", [1, 2, 3, 6, 12]), (86_400, "d", [1, 2, 5, 10, 20, 50, 100]),
        ]
        for (unit, name, counts) in units {
            if let count = counts.first(where: { $0 * unit >= step * (1 - 1e-9) }) {
                return (count * unit, unit, name)
            }
        }
        return (roundStep(step / 31_536_000) * 31_536_000, 31_536_000, "y")
    }

    /// The binary logarithm with straight lines between powers of two: monotone, never off by more
    /// than 0.09, and the same on every machine.
    private static func roughLogarithm(_ value: Double) -> Double {
        Double(value.exponent) + value.significand - 1
    }
}
