import FleetModel

/// Reports as JSON: a list with one object per run.
///
/// Seconds have three decimals, ratios six; a number that does not exist is null. Time series are
/// merged to at most ``seriesPoints`` points.
public enum RunReportJSON {
    /// The most points of a time series.
    public static let seriesPoints = 256

    /// The text, with a line break at its end.
    public static func text(_ runs: [RunReport]) -> String {
        var json = JSONWriter()
        json.array { json in
            for run in runs {
                json.element()
                json.object { write(run, to: &$0) }
            }
        }
        return json.text + "\n"
    }

    private static func write(_ run: RunReport, to json: inout JSONWriter) {
        writeIdentity(run, to: &json)
        writeCounts(run, to: &json)
        json.member("waitReasons") { json in
            for code in RefusalCode.allCases { json.member(code.name, run.jobsWaiting(for: code)) }
        }
        json.member("makespanSeconds", run.makespanSeconds, decimals: 3)
        json.member("allocatedGPUSeconds", run.allocatedGPUSeconds, decimals: 3)
        json.member("schedulableGPUSeconds", run.schedulableGPUSeconds, decimals: 3)
        json.member("allocationRatio", run.allocationRatio, decimals: 6)
        json.member("waitGPUHours", run.waitGPUHours, decimals: 3)
        json.member("lostGPUSeconds", run.lostGPUSeconds, decimals: 3)
        write(run.wait, named: "waitSeconds", to: &json)
        json.member("waitSecondsByGPUs") { json in
            for size in GangSizeClass.allCases {
                write(run.waitBySize[size.rawValue], named: size.name, to: &json)
            }
        }
        json.member("waitSecondsOfLarge") { json in
            for (least, wait) in zip(GangSizeClass.largeGangGPUs, run.waitOfLarge) {
                write(wait, named: "\(least)+", to: &json)
            }
        }
        write(run.completion, named: "completionSeconds", to: &json)
        write(run.slowdown, named: "slowdown", to: &json)
        json.member("domainsPerGang") { json in
            for level in run.domainsPerGang {
                json.member(level.level, level.mean, decimals: 4)
            }
        }
        json.member("gangStarts", run.gangStarts)
        json.member("congestion") { json in
            for quadrant in CongestionQuadrant.allCases {
                json.member(quadrant.name, run.quadrantShares[quadrant.rawValue], decimals: 6)
            }
        }
        write(run.interruptions, to: &json)
        write(run.estimates, to: &json)
        writeTenants(run.tenants, to: &json)
        writeCost(run, to: &json)
        writeSeries(run, to: &json)
    }

    private static func write(_ estimates: EstimateFigures, to json: inout JSONWriter) {
        json.member("startEstimates") { json in
            json.member("told", estimates.told)
            json.member("started", estimates.started)
            json.member("withinRange", estimates.withinRange, decimals: 6)
            json.member("earlier", estimates.earlier, decimals: 6)
            json.member("later", estimates.later, decimals: 6)
            write(estimates.error, named: "errorSeconds", to: &json)
            write(estimates.guessError, named: "guessErrorSeconds", to: &json)
        }
    }

    private static func writeIdentity(_ run: RunReport, to json: inout JSONWriter) {
        json.member("policy", run.identity.policy)
        json.member("placement", run.identity.placement)
        json.member("durations", run.identity.durations)
        json.key("seed")
        json.unsigned(run.identity.seed)
        json.member("fleet", run.identity.fleet)
        json.member("nodes", run.nodes)
        json.member("gpus", run.devices)
        json.member("workload", run.identity.workload)
    }

    private static func writeCounts(_ run: RunReport, to json: inout JSONWriter) {
        json.member("jobs", run.counts.jobs)
        json.member("started", run.counts.started)
        json.member("finished", run.counts.finished)
        json.member("succeeded", run.counts.succeeded)
        json.member("failed", run.counts.failed)
        json.member("cancelled", run.counts.cancelled)
        json.member("timedOut", run.counts.timedOut)
        json.member("refused", run.counts.refused)
        json.member("unfinished", run.counts.unfinished)
        json.member("runningAtEnd", run.counts.runningAtEnd)
        json.member("waitingAtEnd", run.counts.waitingAtEnd)
        json.member("preemptions", run.preemptions)
        json.member("otherInterruptions", run.otherInterruptions)
        json.member("restarts", run.restarts)
    }

