import API
import ControlPlane
import FleetModel
import Health
import Scheduler
import Store

/// All metrics of a control plane. None has a label per job: their number would have no bound.
struct MetricSet {
    private let view: FleetView
    private let figures: FleetFigures

    init(_ view: FleetView, _ figures: FleetFigures) {
        self.view = view
        self.figures = figures
    }

    func write(to text: inout PrometheusText) {
        writeCapacity(&text)
        writeSpares(&text)
        writeQueue(&text)
        writeFree(&text)
        writeDriver(&text)
    }

    private func gpus(_ milli: Int64) -> Double { Double(milli) / 1000 }

    private func writeCapacity(_ text: inout PrometheusText) {
        let rungs: [(String, String, (FleetFigures.Ladder) -> Int64)] = [
            ("installed", "GPUs in the inventory, dead and absent ones included", { $0.installed }),
            ("healthy", "GPUs in service on nodes that are there", { $0.healthy }),
            ("schedulable", "GPUs in service on nodes that take work", { $0.schedulable }),
            ("allocated", "GPUs that jobs hold", { $0.allocated }),
        ]
        for (name, help, rung) in rungs {
            text.family("muster_gpus_\(name)", .gauge, help + ", by accelerator kind")
            for (index, ladder) in figures.kinds.enumerated() {
                text.sample(
                    "muster_gpus_\(name)",
                    [("kind", view.directory.fleet.kinds.names[index])], gpus(rung(ladder)))
            }
        }
        text.family("muster_pool_gpus", .gauge, "GPUs of a pool, by rung of the capacity ladder")
        for (index, pool) in figures.pools.enumerated() {
            let name = view.directory.fleet.pools.names[index]
            for (rung, _, value) in rungs {
                text.sample(
                    "muster_pool_gpus", [("pool", name), ("rung", rung)],
                    gpus(value(pool.ladder)))
            }
        }
        text.family("muster_nodes", .gauge, "Nodes by state")
        for (index, state) in NodeState.allCases.enumerated() {
            text.sample("muster_nodes", [("state", state.rawValue)], Double(figures.nodes[index]))
        }
    }

    private func writeSpares(_ text: inout PrometheusText) {
        guard !view.spares.isEmpty else { return }
        text.family(
            "muster_spare_nodes", .gauge,
            "Nodes kept free for large gangs, by pool: wanted, kept, of these in use, missing")
        for standing in view.spares {
            let counts = [
                ("wanted", standing.choice.wanted), ("kept", standing.choice.kept.count),
                ("inUse", standing.choice.busy), ("missing", standing.missing),
            ]
            for (state, count) in counts {
                text.sample(
                    "muster_spare_nodes", [("pool", standing.pool), ("state", state)],
                    Double(count))
            }
        }
    }

    private func writeQueue(_ text: inout PrometheusText) {
        text.family("muster_jobs", .gauge, "Open jobs by state")
        for state in JobState.allCases where !state.isOver {
            text.sample(
                "muster_jobs", [("state", state.name)], Double(view.counts[state.rawValue]))
        }
        text.family("muster_waiting_jobs", .gauge, "Jobs that wait, by dominant reason")
        for code in RefusalCode.allCases {
            text.sample(
                "muster_waiting_jobs", [("reason", code.name)],
                Double(figures.waiting[Int(code.rawValue)].jobs))
        }
        text.family("muster_waiting_gpus", .gauge, "GPUs that waiting jobs ask, by dominant reason")
        for code in RefusalCode.allCases {
            text.sample(
                "muster_waiting_gpus", [("reason", code.name)],
                gpus(figures.waiting[Int(code.rawValue)].gpuMilli))
        }
        text.family(
            "muster_oldest_waiting_seconds", .gauge, "Age of the job that waits longest; 0 for none"
        )
        text.sample(
            "muster_oldest_waiting_seconds",
            Double(figures.oldestWait?.nanoseconds ?? 0) / 1e9)
        text.family(
            "muster_start_wait_seconds", .histogram, "Wait of jobs from submission to first start")
        text.histogram(
            "muster_start_wait_seconds", view.latencies.waits)
    }

    private func writeFree(_ text: inout PrometheusText) {
        text.family(
            "muster_largest_gang_gpus", .gauge,
            "GPUs of the largest gang of whole nodes that could start now in one domain, by level")
        let levels = ["fleet"] + view.directory.fleet.topology.levels.map(\.name)
        for (level, count) in zip(levels, view.summary.largestGang) {
            text.sample("muster_largest_gang_gpus", [("level", level)], Double(count))
        }
        text.family(
            "muster_stranded_gpus", .gauge,
            "Free GPUs that cannot be used, by the resource that is missing beside them")
        for strand in FleetFigures.Strand.allCases {
            text.sample(
                "muster_stranded_gpus", [("resource", strand.rawValue)],
                gpus(figures.stranded[strand] ?? 0))
        }
        text.family("muster_free_nodes", .gauge, "Nodes that take work, by wholly free GPUs")
        for (free, count) in figures.freePerNode.enumerated() {
            text.sample("muster_free_nodes", [("free", String(free))], Double(count))
        }
    }

    private func writeDriver(_ text: inout PrometheusText) {
        let latencies = view.latencies
        text.family(
            "muster_decision_seconds", .histogram, "Time for the engine's answer to an input")
        text.histogram(
            "muster_decision_seconds", latencies.decisions)
        text.family("muster_commit_seconds", .histogram, "Time for a commit to the database")
        text.histogram(
            "muster_commit_seconds", latencies.commits)
        text.family("muster_inputs_total", .counter, "Inputs that the engine was told")
        text.sample("muster_inputs_total", Double(latencies.inputs))
        text.family("muster_preemptions_total", .counter, "Attempts that made way for other jobs")
        text.sample("muster_preemptions_total", Double(latencies.preemptions))
        text.family("muster_hardware_failures_total", .counter, "Attempts that lost hardware")
        text.sample("muster_hardware_failures_total", Double(latencies.hardwareFailures))
    }
}
