import ControlPlane
import FleetModel

/// Writes where the scheduler in charge of a cluster does otherwise than Muster decides.
public struct DifferencesJSON {
    private let differences: StartDifferences
    private let levels: [String]
    private let limit: Int

    /// Gathers what is written: at most `limit` gangs in detail.
    public init(_ differences: StartDifferences, levels: [String], limit: Int) {
        self.differences = differences
        self.levels = levels
        self.limit = limit
    }

    /// All of it.
    public func write(to json: inout JSONBytes) {
        json.object { json in
            json.member("since", time: differences.since)
            json.member("levels", levels)
            json.key("totals")
            write(differences.totals, &json)
            json.key("gangs")
            json.array(differences.gangs.prefix(limit)) { json, gang in write(gang, &json) }
        }
    }

    private func write(_ totals: StartDifferences.Totals, _ json: inout JSONBytes) {
        json.object { json in
            json.member("gangs", totals.gangs)
            json.member("agreed", totals.agreed)
            json.member("open", totals.open)
            json.member("gone", totals.gone)
            json.key("earlier")
            json.object { json in
                json.member("gangs", totals.earlier)
                json.key("medianSeconds")
                json.seconds(totals.earlierMedian)
                json.key("p90Seconds")
                json.seconds(totals.earlierP90)
            }
            json.key("waits")
            json.array(RefusalCode.allCases.filter { totals.waits[$0] != nil }) { json, code in
                json.object { json in
                    json.member("code", code.name)
                    json.member("gangs", totals.waits[code] ?? 0)
                }
            }
            json.member("refused", totals.refused)
            json.member("preempting", totals.preempting)
            json.member("stops", totals.stops)
            json.member("halfStarted", totals.halfStarted)
            json.member("idleGpuSeconds", milli: totals.idleGPUMilliSeconds)
            json.member("requiredTopologyBroken", totals.requiredBroken)
            json.member("preferredTopologyBroken", totals.preferredBroken)
        }
    }

    private func write(_ gang: StartDifference, _ json: inout JSONBytes) {
        json.object { json in
            json.member("name", gang.name)
            json.member("tenant", gang.tenant)
            json.member("pods", gang.pods)
            json.member("gpus", gang.gpus)
            json.member("topology", gang.wish.map(DifferencesJSON.words))
            json.member("completeAt", time: gang.completeAt)
            json.key("muster")
            write(gang.decision, stops: gang.stops, &json)
            json.member("firstBoundAt", time: gang.firstBoundAt)
            json.member("boundGpus", gang.boundGPUs)
            json.member("startedAt", time: gang.wholeAt)
            json.key("place")
            write(gang.place, &json)
            json.key("halfStartedSeconds")
            json.seconds(gang.halfStarted)
            json.member("idleGpuSeconds", milli: gang.idleGPUMilliSeconds)
            json.key("earlierSeconds")
            json.seconds(gang.earlier)
            json.member("breaksTopology", gang.breaksWish)
            json.member("endedAt", time: gang.endedAt)
            json.member("agrees", gang.agrees)
            json.member("text", gang.text)
        }
    }

    private static func words(_ wish: StartDifference.Wish) -> String {
        (wish.isRequired ? "required:" : "preferred:") + wish.name
            + (wish.slice.map { "/\($0)" } ?? "")
    }

    private func write(
        _ decision: StartDifference.Decision, stops: [String], _ json: inout JSONBytes
    ) {
        json.object { json in
            var (at, place): (Instant?, StartDifference.Place?)
            var (code, text): (String?, String?)
            let token: String
            switch decision {
            case .none: token = "none"
            case .starts(let instant, let spot):
                (token, at, place) = ("starts", instant, spot)
            case .waits(let reason, let sentence):
                (token, code, text) = ("waits", reason.name, sentence)
            case .refuses(let why): (token, text) = ("refuses", why)
            }
            json.member("decision", token)
            json.member("at", time: at)
            json.key("place")
            write(place, &json)
            json.member("code", code)
            json.member("reason", text)
            json.member("stops", stops)
        }
    }

    private func write(_ place: StartDifference.Place?, _ json: inout JSONBytes) {
        guard let place else { return json.null() }
        json.object { json in
            json.member("nodes", place.nodes)
            json.member("nodeCount", place.nodeCount)
            json.key("domains")
            json.array(place.domains) { $0.integer(Int64($1)) }
            json.member("keepsTopology", place.keepsWish)
        }
    }
}
