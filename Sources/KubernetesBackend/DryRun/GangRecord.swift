import ControlPlane
import FleetModel

/// What is known of one gang in a dry run. Times are milliseconds of the clock of the caller.
struct GangRecord {
    /// What Muster has decided.
    enum Decision: Hashable {
        case none
        case starts(at: Int64, StartDifference.Place)
        case waits(RefusalCode, String)
        case refuses(String)
    }

    var name: String
    var tenant: String
    var pods: Int
    var gpus: Int64
    var wish: StartDifference.Wish?
    var completeAt: Int64?
    private(set) var decision = Decision.none
    private(set) var stops: [String] = []
    private(set) var firstBoundAt: Int64?
    private(set) var boundGPUs: Int64 = 0
    private(set) var wholeAt: Int64?
    private(set) var place: StartDifference.Place?
    private(set) var endedAt: Int64?
    /// GPU time of bound pods until the gang was whole, in thousandths of GPU-seconds, up to
    /// ``countedAt``.
    private var idle: Int64 = 0
    private var countedAt: Int64 = 0

    private var isStarting: Bool { wholeAt == nil && endedAt == nil }

    /// A start takes this long, in milliseconds, without that being a difference.
    static let tolerance: Int64 = 5_000
    /// Jobs that are named of those that would be stopped.
    private static let mostStops = 64

    init(name: String, tenant: String, pods: Int, gpus: Int64, wish: StartDifference.Wish?) {
        self.name = name
        self.tenant = tenant
        self.pods = pods
        self.gpus = gpus
        self.wish = wish
    }

    /// Whether both have done what they do: nothing is compared any more.
    private(set) var isSettled = false

    /// Muster starts it. The first such decision counts.
    mutating func starts(at now: Int64, _ place: StartDifference.Place) {
        if case .starts = decision { return }
        decision = .starts(at: now, place)
    }

    /// Muster lets it wait. What it is told last counts, until it is started.
    mutating func waits(_ code: RefusalCode, _ text: String) {
        if case .starts = decision { return }
        decision = .waits(code, text)
    }

    /// Muster does not take it.
    mutating func refuses(_ text: String) {
        if case .starts = decision { return }
        decision = .refuses(text)
    }

    /// Muster would stop these for it.
    mutating func stops(_ names: [String]) {
        guard names.count > stops.count else { return }
        stops = Array(names.prefix(GangRecord.mostStops))
    }

    /// The other has bound pods with so many accelerators by now.
    mutating func bound(gpus: Int64, at now: Int64) {
        guard isStarting else { return }
        count(until: now)
        boundGPUs = gpus
    }

    /// The other has bound as many pods as have to start together.
    mutating func whole(_ place: StartDifference.Place, at now: Int64) {
        guard isStarting else { return }
        count(until: now)
        if firstBoundAt == nil { firstBoundAt = now }
        (wholeAt, self.place) = (now, place)
    }

    /// The first pod is bound; later ones are no news here.
    mutating func begun(at now: Int64) {
        guard firstBoundAt == nil, isStarting else { return }
        (firstBoundAt, countedAt) = (now, now)
    }

    /// It is over, or gone.
    mutating func ends(at now: Int64) {
        guard endedAt == nil else { return }
        if wholeAt == nil { count(until: now) }
        endedAt = now
        isSettled = true
    }

    /// The other has started it, and Muster has decided or had its time.
    mutating func settle() { isSettled = true }

    private mutating func count(until now: Int64) {
        idle += boundGPUs * max(0, now - countedAt)
        countedAt = now
    }

    /// How long it stood half started until then, in milliseconds; nil when no longer than a start
    /// takes.
    func halfStarted(at now: Int64) -> Int64? {
        guard let firstBoundAt else { return nil }
        let span = (wholeAt ?? endedAt ?? now) - firstBoundAt
        return span > GangRecord.tolerance ? span : nil
    }

    /// GPU time that it held idle until then, in thousandths of GPU-seconds; none for what was no
    /// longer half started than a start takes.
    func idleGPUMilliSeconds(at now: Int64) -> Int64 {
        guard halfStarted(at: now) != nil else { return 0 }
        return !isStarting ? idle : idle + boundGPUs * max(0, now - countedAt)
    }

    /// By how much Muster would have started it earlier, in milliseconds.
    func earlier(at now: Int64) -> Int64? {
        guard case .starts(let at, _) = decision, wholeAt != nil || endedAt == nil else {
            return nil
        }
        let span = (wholeAt ?? now) - at
        return span > GangRecord.tolerance ? span : nil
    }

    /// The same for people, with instants: `origin` is when the clock stood at zero.
    func difference(at now: Int64, origin: Instant) -> StartDifference {
        func instant(_ milliseconds: Int64) -> Instant { origin + .milliseconds(milliseconds) }
        var found = StartDifference(name: name, tenant: tenant, pods: pods, gpus: gpus, wish: wish)
        found.completeAt = completeAt.map(instant)
        found.decision =
            switch decision {
            case .none: .none
            case .starts(let at, let place): .starts(at: instant(at), place)
            case .waits(let code, let text): .waits(code, text)
            case .refuses(let text): .refuses(text)
            }
        found.stops = stops
        found.firstBoundAt = firstBoundAt.map(instant)
        found.boundGPUs = boundGPUs
        found.wholeAt = wholeAt.map(instant)
        found.place = place
        found.halfStarted = halfStarted(at: now).map { .milliseconds($0) }
        found.idleGPUMilliSeconds = idleGPUMilliSeconds(at: now)
        found.earlier = earlier(at: now).map { .milliseconds($0) }
        found.endedAt = endedAt.map(instant)
        return found
    }
}
