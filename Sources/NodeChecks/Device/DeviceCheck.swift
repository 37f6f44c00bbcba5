import CNodeChecks
import FleetModel
import Glibc
import Qualification

/// A check of one device, or of the links between all, through the CUDA driver.
struct DeviceCheck {
    var check: CheckID
    var device: Int
    var seconds: Double
    var cudaNames = ["libcuda.so.1"]
    var nvmlNames = ["libnvidia-ml.so.1"]
    var cublasNames = Cublas.names
    /// The largest piece of memory that is copied or filled at a time.
    var pieceBytes = 256 << 20
    /// The share of a device's free memory that is tested, in per cent.
    var memoryPercent = 90
    /// The sides of the matrices that are multiplied under load and exactly.
    var sizes = DeviceMultiply.Sizes()

    func run() -> CheckResult {
        var result = CheckResult(check, device: Int32(device), .passed)
        let watch = DeviceWatch(device: device, nvmlNames: nvmlNames)
        do throws(DeviceFault) {
            guard let driver = try CudaDriver.open(cudaNames) else {
                return DeviceAbsence.absent("there is no libcuda.so.1").result(of: check)
            }
            let count = try driver.deviceCount()
            let place = check == .deviceLinks ? device : try self.place(in: driver, count)
            guard place < count else {
                throw DeviceFault(words: "CUDA has \(count) devices, and no device \(device)")
            }
            try measure(driver, place, count, &result)
        } catch {
            result.note(error.isHardware ? .failed : .error, error.words)
            if !error.isHardware { result.code = .driverFails }
        }
        if check != .deviceLinks { watch.finish(into: &result) }
        if result.status == .error, result.code == nil { result.code = .driverFails }
        return result
    }

    /// The place among CUDA's devices of the one that NVML has under the index: where CUDA lacks
    /// one, all that follow have moved up.
    private func place(in driver: CudaDriver, _ count: Int) throws(DeviceFault) -> Int {
        guard let nvml = try? NVML.open(nvmlNames), let handle = try? nvml.device(device),
            let address = try? nvml.pciAddress(handle), let wanted = BusPlace(address)
        else { return device }
        for place in 0..<count {
            let found = BusPlace(try driver.pciAddress(try driver.device(place)))
            // A driver that tells no places can only be asked by index.
            if found == nil { return device }
            if found == wanted { return place }
        }
        throw DeviceFault(words: "CUDA does not have device \(device), at \(address)")
    }

    private func measure(
        _ driver: CudaDriver, _ place: Int, _ count: Int, _ result: inout CheckResult
    ) throws(DeviceFault) {
        switch check {
        case .deviceLinks: try links(driver, count, &result)
        case .deviceCopy: try copies(try DeviceSession(driver, index: place), &result)
        case .deviceMemory: try memory(try DeviceSession(driver, index: place), &result)
        default:
            let session = try DeviceSession(driver, index: place)
            try DeviceMultiply(
                session: session, cublasNames: cublasNames, seconds: seconds, sizes: sizes
            ).run(into: &result)
        }
    }

    /// What is copied at a time: less where little of the device's memory is free.
    private func piece(_ session: DeviceSession) throws(DeviceFault) -> Int {
        try session.use()
        let free = try session.driver.memory().free
        return max(4096, min(pieceBytes, free / 8) / 4096 * 4096)
    }

    private static func wrong(_ difference: DeviceSession.Difference, _ what: String) -> String {
        "\(difference.wrong) words are wrong \(what), the first at byte \(difference.first * 4)"
    }

    // MARK: Copies

    /// From pinned host memory to the device and back; each side checks what the other wrote.
    private func copies(
        _ session: DeviceSession, _ result: inout CheckResult
    ) throws(DeviceFault) {
        let driver = session.driver
        let pieceBytes = try piece(session)
        let words = pieceBytes / 4
        let host = try driver.allocateHost(pieceBytes)
        let hostWords = host.assumingMemoryBound(to: UInt32.self)
        let address = try driver.allocate(pieceBytes)
        let seed = UInt32(truncatingIfNeeded: 0x5EED_0000 + device)
        cnodechecks_fill(hostWords, words, seed)
        let up = try session.rate(Double(pieceBytes), seconds: seconds / 2) {
            () throws(DeviceFault) in
            try driver.copy(host, to: address, bytes: pieceBytes, in: session.stream)
        }
        let arrived = try session.verify(address, words: words, seed: seed)
        if arrived.wrong > 0 {
            result.note(.failed, DeviceCheck.wrong(arrived, "on the device"))
        }
        try session.fill(address, words: words, seed: ~seed)
        let down = try session.rate(Double(pieceBytes), seconds: seconds / 2) {
            () throws(DeviceFault) in
            try driver.copy(address, to: host, bytes: pieceBytes, in: session.stream)
        }
        var first = 0
        let wrong = cnodechecks_verify(hostWords, words, ~seed, &first)
        if wrong > 0 {
            result.note(
                .failed, "\(wrong) words came back wrong, the first at byte \(first * 4)")
        }
        result.figures.append(Figure(.hostToDevice, milli: Measured.milli(up / 1e9)))
        result.figures.append(Figure(.deviceToHost, milli: Measured.milli(down / 1e9)))
        result.notes.append("\(pieceBytes >> 20) MiB at a time, pinned")
        try driver.free(address)
    }

    // MARK: Memory

