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
        let stolenBefore = stolenTicks()
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
            throttled: throttleCount() - throttledBefore,
            isShared: isVirtual || stolenTicks() > stolenBefore)
    }

    /// Judges what was measured. `isShared` says that others may have had the cores meanwhile.
    func judge(
        _ cores: [cnodechecks_core], _ lowest: Int64?, _ hottest: Int64, throttled: Int64,
        isShared: Bool
    ) -> CheckResult {
        var result = CheckResult(.hostCPU, .passed, ["\(cores.count) cores"])
        for core in cores where core.wrong > 0 {
            result.note(
                .failed, "core \(core.core): \(core.wrong) of \(core.rounds) results are wrong")
        }
        // By the time that a core gave to the work, so that other programs do not make it slow.
        let loaded = Set(cores.map(\.core))
        let rates = cores.map { core in
            CoreRate(
                core: core.core, kind: kind(of: core.core, among: loaded),
                rate: Double(core.rounds) / max(core.seconds, 1e-9))
        }
        if let (slowest, share) = CoreRate.slowest(rates) {
            note(slowest, share, isShared: isShared, in: &result)
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

    /// Tells of the slowest core. A virtual machine's may be slow because another machine has it
    /// for a while, and the time that is taken away counts as its own: that fails nothing, and is
    /// no figure to hold others against.
    private func note(
        _ core: Int32, _ share: Double, isShared: Bool, in result: inout CheckResult
    ) {
        guard isShared else {
            result.figures.append(Figure(.coreSpread, milli: Measured.milli(share * 100)))
            result.notes.append("the slowest is core \(core)")
            return
        }
        let words = "core \(core) did \(Int(share * 100)) % of the median; others share the cores"
        if share < HostCPUCheck.leastShared {
            result.note(.degraded, words)
        } else {
            result.notes.append(words)
        }
    }

    /// The share below which a core is slow, as ``Priors`` have it.
    private static let leastShared = 0.8

    /// What cores have in common that can be compared: of a processor with large and small ones,
    /// and with as many threads of their core at work.
    private func kind(of core: Int32, among loaded: Set<Int32>) -> CoreKind {
        let folder = "/sys/devices/system/cpu/cpu\(core)"
        let capacity =
            files.number(folder + "/cpu_capacity")
            ?? files.number(folder + "/cpufreq/cpuinfo_max_freq") ?? 0
        let list = files.text(folder + "/topology/thread_siblings_list") ?? ""
        let siblings = HostCPUCheck.cores(in: list).filter(loaded.contains)
        return CoreKind(capacity: capacity, siblings: max(1, siblings.count))
    }

    /// The numbers of a list such as `0-1,64`.
    static func cores(in list: String) -> [Int32] {
        list.split(separator: ",").flatMap { part -> [Int32] in
            let ends = part.split(separator: "-").compactMap { Int32($0) }
            guard let first = ends.first, let last = ends.last, first <= last,
                last - first < 4096
            else { return [] }
            return Array(first...last)
        }
    }

    /// Whether this is a virtual machine, as far as it says.
    var isVirtual: Bool {
        let lines = (files.text("/proc/cpuinfo") ?? "").split(separator: "\n")
        let flags = lines.first { $0.hasPrefix("flags") } ?? ""
        return flags.split(separator: " ").contains("hypervisor")
            || files.exists("/sys/hypervisor/type") || files.exists("/proc/device-tree/hypervisor")
    }

    /// Ticks that the hypervisor gave to others since the start, over all cores.
    private func stolenTicks() -> Int64 {
        let line = (files.text("/proc/stat") ?? "").split(separator: "\n").first ?? ""
        let words = line.split(separator: " ")
        return words.count > 8 && words[0] == "cpu" ? Int64(words[8]) ?? 0 : 0
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

/// What cores that are compared have in common.
struct CoreKind: Hashable {
    /// What the kernel says that a core can do.
    var capacity: Int64
    /// Threads of one core that were at work, this one with them.
    var siblings: Int
}

/// How much work a core did in the time that it gave to it.
struct CoreRate {
    var core: Int32
    /// Only cores of one kind are compared.
    var kind: CoreKind
    var rate: Double

    /// The core that is slowest beside the median of its kind, and its share of that.
    static func slowest(_ cores: [CoreRate]) -> (core: Int32, share: Double)? {
        var found: (core: Int32, share: Double)?
        let kinds = Set(cores.map(\.kind)).sorted {
            ($0.capacity, $0.siblings) < ($1.capacity, $1.siblings)
        }
        for kind in kinds {
            let own = cores.filter { $0.kind == kind }.sorted { $0.rate < $1.rate }
            let median = own[own.count / 2].rate
            guard let first = own.first, median > 0 else { continue }
            let share = first.rate / median
            if share < found?.share ?? .infinity { found = (first.core, share) }
        }
        return found
    }
}
