import Glibc
import Qualification
import Synchronization

/// Watches clock, temperature and power of a device while it works, through NVML.
final class DeviceWatch: Sendable {
    /// What was seen.
    private struct Seen {
        var looks = 0
        var slowed = 0
        var reasons: UInt64 = 0
        var hottest: Int64?
        var lowestClock: Int64?
        var highestPower: Int64?
        var generation: Int64?
        var generationMost: Int64?
        var trouble: String?
    }

    /// Why a device is slower than it could be, of `nvmlClocksThrottleReasons`: those that speak of
    /// heat, power supply or a fault. Idleness, a power cap and chosen clocks are none.
    static let reasons: [(bit: UInt64, words: String)] = [
        (0x8, "hardware slowdown"), (0x20, "software thermal slowdown"),
        (0x40, "hardware thermal slowdown"), (0x80, "power brake"),
    ]

    private let seen = Mutex(Seen())
    private let isEnded = Flag()
    private let isOver = Flag()

    /// Begins to watch; says nothing later where NVML is absent.
    init(device: Int, nvmlNames: [String], period: Double = 0.2) {
        let nvml: NVML?
        do throws(NVML.Failure) {
            nvml = try NVML.open(nvmlNames)
        } catch {
            self.seen.withLock { $0.trouble = error.words }
            nvml = nil
        }
        guard let nvml, let handle = try? nvml.device(device) else {
            isOver.raise()
            return
        }
        let place = UncheckedBox(handle)
        let isStarted = Threads.start { [self] in
            // Once at least, also where the machine was too busy for a look during the work.
            repeat {
                look(nvml, place.value)
                usleep(useconds_t(period * 1e6))
            } while !isEnded.isRaised
            isOver.raise()
        }
        if !isStarted { isOver.raise() }
    }

    private func look(_ nvml: NVML, _ handle: NVML.Handle) {
        do throws(NVML.Failure) {
            let heat = try nvml.number("nvmlDeviceGetTemperature", kind: 0, handle)
            let clock = try nvml.number("nvmlDeviceGetClockInfo", kind: 1, handle)
            let power = try nvml.number("nvmlDeviceGetPowerUsage", handle)
            let generation = try nvml.number("nvmlDeviceGetCurrPcieLinkGeneration", handle)
            let most = try nvml.number("nvmlDeviceGetMaxPcieLinkGeneration", handle)
            let bits = try nvml.slowReasons(handle) ?? 0
            seen.withLock { seen in
                seen.looks += 1
                let own = DeviceWatch.reasons.reduce(0) { $0 | (bits & $1.bit) }
                if own != 0 { seen.slowed += 1 }
                seen.reasons |= own
                seen.hottest = DeviceWatch.most(seen.hottest, heat)
                seen.highestPower = DeviceWatch.most(seen.highestPower, power)
                seen.generation = DeviceWatch.most(seen.generation, generation)
                seen.generationMost = DeviceWatch.most(seen.generationMost, most)
                if let clock { seen.lowestClock = min(seen.lowestClock ?? clock, clock) }
            }
        } catch {
            seen.withLock { $0.trouble = error.words }
        }
    }

    private static func most(_ old: Int64?, _ new: Int64?) -> Int64? {
        guard let new else { return old }
        return max(old ?? new, new)
    }

    /// Ends watching and adds what was seen to a result.
    func finish(into result: inout CheckResult) {
        isEnded.raise()
        // A question that hangs keeps its own thread and not the check.
        let limit = Clock.seconds() + 10
        while !isOver.isRaised, Clock.seconds() < limit { usleep(5_000) }
        let seen = seen.withLock { $0 }
        if let trouble = seen.trouble { result.note(.error, "NVML: \(trouble)") }
        guard seen.looks > 0 else { return }
        for (id, value, scale) in [
            (FigureID.deviceTemperature, seen.hottest, Int64(1000)),
            (.deviceClock, seen.lowestClock, 1000), (.devicePower, seen.highestPower, 1),
        ] {
            if let value { result.figures.append(Figure(id, milli: value * scale)) }
        }
        let percent = Int64(seen.slowed) * 100_000 / Int64(seen.looks)
        result.figures.append(Figure(.deviceSlowed, milli: percent))
        let words = DeviceWatch.reasons.filter { seen.reasons & $0.bit != 0 }.map(\.words)
        if !words.isEmpty { result.notes.append(words.joined(separator: ", ")) }
        // An idle link is slow on purpose, so only copies tell.
        if result.check == .deviceCopy, let own = seen.generation, let most = seen.generationMost,
            own < most
        {
            result.note(.degraded, "PCIe generation \(own) of \(most) while it copied")
        }
    }
}

/// Carries a pointer of a library to the one thread that uses it.
struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