    /// Fills nearly all free memory with patterns and their complements and compares, then copies
    /// within it.
    private func memory(
        _ session: DeviceSession, _ result: inout CheckResult
    ) throws(DeviceFault) {
        let driver = session.driver
        let speed = try bandwidth(session)
        let (free, total) = try driver.memory()
        var pieces: [(address: CudaDriver.Address, words: Int)] = []
        var left = free / 100 * memoryPercent
        while left >= 1 << 20 {
            let bytes = min(left, max(pieceBytes, 1 << 30)) / 4096 * 4096
            // Memory that is free in all may not be so in one piece.
            guard let address = try? driver.allocate(bytes) else { break }
            pieces.append((address, bytes / 4))
            left -= bytes
        }
        guard !pieces.isEmpty else { throw DeviceFault(words: "no memory of the device is free") }
        var tested = 0
        let limit = Clock.seconds() + seconds * 0.8
        var pass: UInt32 = 0
        repeat {
            for (place, piece) in pieces.enumerated() {
                let seed = (pass % 2 == 0 ? pass : ~pass) &+ UInt32(place) &* 0x0100_0193
                try session.fill(piece.address, words: piece.words, seed: seed)
            }
            for (place, piece) in pieces.enumerated() {
                let seed = (pass % 2 == 0 ? pass : ~pass) &+ UInt32(place) &* 0x0100_0193
                let found = try session.verify(piece.address, words: piece.words, seed: seed)
                if found.wrong > 0 {
                    result.note(.failed, DeviceCheck.wrong(found, "in piece \(place)"))
                }
                tested += piece.words * 4
            }
            pass += 1
        } while (Clock.seconds() < limit || pass < 2) && result.status != .failed
        for piece in pieces { try driver.free(piece.address) }
        result.figures.append(Figure(.deviceMemory, milli: Measured.milli(speed / 1e9)))
        result.figures.append(
            Figure(.deviceMemoryTested, milli: Measured.milli(Double(tested) / 0x1p30)))
        let held = pieces.reduce(0) { $0 + $1.words * 4 }
        result.notes.append("\(held >> 20) of \(total >> 20) MiB in \(pass) passes")
    }

    /// Bytes a second that are read and written when memory is copied within the device.
    private func bandwidth(_ session: DeviceSession) throws(DeviceFault) -> Double {
        let driver = session.driver
        let bytes = try piece(session)
        let (source, target) = (try driver.allocate(bytes), try driver.allocate(bytes))
        try session.fill(source, words: bytes / 4, seed: 1)
        let speed = try session.rate(Double(bytes) * 2 * 8, seconds: seconds * 0.2) {
            () throws(DeviceFault) in
            for _ in 0..<8 {
                try driver.copy(source, within: target, bytes: bytes, in: session.stream)
            }
        }
        try driver.free(source)
        try driver.free(target)
        return speed
    }

    // MARK: Links

    /// Copies from every device to every other.
    private func links(
        _ driver: CudaDriver, _ count: Int, _ result: inout CheckResult
    ) throws(DeviceFault) {
        result.device = nil
        guard count > 1 else {
            result = CheckResult(.deviceLinks, .notApplicable, ["there is one device"])
            return
        }
        var sessions: [DeviceSession] = []
        for index in 0..<count { sessions.append(try DeviceSession(driver, index: index)) }
        let each = seconds / Double(count * (count - 1))
        var (slowest, slowestPair, direct) = (Double.infinity, "", 0)
        for from in sessions {
            for to in sessions where to.index != from.index {
                let isDirect = try driver.canReach(from.device, to.device)
                if isDirect { direct += 1 }
                let pair = "\(from.index) → \(to.index)"
                let (speed, found) = try link(from, to, isDirect: isDirect, seconds: each)
                if speed < slowest { (slowest, slowestPair) = (speed, pair) }
                if found.wrong > 0 {
                    result.note(.failed, DeviceCheck.wrong(found, "on the way \(pair)"))
                }
            }
        }
        let pairs = count * (count - 1)
        result.notes.append("\(direct) of \(pairs) ways without the host; slowest \(slowestPair)")
        if direct > 0, direct < pairs {
            result.note(.degraded, "\(pairs - direct) ways between devices lead through the host")
        }
        if direct == pairs {
            result.figures.append(Figure(.peerCopy, milli: Measured.milli(slowest / 1e9)))
        } else {
            result.notes.append("\(Measured.gigabytes(slowest)) GB/s at the slowest")
        }
    }

    private func link(
        _ from: DeviceSession, _ to: DeviceSession, isDirect: Bool, seconds: Double
    ) throws(DeviceFault) -> (Double, DeviceSession.Difference) {
        let driver = from.driver
        let pieceBytes = min(try piece(from), try piece(to))
        let words = pieceBytes / 4
        let seed = UInt32(truncatingIfNeeded: from.index << 8 | to.index) &+ 0x11
        try to.use()
        let target = try driver.allocate(pieceBytes)
        try from.use()
        if isDirect { try driver.enablePeer(to.context) }
        let source = try driver.allocate(pieceBytes)
        try from.fill(source, words: words, seed: seed)
        let speed = try from.rate(Double(pieceBytes), seconds: seconds) {
            () throws(DeviceFault) in
            try driver.copy(
                source, of: from.context, to: target, of: to.context, bytes: pieceBytes,
                in: from.stream)
        }
        try driver.free(source)
        try to.use()
        let found = try to.verify(target, words: words, seed: seed)
        try driver.free(target)
        return (speed, found)
    }
}
