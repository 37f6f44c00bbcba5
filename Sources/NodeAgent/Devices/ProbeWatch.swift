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
    /// Whether devices were ever asked: a machine without any is not silent.
    private var hasDevices = false
    /// GPUs that the buses have, whether a driver knows them or not.
    private var onBus = 0
    /// Whether the library is there, and has not said that it drives nothing.
    private var isLoaded = false
    /// Whether the library is there and waits for a driver, with GPUs on the buses.
    private var isPending = false
    /// When devices answered last, or were first to be heard of.
    private var answeredAt: Instant
    private let beginning: Instant
    private(set) var isSilent = false
    /// Whether it is known which devices there are, or of no use to wait for that any longer. Until
    /// then nobody is to be told that there are none.
    private(set) var isSettled = false
    private let patience: TimeSpan
    /// Whether the last word was that there is nothing to ask: no library, or no device.
    private(set) var isAbsent = false

    /// How long to wait before looking again for a library that is not there.
    static let absence = TimeSpan.seconds(600)
    /// How long an agent that was started waits to know its devices.
    static let settling = TimeSpan.seconds(60)

    /// Starts at `now`; silence is what lasts longer than `patience`.
    init(now: Instant, patience: TimeSpan) {
        state = .off(until: now)
        answeredAt = now
        beginning = now
        self.patience = patience
    }

    /// Whether there are devices that should answer.
    private var expectsDevices: Bool { hasDevices || onBus > 0 && isLoaded }

    /// When to look next.
    var due: Instant {
        let silence = expectsDevices && !isSilent ? answeredAt + patience : .never
        let settling = isSettled ? .never : beginning + ProbeWatch.settling
        let next: Instant =
            switch state {
            case .off(let until): until
            case .running(let heard): heard + patience
            case .dying: .never
            }
        return min(next, silence, settling)
    }

    /// Time has passed.
    mutating func tick(now: Instant) -> [Order] {
        var orders: [Order] = []
        if beginning + ProbeWatch.settling <= now { isSettled = true }
        if expectsDevices, !isSilent, answeredAt + patience <= now {
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

    /// The buses have so many GPUs.
    mutating func sees(onBus count: Int) { onBus = count }

    /// The library is there, and is about to start.
    mutating func loaded(now: Instant) {
        // Before that nothing could answer.
        if !expectsDevices { answeredAt = now }
        isLoaded = true
        isAbsent = false
    }

    /// It asks a device.
    mutating func asked(_ index: UInt8, now: Instant) {
        if !expectsDevices { answeredAt = now }
        hasDevices = true
        lastAsked = index
    }

    /// Whether a reading with so many devices is one. None at all, after there were some, is a
    /// library that has lost its driver, and not a machine that has lost its devices.
    func takes(devices: Int) -> Bool { devices > 0 || !hasDevices }

    /// It has told what so many devices say.
    mutating func answered(devices: Int, now: Instant) -> [Order] {
        failures = 0
        lastAsked = nil
        if case .running = state { state = .running(heard: now) }
        isAbsent = devices == 0 && !hasDevices
        guard devices > 0 else {
            if !hasDevices { isLoaded = false }
            if !hasDevices, onBus == 0 { isSettled = true }
            return []
        }
        hasDevices = true
        isSettled = true
        answeredAt = now
        guard isSilent else { return [] }
        isSilent = false
        return [.tellAnswer]
    }

    /// There is nothing to ask: no library, or one that does not start, as while its driver is
    /// being loaded or replaced. That is no silence; one that had devices and does not start again
    /// is.
    mutating func absent(hasLibrary: Bool, now: Instant) {
        if case .running = state { state = .running(heard: now) }
        isLoaded = false
        isAbsent = true
        isPending = hasLibrary && onBus > 0
        if !isPending, !hasDevices { isSettled = true }
    }

    /// The process is gone. `wasAbsent` says that it found nothing to ask.
    mutating func ended(now: Instant, wasAbsent: Bool) {
        failures = min(failures + 1, 6)
        let pause = TimeSpan.seconds(5 << Int64(failures - 1))
        let isFarOff = wasAbsent && !hasDevices && !isPending
        state = .off(until: now + (isFarOff ? ProbeWatch.absence : pause))
    }
}
