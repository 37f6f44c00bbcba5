/// Runs as one self-contained page: figures, and charts drawn in SVG. It loads nothing, runs no
/// script, and follows the reader's choice of light or dark.
public enum HTMLReport {
    /// Colours before they repeat.
    private static let colourCount = 6
    /// Buckets of a line over time: more than the screen shows would only add bytes.
    private static let pointLimit = 420

    /// The page in UTF-8 text.
    public static func text(_ runs: [RunReport]) -> String {
        let labels = RunReport.labels(of: runs)
        let named = zip(runs, labels).enumerated().map { index, run in
            (report: run.0, label: run.1, style: style(index))
        }
        let workload = runs.first?.identity.workload ?? ""
        let title = workload.isEmpty ? "Simulation" : "Simulation of \(workload)"
        var page = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
            style-src 'unsafe-inline'">
            <meta name="color-scheme" content="light dark">
            <title>\(HTMLText.escaped(title)) · Muster</title>
            <style>
            \(HTMLStyle.sheet)</style>
            </head>
            <body>
            <main>

            """
        page += header(runs.first, title: title)
        guard !runs.isEmpty else { return page + "<p>No runs.</p>\n</main>\n</body>\n</html>\n" }
        page += "<section class=\"runs\" aria-label=\"Runs\">\n"
        for run in named { page += card(run.report, run.label, run.style) }
        page += "</section>\n<section class=\"charts\" aria-label=\"Charts\">\n"
        page += charts(named)
        page += "</section>\n" + figures(runs, labels)
        return page + footer(runs, labels) + "</main>\n</body>\n</html>\n"
    }

    private static func style(_ index: Int) -> String {
        let dash = index / colourCount
        return "s\(index % colourCount)" + (dash > 0 ? " dash\(min(dash, 2))" : "")
    }

    private static func header(_ run: RunReport?, title: String) -> String {
        var text = "<header>\n<p class=\"brand\">Muster · simulation report</p>\n"
        text += "<h1>\(HTMLText.escaped(title))</h1>\n"
        if let run {
            let fleet = run.identity.fleet.isEmpty ? "" : "Fleet \(run.identity.fleet): "
            let facts =
                "\(fleet)\(NumberText.grouped(run.nodes)) nodes, "
                + "\(NumberText.grouped(run.devices)) GPUs. "
                + "\(NumberText.grouped(run.counts.jobs)) jobs over "
                + "\(NumberText.duration(seconds: run.makespanSeconds))."
            text += "<p class=\"facts\">\(HTMLText.escaped(facts))</p>\n"
        }
        return text + "</header>\n"
    }

    private static func card(_ run: RunReport, _ label: String, _ style: String) -> String {
        let detail =
            "placement \(run.identity.placement), durations \(run.identity.durations), "
            + "seed \(run.identity.seed)"
        let tiles = [
            ("allocation", NumberText.percent(run.allocationRatio)),
            ("median wait", NumberText.duration(seconds: run.wait.p50)),
            ("90 % wait", NumberText.duration(seconds: run.wait.p90)),
            ("makespan", NumberText.duration(seconds: run.makespanSeconds)),
        ]
        var text = "<article class=\"card run \(style)\">\n"
        text += "<h2>\(HTMLText.escaped(label))</h2>\n"
        text += "<p class=\"note\">\(HTMLText.escaped(detail))</p>\n<dl>\n"
        for (name, value) in tiles {
            text += "<div><dt>\(HTMLText.escaped(name))</dt>"
            text += "<dd>\(HTMLText.escaped(value))</dd></div>\n"
        }
        return text + "</dl>\n</article>\n"
    }

    private static func charts(
        _ runs: [(report: RunReport, label: String, style: String)]
    ) -> String {
        let series = runs.map { $0.report.series.merged(toAtMost: pointLimit) }
        func lines(_ values: (RunSeries) -> SeriesLine) -> [TimeChart.Line] {
            zip(runs, series).map { run, series in
                TimeChart.Line(
                    label: run.label, style: run.style, values: values(series).means,
                    series: series)
            }
        }
        let top = series.map(\.schedulableGPUs.peak).max() ?? 0
        let inService = series.first.map {
            TimeChart.Line(
                label: "in service", style: "service", values: $0.schedulableGPUs.means,
                series: $0)
        }
        let waiting = lines(\.waitingGPUs)
        var text = TimeChart(
            id: "allocation", title: "Allocation over time", note: "GPUs in use.", unit: "GPUs",
            lines: lines(\.allocatedGPUs), reference: inService, maximum: top
        ).figure.element(id: "allocation")
        text += TimeChart(
            id: "waiting", title: "Waiting GPUs over time",
            note: "GPUs asked for by jobs that wait.", unit: "GPUs", lines: waiting,
            maximum: waiting.flatMap(\.values).max() ?? 0
        ).figure.element(id: "waiting")
        text += WaitChart(runs: runs).figure.element(id: "wait")
        let reasons = WaitReasonChart(runs: runs)
        if !reasons.isEmpty { text += reasons.figure.element(id: "reasons") }
        if series.contains(where: \.hasFragmentation) {
            text += fragmentation(lines(\.fragmentation), lines(\.largestGangGPUs))
        }
        for (index, run) in runs.enumerated() {
            text += QuadrantChart(
                report: run.report, label: run.label, style: run.style, index: index
            ).figure.element(id: "quadrant-\(index)")
        }
        if runs.contains(where: { !$0.report.tenants.isEmpty }) {
            let tenants = TenantChart(runs: runs, series: series)
            text += tenants.meansFigure.element(id: "tenants")
            text += tenants.overTimeFigure.element(id: "tenants-time")
        }
        return text
    }

    private static func fragmentation(
        _ fragmentation: [TimeChart.Line], _ largest: [TimeChart.Line]
    ) -> String {
        let gangs = TimeChart(
            id: "largest", title: "Largest placeable gang over time",
            note: "GPUs of the largest gang that could start at once.", unit: "GPUs",
            lines: largest, maximum: largest.flatMap(\.values).max() ?? 0)
        return TimeChart(
            id: "fragmentation", title: "Fragmentation over time",
            note: "Part of the free GPUs on nodes in part use, where no whole node is left.",
            unit: "of free GPUs",
            lines: fragmentation, maximum: 1, isExact: true,
            text: { NumberText.grouped($0 * 100) + " %" }
        ).figure.element(id: "fragmentation") + gangs.figure.element(id: "largest")
    }

    private static func figures(_ runs: [RunReport], _ labels: [String]) -> String {
        var text = "<section class=\"card figures\" aria-labelledby=\"figures-h\">\n"
        text += "<h2 id=\"figures-h\">All figures</h2>\n"
        text += "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"All figures\">"
        text += "<table><caption class=\"hidden\">All figures by run</caption>\n<thead><tr>"
        text += "<td></td>"
        for label in labels { text += "<th scope=\"col\">\(HTMLText.escaped(label))</th>" }
        text += "</tr></thead>\n"
        for section in ReportFigures(runs: runs).sections {
            text += "<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\" "
            text += "colspan=\"\(labels.count + 1)\">\(HTMLText.escaped(section.title))</th></tr>\n"
            for figure in section.figures {
                text += "<tr><th scope=\"row\">\(HTMLText.escaped(figure.label))</th>"
                for (run, value) in figure.values.enumerated() {
                    let shown = HTMLText.escaped(value)
                    text +=
                        figure.best.contains(run)
                        ? "<td class=\"best\">\(shown)<span class=\"hidden\"> (best)</span></td>"
                        : "<td>\(shown)</td>"
                }
                text += "</tr>\n"
            }
            text += "</tbody>\n"
        }
        return text + "</table></div>\n</section>\n"
    }

    private static func footer(_ runs: [RunReport], _ labels: [String]) -> String {
        var text = "<footer>\n<p>Percentiles are by nearest rank. A run's window goes from the "
        text += "first submission to the last end. Times and GPUs are simulated.</p>\n<p>State: "
        text += zip(runs, labels).map { run, label in
            "\(HTMLText.escaped(label)) <code>\(run.stateHash)</code>"
        }.joined(separator: ", ")
        return text + "</p>\n</footer>\n"
    }
}
