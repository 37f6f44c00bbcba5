import FleetModel
import Simulation

// A difference in a sentence for people.
extension StartDifference {
    /// How much it matters, in GPU-seconds: what was idle and what came late. What broke a wish or
    /// went past the queue has no such figure and counts as some minutes.
    public var weight: Int64 {
        var weight = idleGPUMilliSeconds / 1000
        if let earlier { weight += earlier.nanoseconds / 1_000_000_000 * max(1, gpus) }
        if breaksWish { weight += max(1, gpus) * 600 }
        if wasHeldBack { weight += max(1, gpus) * 300 }
        weight += Int64(stops.count) * 60
        return weight
    }

    /// What is most telling about it.
    public var text: String {
        var parts: [String] = []
        if let halfStarted {
            let now = wholeAt == nil && endedAt == nil
            parts.append(
                "\(now ? "stands" : "stood") half started for \(StartDifference.words(halfStarted))"
                    + (idleGPUMilliSeconds > 0
                        ? ", its bound pods holding \(idleAmount) idle" : ""))
        }
        if breaksWish, let wish { parts.append(broken(wish)) }
        if let muster { parts.append(muster) }
        return parts.isEmpty ? "both have started it alike" : parts.joined(separator: "; ")
    }

    private var idleAmount: String {
        idleGPUMilliSeconds < 360_000
            ? "\(NumberText.grouped(Int(idleGPUMilliSeconds / 1000))) GPU-seconds"
            : "\(AnswerAmount.gpuHours(milliSeconds: idleGPUMilliSeconds)) GPU-hours"
    }

    private func broken(_ wish: Wish) -> String {
        let (verb, level) = (wish.isRequired ? "requires" : "prefers", wish.name)
        let domains = place?.domains ?? []
        let count = domains.indices.contains(wish.level) ? domains[wish.level] : 0
        let what = wish.slice.map { "one \(level) for each \($0) pods" } ?? "one \(level)"
        return "\(verb) \(what) and was spread over \(count)"
    }

    private var muster: String? {
        let victims = stops.prefix(3).joined(separator: ", ") + (stops.count > 3 ? ", …" : "")
        let stopping = stops.isEmpty ? "" : ", stopping \(victims)"
        switch decision {
        case .none:
            return wholeAt == nil && halfStarted != nil ? "its gang was never complete" : nil
        case .starts(_, let place):
            let spot =
                place.nodeCount == 1
                ? place.nodes.first ?? "one node" : "\(place.nodeCount) nodes"
            if let earlier {
                let span = StartDifference.words(earlier)
                return wholeAt == nil
                    ? "Muster would have started it \(span) ago, on \(spot)\(stopping)"
                    : "Muster would have started it \(span) earlier, on \(spot)\(stopping)"
            }
            if !stops.isEmpty { return "Muster would have started it\(stopping)" }
            return agrees ? nil : "Muster would have started it whole, on \(spot)"
        case .waits(_, let sentence): return "Muster would have let it wait: \(sentence)"
        case .refuses(let why): return "Muster would not have taken it: \(why)"
        }
    }

    private static func words(_ span: TimeSpan) -> String {
        NumberText.duration(seconds: (Double(span.nanoseconds) / 1e9).rounded())
    }
}
