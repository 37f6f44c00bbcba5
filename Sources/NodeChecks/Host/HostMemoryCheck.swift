import CNodeChecks
import FleetModel
import Glibc
import Qualification

/// Fills the host's memory with patterns and reads it back, then measures its bandwidth.
struct HostMemoryCheck {
    var files = SmallFiles()
    /// Seconds for both parts.
    var seconds: Double
    /// The most memory to test; a quarter of what is free at most is taken.
    var mostBytes: Int64 = 64 << 30

    func run() -> CheckResult {
        guard let room = freeBytes() else {
            return CheckResult(
                .hostMemory, .error, ["/proc/meminfo does not say what is free"],
                code: .checkBroke)
        }
        let threads = UInt32(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        // Whole pages for every thread, so that parts are as long as each other.
        let unit = Int64(threads) * 4096
        let reach = bytesInTime(threads, unit: unit)
        let bytes = min(room / 4, mostBytes, max(reach, unit)) / unit * unit
        guard bytes > 0,
            let memory = mmap(
                nil, Int(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            memory != MAP_FAILED
        else {
            return CheckResult(
                .hostMemory, .error, ["no memory is to be had: \(SystemText.of(errno))"],
                code: .checkBroke)
        }
        var outcome = cnodechecks_memory()
        let error = cnodechecks_memory_test(
            memory, Int(bytes), threads, seconds * 0.7, &outcome)
        munmap(memory, Int(bytes))
        guard error == 0 else {
            return CheckResult(
                .hostMemory, .error, ["no threads are to be had: \(SystemText.of(error))"],
                code: .checkBroke)
        }
        var result = CheckResult(.hostMemory, .passed)
        result.figures.append(
            Figure(.hostMemoryTested, milli: Measured.milli(Double(outcome.tested) / 0x1p30)))
        result.notes.append("\(bytes >> 20) MiB in \(outcome.passes) passes, \(threads) threads")
        if outcome.wrong > 0 {
            result.note(
                .failed,
                "\(outcome.wrong) words were read back wrong, the first at byte \(outcome.first)")
            return result
        }
        // Far more than a last-level cache has for each thread, where there is room.
        let each = min(256 << 20, max(1 << 20, room / 4 / Int64(threads) / 2))
        let speed = cnodechecks_memory_bandwidth(Int(each), threads, seconds * 0.3)
        guard speed > 0 else {
            result.note(.error, "the memory for measuring bandwidth is not to be had")
            result.code = .checkBroke
            return result
        }
        result.figures.append(Figure(.hostMemory, milli: Measured.milli(speed / 1e9)))
        return result
    }

    /// What can be filled and read back in the time, by what a small part of it takes.
    private func bytesInTime(_ threads: UInt32, unit: Int64) -> Int64 {
        let bytes = max(unit, (16 << 20) / unit * unit)
        guard let memory = malloc(Int(bytes)) else { return 0 }
        defer { free(memory) }
        var outcome = cnodechecks_memory()
        let start = Clock.seconds()
        guard cnodechecks_memory_test(memory, Int(bytes), threads, 0, &outcome) == 0 else {
            return 0
        }
        let spent = max(Clock.seconds() - start, 1e-6)
        return Int64(min(Double(bytes) / spent * seconds * 0.6, 0x1p50))
    }

    /// What the machine has free, within the limit of this process's cgroup.
    func freeBytes() -> Int64? {
        guard let text = files.text("/proc/meminfo") else { return nil }
        var free: Int64?
        for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
            free = line.split(separator: " ").dropFirst().first.flatMap { Int64($0) }
                .map { $0 << 10 }
        }
        if let limit = files.number("/sys/fs/cgroup/memory.max"),
            let used = files.number("/sys/fs/cgroup/memory.current")
        {
            free = min(free ?? limit, max(0, limit - used))
        }
        return free
    }
}

/// Measurements as figures.
enum Measured {
    /// Thousandths of a value; what is no number is 0.
    static func milli(_ value: Double) -> Int64 {
        guard value.isFinite, value > 0 else { return 0 }
        return Int64(min(value * 1000, 0x1p53))
    }
}
