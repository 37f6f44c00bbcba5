import FleetModel

/// What the scheduler is told of how long jobs run.
public enum DurationKnowledge: String, CaseIterable, Hashable, Sendable {
    /// The true run time.
    case exact
    /// The time limit that was declared, if one was.
    case declared
    /// A quantile of the run times of earlier jobs of the same tenant, family and size.
    case predicted
    /// Nothing.
    case none
}

/// Predicts run times from those of jobs that have ended, in virtual time.
///
/// Looks for history from the particular to the general: tenant, family and size; tenant and size;
/// size; everything. The first with enough jobs gives the quantile. Keeps the last
/// ``DurationPredictor/remembered`` run times of each key.
struct DurationPredictor: Sendable {
    private struct Key: Hashable {
        var tenant: Int32
        var family: Int32
        var gpus: Int64
    }

    private struct History {
        var spans: [Int64] = []
        var next = 0

        mutating func add(_ span: Int64) {
            if spans.count < DurationPredictor.remembered {
                spans.append(span)
            } else {
                spans[next] = span
                next = (next + 1) % DurationPredictor.remembered
            }
        }
    }

    private var histories: [Key: History] = [:]

    /// Run times kept of each key.
    static let remembered = 32
    /// Run times that a key needs before it is trusted.
    static let enough = 3
    /// The part of earlier jobs that a prediction is to cover, in percent. Underestimates cost a
    /// backfilling scheduler more than overestimates (Tsafrir et al., TPDS 2007), hence above half.
    static let percent = 80

    /// The expected run time of a job, if any history is long enough.
    func predict(tenant: TenantID, family: Int32, gpuMilli: Int64) -> TimeSpan? {
        for key in keys(tenant, family, gpuMilli) {
            guard let history = histories[key], history.spans.count >= DurationPredictor.enough
            else { continue }
            let sorted = history.spans.sorted()
            let rank = (sorted.count * DurationPredictor.percent + 99) / 100
            return TimeSpan(nanoseconds: max(1, sorted[max(0, rank - 1)]))
        }
        return nil
    }

    /// Takes note of a run time.
    mutating func observe(
        _ span: TimeSpan, tenant: TenantID, family: Int32, gpuMilli: Int64
    ) {
        for key in keys(tenant, family, gpuMilli) {
            histories[key, default: History()].add(span.nanoseconds)
        }
    }

    private func keys(_ tenant: TenantID, _ family: Int32, _ gpuMilli: Int64) -> [Key] {
        [
            Key(tenant: tenant.rawValue, family: family, gpus: gpuMilli),
            Key(tenant: tenant.rawValue, family: -2, gpus: gpuMilli),
            Key(tenant: -2, family: -2, gpus: gpuMilli),
            Key(tenant: -2, family: -2, gpus: -2),
        ]
    }
}
