import Glibc

let suites: [(name: String, parts: [() -> [Figure]])] = [
    ("memory", [{ [EngineBenchmarks.memory()] }]),
    ("singles", [{ [EngineBenchmarks.singles()] }]),
    ("gangs", [EngineBenchmarks.largeGangs]),
    ("end", Crowd.fair.map { crowd in { EngineBenchmarks.endOfJob(crowd) } }),
    ("ahead", Crowd.muster.map { crowd in { EngineBenchmarks.endOfJob(crowd) } }),
    ("verdicts", [EngineBenchmarks.verdicts]),
    ("answers", [EngineBenchmarks.answers]),
    ("snapshot", [EngineBenchmarks.snapshots]),
    ("reclaim", EngineBenchmarks.reclaims),
    ("consolidation", [EngineBenchmarks.consolidation]),
    ("signals", [SignalBenchmarks.quiet, SignalBenchmarks.storm, SignalBenchmarks.framework]),
    ("agents", [AgentBenchmarks.steady]),
    ("live", [LiveBenchmarks.all]),
]

func tell(_ figure: Figure) {
    let value = (figure.value * 1000).rounded() / 1000
    let verdict = figure.limit == nil ? "" : figure.isKept ? "kept" : "MISSED"
    let sign = figure.isFloor ? ">=" : "<="
    let limit = figure.limit.map { " (limit \(sign) \($0))" } ?? ""
    let margin = String(repeating: " ", count: 8 - verdict.utf8.count)
    print("\(verdict)\(margin)\(figure.name): \(value) \(figure.unit)\(limit)")
    if !figure.detail.isEmpty { print("        \(figure.detail)") }
    fflush(nil)
}

let selected = CommandLine.arguments.dropFirst().first ?? "all"
guard selected == "all" || suites.contains(where: { $0.name == selected }) else {
    let names = suites.map(\.name).joined(separator: ", ")
    print("muster-bench: no suite '\(selected)'; there are: all, \(names)")
    exit(2)
}
/// The one part to run, counted from 0.
let selectedPart = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) }
var isKept = true
for suite in suites where selected == "all" || suite.name == selected {
    for (number, part) in suite.parts.enumerated()
    where selectedPart == nil || number == selectedPart {
        for figure in part() {
            tell(figure)
            if !figure.isKept { isKept = false }
        }
    }
}
exit(isKept ? 0 : 1)