    private static func write(
        _ distribution: Distribution, named name: String, to json: inout JSONWriter
    ) {
        json.member(name) { json in
            json.member("count", distribution.count)
            json.member("mean", distribution.mean, decimals: 3)
            json.member("p50", distribution.p50, decimals: 3)
            json.member("p90", distribution.p90, decimals: 3)
            json.member("p99", distribution.p99, decimals: 3)
            json.member("max", distribution.maximum, decimals: 3)
        }
    }

    private static func write(_ figures: InterruptionFigures, to json: inout JSONWriter) {
        json.member("faults") { json in
            for kind in FaultKind.allCases { json.member(kind.name, figures[kind]) }
        }
        json.member("interruptions") { json in
            for cause in InterruptionCause.allCases where figures[cause] != .init() {
                let cost = figures[cause]
                json.member(cause.name) { json in
                    json.member("count", cost.count)
                    json.member("lostGPUSeconds", cost.lostGPUSeconds, decimals: 3)
                    json.member("workGPUSeconds", cost.workGPUSeconds, decimals: 3)
                    json.member("restartGPUSeconds", cost.restartGPUSeconds, decimals: 3)
                    json.member("heldGPUSeconds", cost.heldGPUSeconds, decimals: 3)
                    json.member("slowedGPUSeconds", cost.slowedGPUSeconds, decimals: 3)
                    json.member("waitGPUSeconds", cost.waitGPUSeconds, decimals: 3)
                }
            }
        }
        json.member("restartsOnSuspects", figures.suspectStarts)
        json.member("failureToRestartSecondsByGPUs") { json in
            for size in GangSizeClass.allCases where figures.restartBySize[size.rawValue].count > 0
            {
                write(figures.restartBySize[size.rawValue], named: size.name, to: &json)
            }
            if figures.restartOfLargest.count > 0 {
                write(
                    figures.restartOfLargest, named: "\(InterruptionFigures.largestGPUs)+",
                    to: &json)
            }
        }
    }

    private static func writeTenants(_ tenants: [TenantFigures], to json: inout JSONWriter) {
        json.key("tenants")
        json.array { json in
            for tenant in tenants {
                json.element()
                json.object { json in
                    json.member("name", tenant.name)
                    json.member("jobs", tenant.jobs)
                    json.member("guaranteedGPUs", tenant.guaranteedGPUs, decimals: 3)
                    json.member("limitGPUs", tenant.limitGPUs, decimals: 3)
                    json.member("meanGPUs", tenant.meanGPUs, decimals: 3)
                    json.member("allocatedGPUSeconds", tenant.allocatedGPUSeconds, decimals: 3)
                    write(tenant.waitSeconds, named: "waitSeconds", to: &json)
                }
            }
        }
    }

    private static func writeCost(_ run: RunReport, to json: inout JSONWriter) {
        json.member("inputs", run.cost.inputs)
        json.member("decisions", run.cost.decisions)
        json.member("wallSeconds", run.cost.wallSeconds, decimals: 3)
        json.member("peakResidentMiB", run.cost.peakResidentMiB, decimals: 1)
        json.member("stateHash", run.stateHash)
    }

    private static func writeSeries(_ run: RunReport, to json: inout JSONWriter) {
        let series = run.series.merged(toAtMost: seriesPoints)
        json.member("series") { json in
            json.member("bucketSeconds", series.bucketSeconds, decimals: 3)
            json.member("lengthSeconds", series.lengthSeconds, decimals: 3)
            json.member("allocatedGPUs", series.allocatedGPUs.means, decimals: 2)
            json.member("schedulableGPUs", series.schedulableGPUs.means, decimals: 2)
            json.member("waitingGPUs", series.waitingGPUs.means, decimals: 2)
            json.member("runningJobs", series.runningJobs.means, decimals: 2)
            json.member("waitingJobs", series.waitingJobs.means, decimals: 2)
            json.member("fragmentation", series.fragmentation.means, decimals: 4)
            json.member("largestGangGPUs", series.largestGangGPUs.means, decimals: 2)
            json.key("tenantGPUs")
            json.array { json in
                for (tenant, line) in zip(run.tenants, series.tenantGPUs) {
                    json.element()
                    json.object { json in
                        json.member("name", tenant.name)
                        json.member("meanGPUs", line.means, decimals: 2)
                    }
                }
            }
        }
    }
}
