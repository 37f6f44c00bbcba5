import ControlPlane
import FleetModel
import Health
import HealthControl
import Store

/// Writes what stops cost and how often they come.
public struct RecoveryJSON: Sendable {
    private let figures: RecoveryFigures

    /// Of figures.
    public init(_ figures: RecoveryFigures) { self.figures = figures }

    /// The whole page.
    public func write(to json: inout JSONBytes) {
        let report = figures.report
        let losses = figures.view.health.desk.engine.losses
        json.object { json in
            json.member("time", time: figures.view.now)
            json.key("fleet")
            json.object { json in
                number("nodeDays", report.nodeDays, &json)
                json.member("stops", report.stops)
                json.member("attributed", report.attributed)
                json.member("isThin", report.stops < RecoveryFigures.fewStops)
                number("nodeHoursBetweenStops", report.hoursBetweenStops(nodes: 1), &json)
                number("gpuHours", report.gpuHours, &json)
                number("lostGpuHours", report.lostGPUHours.reduce(0, +), &json)
                number("effectiveShare", report.effectiveShare, &json)
            }
            json.key("causes")
            json.array(RestartCause.allCases) { json, cause in
                json.object { json in
                    json.member("cause", cause.name)
                    json.member("attempts", losses[cause].attempts)
                    json.member("attributed", losses[cause].attributed)
                    number("gpuHours", Double(losses[cause].gpuSeconds) / 3600, &json)
                    number("lostGpuHours", report.lostGPUHours[Int(cause.rawValue)], &json)
                }
            }
            json.key("pools")
            json.array(figures.pools) { json, pool in
                json.object { json in
                    json.member("pool", figures.view.directory.fleet.pools[pool.pool])
                    number("nodeHours", pool.nodeHours, &json)
                    json.member("stops", pool.stops)
                    number(
                        "nodeHoursBetweenStops",
                        pool.stops > 0 ? pool.nodeHours / Double(pool.stops) : nil, &json)
                    json.member("isThin", pool.stops < RecoveryFigures.fewStops)
                }
            }
            json.key("jobs")
            json.array(figures.jobs) { write($1, to: &$0) }
        }
    }

    private func write(_ job: RecoveryFigures.Job, to json: inout JSONBytes) {
        json.object { json in
            json.member("job", job.row.id.rawValue)
            json.member("name", job.row.name)
            json.member("tenant", figures.view.directory.tenant(job.row.tenant))
            json.member("nodes", job.nodes)
            json.member("stops", job.stops)
            number("effectiveRatio", job.effectiveRatio, &json)
            number("restartSeconds", job.restartSeconds, &json)
            number("secondsBetweenStops", job.secondsBetweenStops, &json)
            number("checkpointWriteSeconds", job.writeSeconds, &json)
            number("youngIntervalSeconds", job.youngSeconds, &json)
            number("dalyIntervalSeconds", job.dalySeconds, &json)
        }
    }

    /// A number with three digits; null for none.
    private func number(_ name: StaticString, _ value: Double?, _ json: inout JSONBytes) {
        guard let value, value.isFinite, abs(value) < 1e15 else {
            json.key(name)
            return json.null()
        }
        json.member(name, milli: Int64((value * 1000).rounded()))
    }
}
