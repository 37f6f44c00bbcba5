import Glibc

let selected = CommandLine.arguments.dropFirst().first ?? "all"
var figures: [Figure] = []
if selected == "all" || selected == "memory" { figures.append(EngineBenchmarks.memory()) }
if selected == "all" || selected == "singles" { figures.append(EngineBenchmarks.singles()) }
if selected == "all" || selected == "gangs" { figures += EngineBenchmarks.largeGangs() }
if selected == "all" || selected == "end" {
    figures += EngineBenchmarks.Crowd.all.map(EngineBenchmarks.endOfJob)
}

for figure in figures {
    let sign = figure.isFloor ? ">=" : "<="
    let verdict = figure.isKept ? "kept" : "MISSED"
    let value = (figure.value * 1000).rounded() / 1000
    print("\(verdict)  \(figure.name): \(value) \(figure.unit) (limit \(sign) \(figure.limit))")
    print("        \(figure.detail)")
}
exit(figures.allSatisfy(\.isKept) ? 0 : 1)
