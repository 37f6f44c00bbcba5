import FleetModel

/// Watches over the process that asks the driver: when to start it, when it has been silent for too
/// long, and what to tell of that. Without I/O; instants are of a clock that only goes forward.
struct ProbeWatch {
    /// What is to be done.
    enum Order: Equatable {
        case start
        /// End it by force. A process that the driver blocks may not end at all.
        case kill
        /// The devices have been silent; which one was asked last.
        case tellSilence(last: UInt8?)
        /// The devices answer again.
        case tellAnswer
    }

    private enum State: Equatable {
        /// Not running; to be started at an instant.
        case off(until: Instant)
        /// Running, and last heard at an instant.
        case running(heard: Instant)
        /// Killed, and not gone yet. No other one is started: each could block in the same way.
        case dying
    }

    private var state: State
    private var failures = 0
    private var lastAsked: UInt8?
    /// Whether devices ever answered: a machine without any is not silent.
    private var hasDevices = false
    /// When devices answered last.
    private var answeredAt: Instant
    private(set) var isSilent = false
    private let patience: TimeSpan

    /// How long to wait before looking again for a library that is not there.
    static let absence = TimeSpan.seconds(600)

    /// Starts at `now`; silence is what lasts longer than `patience`.
    init(now: Instant, patience: TimeSpan) {
        state = .off(until: now)
        answeredAt = now
        self.patience = patience
    }

    /// When to look next.
    var due: Instant {
        let silence = hasDevices && !isSilent ? answeredAt + patience : .never
        return switch state {
        case .off(let until): min(until, silence)
        case .running(let heard): min(heard + patience, silence)
        case .dying: silence
        }
    }

    /// Time has passed.
    mutating func tick(now: Instant) -> [Order] {
        var orders: [Order] = []
        if hasDevices, !isSilent, answeredAt + patience <= now {
            isSilent = true
            orders.append(.tellSilence(last: lastAsked))
        }
        switch state {
        case .off(let until) where until <= now:
            state = .running(heard: now)
            lastAsked = nil
            orders.append(.start)
        case .running(let heard) where heard + patience <= now:
            state = .dying
            orders.append(.kill)
        default: break
        }
        return orders
    }

    /// It asks a device.
    mutating func asked(_ index: UInt8) { lastAsked = index }

    /// It has told what the devices say.
    mutating func answered(now: Instant) -> [Order] {
        hasDevices = true
        answeredAt = now
        failures = 0
        lastAsked = nil
        if case .running = state { state = .running(heard: now) }
        guard isSilent else { return [] }
        isSilent = false
        return [.tellAnswer]
    }

    /// There is nothing to ask. A driver that is being replaced is no silence; one that had devices
    /// and does not start again is.
    mutating func absent(now: Instant) {
        if case .running = state { state = .running(heard: now) }
    }

    /// The process is gone. `wasAbsent` says that it found nothing to ask.
    mutating func ended(now: Instant, wasAbsent: Bool) {
        failures = min(failures + 1, 6)
        let pause = hasDevices ? TimeSpan.seconds(5 << Int64(failures - 1)) : ProbeWatch.absence
        state = .off(
            until: now + (wasAbsent ? pause : TimeSpan.seconds(5 << Int64(failures - 1))))
    }
}
