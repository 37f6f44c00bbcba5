import CNodeChecks
import FleetModel
import Glibc
import Qualification

/// Loads every core with work whose result is known, and watches clocks and temperatures.
struct HostCPUCheck {
    var files = SmallFiles()
    var seconds: Double
    /// Makes the first core's results wrong, so that a test can see it noticed.
    var isSpoiled = false

    /// What was seen while the cores worked.
    private final class Watch {
        let files: SmallFiles
        var lowestKilohertz: [String: Int64] = [:]
        var hottest: Int64 = 0

        init(files: SmallFiles) { self.files = files }

        func look() {
            let folder = "/sys/devices/system/cpu"
            for name in files.names(folder) where name.hasPrefix("cpu") {
                guard name.dropFirst(3).allSatisfy(\.isNumber),
                    let clock = files.number("\(folder)/\(name)/cpufreq/scaling_cur_freq")
                else { continue }
                lowestKilohertz[name] = min(lowestKilohertz[name] ?? clock, clock)
            }
            for zone in files.names("/sys/class/thermal") where zone.hasPrefix("thermal_zone") {
                guard let degrees = files.number("/sys/class/thermal/\(zone)/temp") else {
                    continue
                }
                hottest = max(hottest, degrees)
            }
        }
    }

    func run() -> CheckResult {
        let room = 1024
        var cores = [cnodechecks_core](repeating: cnodechecks_core(), count: room)
        let watch = Watch(files: files)
        let throttledBefore = throttleCount()
        let count = withExtendedLifetime(watch) {
            cnodechecks_load_cores(
                &cores, Int32(room), seconds, isSpoiled ? 1 : 0,
                { context in
                    guard let context else { return }
                    Unmanaged<Watch>.fromOpaque(context).takeUnretainedValue().look()
                }, Unmanaged.passUnretained(watch).toOpaque())
        }
        guard count > 0 else {
            return CheckResult(
                .hostCPU, .error, ["no threads are to be had: \(SystemText.of(errno))"],
                code: .checkBroke)
        }
        return judge(
            Array(cores.prefix(Int(count))), watch.lowestKilohertz.values.min(), watch.hottest,
            throttled: throttleCount() - throttledBefore)
    }

    private func judge(
        _ cores: [cnodechecks_core], _ lowest: Int64?, _ hottest: Int64, throttled: Int64
    ) -> CheckResult {
        var result = CheckResult(.hostCPU, .passed, ["\(cores.count) cores"])
        for core in cores where core.wrong > 0 {
            result.note(
                .failed, "core \(core.core): \(core.wrong) of \(core.rounds) results are wrong")
        }
        // By the time that a core gave to the work, so that other programs do not make it slow.
        let rates = cores.map { core in
            CoreRate(
                core: core.core, kind: kind(of: core.core),
                rate: Double(core.rounds) / max(core.seconds, 1e-9))
        }
        if let (slowest, share) = CoreRate.slowest(rates) {
            result.figures.append(Figure(.coreSpread, milli: Measured.milli(share * 100)))
            result.notes.append("the slowest is core \(slowest)")
        }
        if let lowest {
            result.figures.append(Figure(.coreClock, milli: lowest))
        } else {
            result.notes.append("the kernel tells no clocks")
        }
        if hottest > 0 { result.figures.append(Figure(.hostTemperature, milli: hottest)) }
        if throttled > 0 {
            result.note(.degraded, "the processor slowed down for heat \(throttled) times")
        }
        return result
    }

    /// What cores of one kind have in common, where a processor has large and small ones.
    private func kind(of core: Int32) -> Int64 {
        let folder = "/sys/devices/system/cpu/cpu\(core)"
        return files.number(folder + "/cpu_capacity")
            ?? files.number(folder + "/cpufreq/cpuinfo_max_freq") ?? 0
    }

    /// How often the processor's packages slowed down for heat since the machine was started.
    private func throttleCount() -> Int64 {
        let folder = "/sys/devices/system/cpu"
        var count: Int64 = 0
        for name in files.names(folder) where name.hasPrefix("cpu") {
            let path = "\(folder)/\(name)/thermal_throttle/core_throttle_count"
            count += files.number(path) ?? 0
        }
        return count
    }
}

/// How much work a core did in the time that it gave to it.
struct CoreRate {
    var core: Int32
    /// Only cores of one kind are compared.
    var kind: Int64
    var rate: Double

    /// The core that is slowest beside the median of its kind, and its share of that.
    static func slowest(_ cores: [CoreRate]) -> (core: Int32, share: Double)? {
        var found: (core: Int32, share: Double)?
        for kind in Set(cores.map(\.kind)).sorted() {
            let own = cores.filter { $0.kind == kind }.sorted { $0.rate < $1.rate }
            let median = own[own.count / 2].rate
            guard let first = own.first, median > 0 else { continue }
            let share = first.rate / median
            if share < found?.share ?? .infinity { found = (first.core, share) }
        }
        return found
    }
}
