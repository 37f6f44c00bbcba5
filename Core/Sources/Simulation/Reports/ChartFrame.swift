/// The area of a chart with its axes and grid.
struct ChartFrame {
    /// Width of every chart, in its own units.
    static let width = 520.0
    /// Height of most charts, in their own units.
    static let height = 250.0
    /// Left edge of the area.
    static let left = 56.0
    /// Right edge of the area.
    static let right = width - 14
    /// Upper edge of the area.
    static let top = 26.0
    /// Lower edge of the area, above the labels of the axis.
    static let bottom = height - 30

    /// Draws the grid and labels of the vertical axis, and what it counts above it.
    static func draw(_ axis: ChartAxis, unit: String, on canvas: inout SVGCanvas) {
        for tick in axis.ticks {
            let y = axis.place(tick.value)
            canvas.line(left, y, right, y, style: tick.value == 0 ? "axis" : "grid")
            canvas.text(tick.label, x: left - 7, y: y + 4, style: "tick end")
        }
        canvas.text(unit, x: 4, y: 13, style: "unit")
    }

    /// Draws the marks and labels of an axis along the lower edge.
    static func drawBelow(_ axis: ChartAxis, at bottom: Double, on canvas: inout SVGCanvas) {
        for tick in axis.ticks {
            let x = axis.place(tick.value)
            canvas.line(x, bottom, x, bottom + 4, style: "axis")
            let isLast = x > right - 14
            canvas.text(
                tick.label, x: isLast ? right : x, y: bottom + 18,
                style: isLast ? "tick end" : "tick middle")
        }
    }
}
