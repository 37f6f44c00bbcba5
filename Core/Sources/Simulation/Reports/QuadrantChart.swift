/// One run's way through the states of a fleet: GPUs that run against GPUs that are waited for.
struct QuadrantChart {
    /// The run.
    var report: RunReport
    /// Its name.
    var label: String
    /// The class of its colour.
    var style: String
    /// The chart's number on the page.
    var index: Int

    private static let height = 350.0
    private static let top = 50.0
    private static let bottom = height - 46
    private static let pointLimit = 160

    /// The chart with its table.
    var figure: HTMLFigure {
        HTMLFigure(
            title: "Congestion: \(label)",
            note: "Each dot is one stretch of time, the ring the first and the large dot the last. "
                + "Both axes are parts of the GPUs in service; the upper one is compressed.",
            drawing: drawing, table: table)
    }

    private struct Point {
        var time: Double
        var running: Double
        var waiting: Double
    }

    private var points: [Point] {
        let series = report.series.merged(toAtMost: Self.pointLimit)
        return (0..<series.count).compactMap { bucket in
            let whole = series.schedulableGPUs.means[bucket]
            guard whole > 0 else { return nil }
            return Point(
                time: Double(bucket) * series.bucketSeconds,
                running: series.allocatedGPUs.means[bucket] / whole,
                waiting: series.waitingGPUs.means[bucket] / whole)
        }
    }

    private var drawing: String {
        var canvas = SVGCanvas(width: ChartFrame.width, height: Self.height)
        let across = ChartAxis.linear(
            maximum: 1, from: ChartFrame.left, to: ChartFrame.right - 8,
            label: { NumberText.grouped($0 * 100) + " %" })
        let upward = ChartAxis.saturating(
            middle: 0.25, ticks: [0, 0.1, 0.25, 0.5, 1, 3], from: Self.bottom,
            to: Self.top)
        drawQuadrants(across, upward, on: &canvas)
        ChartFrame.draw(upward, unit: "GPUs waited for", on: &canvas)
        ChartFrame.drawBelow(across, at: Self.bottom, on: &canvas)
        canvas.text(
            "GPUs in use", x: ChartFrame.right, y: Self.height - 8, style: "unit end")
        let places = points.map { (across.place($0.running), upward.place($0.waiting)) }
        let commands = places.enumerated().map { index, place in
            (index == 0 ? "M" : "L") + SVGCanvas.number(place.0) + " " + SVGCanvas.number(place.1)
        }
        canvas.path(commands.joined(), style: "trail \(style)")
        for place in places {
            canvas.circle(x: place.0, y: place.1, radius: 2.6, style: "dot \(style)")
        }
        if let first = places.first, let last = places.last {
            canvas.circle(x: first.0, y: first.1, radius: 5.5, style: "ring \(style)")
            canvas.circle(x: last.0, y: last.1, radius: 5.5, style: "bar \(style)")
        }
        drawNames(across, upward, on: &canvas)
        let shares = CongestionQuadrant.allCases.map { "\($0.name) \(share($0))" }
        return canvas.element(
            id: "quadrant-\(index)", title: "Congestion: \(label)",
            description: "Scatter chart of GPUs in use against GPUs waited for. Of the time the "
                + "fleet was " + shares.joined(separator: ", ") + ".")
    }

    private func share(_ quadrant: CongestionQuadrant) -> String {
        NumberText.percent(report.quadrantShares[quadrant.rawValue])
    }

    private func drawQuadrants(
        _ across: ChartAxis, _ upward: ChartAxis, on canvas: inout SVGCanvas
    ) {
        let x = across.place(Double(CongestionQuadrant.busyPercent) / 100)
        let y = upward.place(Double(CongestionQuadrant.waitingPercent) / 100)
        let right = across.place(1)
        canvas.rectangle(
            x: x, y: y, width: right - x, height: Self.bottom - y, style: "healthy")
        canvas.rectangle(
            x: ChartFrame.left, y: Self.top, width: x - ChartFrame.left,
            height: y - Self.top, style: "starving")
        canvas.line(x, Self.top, x, Self.bottom, style: "split")
        canvas.line(ChartFrame.left, y, right, y, style: "split")
    }

    /// The upper names stand above the area, the lower ones below the split, where few dots are.
    private func drawNames(
        _ across: ChartAxis, _ upward: ChartAxis, on canvas: inout SVGCanvas
    ) {
        let left = ChartFrame.left + 6
        let right = across.place(1)
        let above = Self.top - 7
        let below = upward.place(Double(CongestionQuadrant.waitingPercent) / 100) + 16
        for (quadrant, x, anchor) in [
            (CongestionQuadrant.starving, left, ""), (.congested, right, " end"),
        ] {
            let name = "\(quadrant.name) \(share(quadrant))"
            canvas.text(name, x: x, y: above, style: "quadrant\(anchor)")
        }
        for (quadrant, x, anchor) in [
            (CongestionQuadrant.idle, left, ""), (.healthy, right - 6, " end"),
        ] {
            canvas.text(quadrant.name, x: x, y: below, style: "quadrant\(anchor)")
            canvas.text(share(quadrant), x: x, y: below + 16, style: "quadrant\(anchor)")
        }
    }

    private var table: HTMLTable {
        HTMLTable(
            caption: "Time in each state: \(label)", heads: ["the fleet was", "part of the time"],
            rows: CongestionQuadrant.allCases.map { [$0.name, share($0)] })
    }
}
