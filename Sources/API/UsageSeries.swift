import ControlPlane
import FleetModel
import Store

/// Samples of use put together into steps: the last sample of a step counts.
public struct UsageSeries {
    private var times: [Instant] = []
    private var capacity: [Int64] = []
    private var allocated: [Int64] = []
    private var waiting: [Int64] = []
    private var tenants: [TenantID: (allocated: [Int64], waiting: [Int64])] = [:]
    private let step: TimeSpan

    /// Takes samples in order of time; of `tenants` alone when it is given.
    public init(_ rows: [UsageRow], step: TimeSpan, tenants wanted: Set<TenantID>?) {
        self.step = step
        for row in rows {
            let at = Instant(nanoseconds: row.at.nanoseconds / step.nanoseconds * step.nanoseconds)
            if times.last != at {
                times.append(at)
                capacity.append(0)
                allocated.append(0)
                waiting.append(0)
            }
            let last = times.count - 1
            guard let tenant = row.tenant else {
                capacity[last] = row.capacityMilli
                if wanted == nil {
                    allocated[last] = row.allocatedMilli
                    waiting[last] = row.waitingMilli
                }
                continue
            }
            guard wanted?.contains(tenant) ?? true else { continue }
            var series = tenants[tenant] ?? ([], [])
            while series.allocated.count <= last {
                series.allocated.append(0)
                series.waiting.append(0)
            }
            if wanted != nil {
                allocated[last] += row.allocatedMilli - series.allocated[last]
                waiting[last] += row.waitingMilli - series.waiting[last]
            }
            series.allocated[last] = row.allocatedMilli
            series.waiting[last] = row.waitingMilli
            tenants[tenant] = series
        }
    }

    /// Writes the members of the answer.
    public func write(_ view: FleetView, to json: inout JSONBytes) {
        json.member("stepSeconds", step.wholeSeconds)
        json.key("times")
        json.array(times) { $0.time($1) }
        numbers("capacity", capacity, &json)
        numbers("allocated", allocated, &json)
        numbers("waiting", waiting, &json)
        json.key("tenants")
        json.array(tenants.keys.sorted()) { json, tenant in
            guard let series = tenants[tenant] else { return }
            let quotas = view.directory.tenants.tenants.first { $0.id == tenant }?.quotas ?? []
            let guaranteed = quotas.reduce(0) { $0 + $1.guaranteedMilli }
            json.object { json in
                json.member("name", view.directory.tenant(tenant))
                numbers("allocated", series.allocated, &json)
                numbers("waiting", series.waiting, &json)
                json.key("guaranteed")
                json.array(times) { json, _ in json.milli(guaranteed) }
            }
        }
    }

    private func numbers(_ name: StaticString, _ values: [Int64], _ json: inout JSONBytes) {
        json.key(name)
        json.array(times.indices) { $0.milli($1 < values.count ? values[$1] : 0) }
    }
}
