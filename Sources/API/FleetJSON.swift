import ControlPlane
import FleetModel
import Scheduler
import Store

/// Writes the fleet as a whole.
public struct FleetJSON {
    /// What does not come from the view.
    public struct Surroundings: Sendable {
        /// The program's version.
        public var version: String
        /// The backend's name.
        public var backend: String
        /// Plain words on what the fleet is; nil when there is nothing to say.
        public var message: String?
        /// Fleet seconds per wall second.
        public var speed: Int64

        /// Gathers them.
        public init(version: String, backend: String, message: String?, speed: Int64) {
            self.version = version
            self.backend = backend
            self.message = message
            self.speed = speed
        }
    }

    private let view: FleetView
    private let figures: FleetFigures
    private let surroundings: Surroundings

    /// Gathers what is written.
    public init(_ view: FleetView, _ figures: FleetFigures, _ surroundings: Surroundings) {
        self.view = view
        self.figures = figures
        self.surroundings = surroundings
    }

    /// The summary.
    public func write(to json: inout JSONBytes) {
        json.object { json in
            json.key("clock")
            json.object { json in
                json.member("now", time: view.now)
                json.member("speed", surroundings.speed)
            }
            json.member("version", surroundings.version)
            json.member("backend", surroundings.backend)
            json.member("isSimulated", surroundings.backend == "simulated")
            json.member("message", surroundings.message)
            json.member("levels", view.directory.fleet.topology.levels.map(\.name))
            writeCapacity(&json)
            writeJobs(&json)
            writeFree(&json)
        }
    }

    private func rungs(_ ladder: FleetFigures.Ladder, _ json: inout JSONBytes) {
        json.member("installed", milli: ladder.installed)
        json.member("healthy", milli: ladder.healthy)
        json.member("schedulable", milli: ladder.schedulable)
        json.member("allocated", milli: ladder.allocated)
    }

    private func writeCapacity(_ json: inout JSONBytes) {
        json.key("capacity")
        json.object { json in
            rungs(figures.ladder, &json)
            // Nobody measures devices yet; null says so, and 0 would not.
            json.member("active", nil as Int64?)
            json.member("effective", nil as Int64?)
        }
        json.key("kinds")
        json.array(figures.kinds.indices) { json, index in
            json.object { json in
                json.member("name", view.directory.fleet.kinds.names[index])
                rungs(figures.kinds[index], &json)
                json.member("free", milli: figures.freeByKind[index])
            }
        }
        json.key("pools")
        json.array(figures.pools.indices) { json, index in
            let pool = figures.pools[index]
            json.object { json in
                json.member("name", view.directory.fleet.pools.names[index])
                json.member("nodes", pool.nodes)
                json.member("installed", milli: pool.ladder.installed)
                json.member("schedulable", milli: pool.ladder.schedulable)
                json.member("allocated", milli: pool.ladder.allocated)
            }
        }
        json.key("nodes")
        json.object { json in
            json.member("ready", figures.nodes[0])
            json.member("cordoned", figures.nodes[1])
            json.member("draining", figures.nodes[2])
            json.member("lost", figures.nodes[3])
        }
    }

    private func writeJobs(_ json: inout JSONBytes) {
        json.key("jobs")
        json.object { json in
            json.member("running", view.counts[JobState.running.rawValue])
            json.member("starting", view.counts[JobState.starting.rawValue])
            json.member("stopping", view.counts[JobState.stopping.rawValue])
            json.member("queued", view.counts[JobState.queued.rawValue])
            json.member("blocked", view.counts[JobState.blocked.rawValue])
        }
        json.key("queue")
        json.object { json in
            let all = figures.waiting.reduce(figures.undecided.gpuMilli) { $0 + $1.gpuMilli }
            json.member("gpusWaiting", milli: all)
            json.key("oldestWaitingSeconds")
            json.seconds(figures.oldestWait)
            json.key("byReason")
            json.array(RefusalCode.allCases.filter { figures.waiting[Int($0.rawValue)].jobs > 0 }) {
                json, code in
                let waiting = figures.waiting[Int(code.rawValue)]
                json.object { json in
                    json.member("code", code.name)
                    json.member("jobs", waiting.jobs)
                    json.member("gpus", milli: waiting.gpuMilli)
                }
            }
        }
    }

    private func writeFree(_ json: inout JSONBytes) {
        let levels = ["fleet"] + view.directory.fleet.topology.levels.map(\.name)
        json.key("largestGang")
        json.array(zip(levels, view.summary.largestGang)) { json, entry in
            json.object { json in
                json.member("level", entry.0)
                json.member("gpus", entry.1)
            }
        }
        json.key("stranded")
        json.object { json in
            json.member("gpus", milli: figures.stranded.values.reduce(0, +))
            json.key("byResource")
            json.array(FleetFigures.Strand.allCases.filter { figures.stranded[$0] != nil }) {
                json, strand in
                json.object { json in
                    json.member("resource", strand.rawValue)
                    json.member("gpus", milli: figures.stranded[strand] ?? 0)
                }
            }
        }
        json.key("freePerNode")
        json.array(figures.freePerNode) { $0.integer(Int64($1)) }
    }
}
