/// What tenants used against what their quota guarantees: bars, and small charts over time.
struct TenantChart {
    /// The runs, with their names and the classes of their colours.
    var runs: [(report: RunReport, label: String, style: String)]
    /// The time series of the runs, merged for drawing.
    var series: [RunSeries]

    private static let nameWidth = 132.0

    /// The chart of means with its table.
    var meansFigure: HTMLFigure {
        HTMLFigure(
            title: "Tenant shares against quota",
            note: "GPUs in use on average. The upright mark is what the quota guarantees, the "
                + "dashed one its limit.",
            drawing: meansDrawing,
            legend: runs.count > 1 ? runs.map { ($0.label, $0.style) } : [], table: table)
    }

    /// The small charts over time with the same table.
    var overTimeFigure: HTMLFigure {
        HTMLFigure(
            title: "Tenant shares over time",
            note: "GPUs in use by tenant, all on one scale; the dashed line is what the quota "
                + "guarantees.",
            drawing: overTimeDrawing,
            legend: runs.count > 1 ? runs.map { ($0.label, $0.style) } : [], table: table)
    }

    /// Tenants of all runs: in the order of the first, then what the others add.
    private var names: [String] {
        var names: [String] = []
        for run in runs {
            for tenant in run.report.tenants where !names.contains(tenant.name) {
                names.append(tenant.name)
            }
        }
        return names.filter { $0 != RunReport.otherTenantsName }
            + names.filter { $0 == RunReport.otherTenantsName }
    }

    private func figures(_ name: String) -> [TenantFigures?] {
        runs.map { run in run.report.tenants.first { $0.name == name } }
    }

    private func quota(_ name: String) -> (guaranteed: Double, limit: Double?) {
        let known = figures(name).compactMap { $0 }.first
        return (known?.guaranteedGPUs ?? 0, known?.limitGPUs)
    }

    private var meansDrawing: String {
        let names = names
        let bar = max(5, min(14, 26 / Double(max(1, runs.count))))
        let row = bar * Double(runs.count) + 13
        let bottom = 8 + row * Double(names.count)
        var canvas = SVGCanvas(width: ChartFrame.width, height: max(60, bottom + 40))
        let used = runs.flatMap(\.report.tenants).map(\.meanGPUs).max() ?? 0
        let highest = names.reduce(used) { max($0, quota($1).guaranteed) }
        let axis = ChartAxis.linear(
            maximum: highest, from: Self.nameWidth, to: ChartFrame.right - 30)
        for tick in axis.ticks {
            let x = axis.place(tick.value)
            canvas.line(x, 4, x, bottom, style: tick.value == 0 ? "axis" : "grid")
            canvas.text(tick.label, x: x, y: bottom + 16, style: "tick middle")
        }
        canvas.text("GPUs", x: axis.place(0), y: bottom + 34, style: "unit")
        for (index, name) in names.enumerated() {
            let top = 8 + row * Double(index)
            canvas.text(
                TerminalText.truncated(name, to: 18), x: Self.nameWidth - 8, y: top + row / 2,
                style: "tick end")
            for (run, tenant) in figures(name).enumerated() {
                guard let tenant else { continue }
                canvas.rectangle(
                    x: Self.nameWidth, y: top + 3 + bar * Double(run),
                    width: max(1, axis.place(tenant.meanGPUs) - Self.nameWidth), height: bar - 1,
                    style: "bar \(runs[run].style)",
                    title: "\(runs[run].label), \(name): \(Self.text(tenant.meanGPUs)) GPUs")
            }
            let (guaranteed, limit) = quota(name)
            let edges = (top, top + row - 7)
            if guaranteed > 0 {
                let x = axis.place(guaranteed)
                canvas.line(x, edges.0, x, edges.1, style: "quota")
            }
            if let limit, let last = axis.ticks.last, limit <= last.value {
                let x = axis.place(limit)
                canvas.line(x, edges.0, x, edges.1, style: "limit")
            }
        }
        return canvas.element(
            id: "tenants", title: "Tenant shares against quota",
            description: "Bar chart of the GPUs that \(names.count) tenants used on average.")
    }

    private var overTimeDrawing: String {
        let names = names
        let columns = 2
        let panelWidth = (ChartFrame.width - 20) / Double(columns)
        let panelHeight = 88.0
        let rows = (names.count + columns - 1) / columns
        var canvas = SVGCanvas(
            width: ChartFrame.width, height: max(60, Double(rows) * panelHeight + 8))
        let lines = series.flatMap(\.tenantGPUs).flatMap(\.means)
        let highest = names.reduce(lines.max() ?? 0) { max($0, quota($1).guaranteed) }
        let length = series.map(\.lengthSeconds).max() ?? 0
        for (index, name) in names.enumerated() {
            let left = (panelWidth + 20) * Double(index % columns)
            let top = panelHeight * Double(index / columns)
            let vertical = ChartAxis.linear(
                maximum: highest, isRounded: false, from: top + panelHeight - 8, to: top + 20)
            let horizontal = ChartAxis.time(seconds: length, from: left, to: left + panelWidth)
            canvas.text(TerminalText.truncated(name, to: 22), x: left, y: top + 14, style: "name")
            canvas.line(
                left, vertical.place(0), left + panelWidth, vertical.place(0), style: "axis")
            var peak = 0.0
            for (run, report) in runs.enumerated() {
                guard let position = report.report.tenants.firstIndex(where: { $0.name == name }),
                    position < series[run].tenantGPUs.count
                else { continue }
                let values = series[run].tenantGPUs[position]
                peak = max(peak, values.peak)
                let line = TimeChart.Line(
                    label: report.label, style: report.style, values: values.means,
                    series: series[run])
                canvas.path(
                    TimeChart.commands(line, horizontal, vertical), style: "line \(line.style)")
            }
            let guaranteed = quota(name).guaranteed
            if guaranteed > 0 {
                let y = vertical.place(guaranteed)
                canvas.line(left, y, left + panelWidth, y, style: "split")
            }
            canvas.text(
                "peak \(Self.text(peak))", x: left + panelWidth, y: top + 14, style: "tick end")
        }
        return canvas.element(
            id: "tenants-time", title: "Tenant shares over time",
            description: "\(names.count) small line charts over "
                + "\(NumberText.duration(seconds: length)), one for each tenant, from 0 to "
                + "\(Self.text(highest)) GPUs.")
    }

    private var table: HTMLTable {
        var rows: [[String]] = []
        for name in names {
            for (run, tenant) in figures(name).enumerated() {
                guard let tenant else { continue }
                rows.append([
                    name, runs[run].label, NumberText.grouped(tenant.jobs),
                    Self.text(tenant.guaranteedGPUs), tenant.limitGPUs.map(Self.text) ?? "–",
                    Self.text(tenant.meanGPUs),
                    NumberText.grouped(tenant.allocatedGPUSeconds / 3_600),
                    NumberText.duration(seconds: tenant.waitSeconds.p50),
                    NumberText.duration(seconds: tenant.waitSeconds.p90),
                ])
            }
        }
        return HTMLTable(
            caption: "Tenants",
            heads: [
                "tenant", "run", "jobs", "guaranteed", "limit", "mean GPUs", "GPU-hours",
                "median wait", "90 % wait",
            ], rows: rows)
    }

    private static func text(_ gpus: Double) -> String {
        NumberText.grouped(gpus, decimals: gpus < 10 && gpus != gpus.rounded() ? 1 : 0)
    }
}
