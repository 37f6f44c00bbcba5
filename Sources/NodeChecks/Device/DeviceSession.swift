import Glibc
import Qualification

/// One device with a context, a stream and the kernels of checks.
struct DeviceSession {
    let driver: CudaDriver
    let device: Int32
    let index: Int
    let context: CudaDriver.Context
    let stream: CudaDriver.Stream
    private let begin: CudaDriver.Event
    private let end: CudaDriver.Event
    private let kernels: [CudaDriver.Function]
    /// Two words that kernels count into.
    private let found: CudaDriver.Address
    private let blocks: UInt32

    /// `CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT` and the two parts of the compute capability.
    private static let (processors, majorVersion, minorVersion): (Int32, Int32, Int32) =
        (16, 75, 76)

    /// Opens a device.
    init(_ driver: CudaDriver, index: Int) throws(DeviceFault) {
        self.driver = driver
        self.index = index
        device = try driver.device(index)
        context = try driver.context(device)
        try driver.use(context)
        stream = try driver.stream()
        begin = try driver.event()
        end = try driver.event()
        kernels = try driver.load(DeviceKernels.text, DeviceKernels.names)
        found = try driver.allocate(16)
        let count = try driver.attribute(DeviceSession.processors, device)
        blocks = UInt32(clamping: max(count, 1) * 8)
    }

    /// The compute capability, ten times its major and once its minor part.
    func capability() throws(DeviceFault) -> Int {
        try driver.attribute(DeviceSession.majorVersion, device) * 10
            + driver.attribute(DeviceSession.minorVersion, device)
    }

    /// What a comparison on the device came to.
    struct Difference {
        var wrong: UInt64
        /// The place of the first wrong word.
        var first: UInt64
    }

    /// Makes this thread's work that of this device.
    func use() throws(DeviceFault) { try driver.use(context) }

    /// Waits for all that was asked for.
    func wait() throws(DeviceFault) { try driver.wait(for: stream) }

    /// Fills words with the pattern of a seed.
    func fill(
        _ address: CudaDriver.Address, words: Int, seed: UInt32
    ) throws(DeviceFault) {
        try driver.launch(
            kernels[0], blocks: (blocks, 1), [address, UInt64(words), UInt64(seed)], in: stream)
    }

    /// Compares words with the pattern of a seed.
    func verify(
        _ address: CudaDriver.Address, words: Int, seed: UInt32
    ) throws(DeviceFault) -> Difference {
        try counted { () throws(DeviceFault) in
            try driver.launch(
                kernels[1], blocks: (blocks, 1),
                [address, UInt64(words), UInt64(seed), found], in: stream)
        }
    }

    /// Compares words with others.
    func compare(
        _ address: CudaDriver.Address, words: Int, with other: CudaDriver.Address
    ) throws(DeviceFault) -> Difference {
        try counted { () throws(DeviceFault) in
            try driver.launch(
                kernels[2], blocks: (blocks, 1), [address, UInt64(words), other, found],
                in: stream)
        }
    }

    /// Multiplies square matrices of FP32 by columns with Muster's own kernel.
    func multiply(
        _ left: CudaDriver.Address, _ right: CudaDriver.Address, into product: CudaDriver.Address,
        size: Int
    ) throws(DeviceFault) {
        let tiles = UInt32(clamping: size / DeviceKernels.tile)
        try driver.launch(
            kernels[3], blocks: (tiles, tiles), [left, right, product, UInt64(size)], in: stream)
    }

    private func counted(
        _ body: () throws(DeviceFault) -> Void
    ) throws(DeviceFault) -> Difference {
        var words: [UInt64] = [0, .max]
        try send(words, to: found)
        try body()
        try receive(&words, from: found)
        return Difference(wrong: words[0], first: words[1])
    }

    /// Copies numbers to the device and waits.
    func send<Number>(_ numbers: [Number], to address: CudaDriver.Address) throws(DeviceFault) {
        let result = numbers.withUnsafeBytes { bytes -> Result<Void, DeviceFault> in
            guard let base = bytes.baseAddress else { return .success(()) }
            do throws(DeviceFault) {
                try driver.copy(base, to: address, bytes: bytes.count, in: stream)
                try wait()
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Copies numbers from the device and waits.
    func receive<Number>(
        _ numbers: inout [Number], from address: CudaDriver.Address
    ) throws(DeviceFault) {
        let result = numbers.withUnsafeMutableBytes { bytes -> Result<Void, DeviceFault> in
            guard let base = bytes.baseAddress else { return .success(()) }
            do throws(DeviceFault) {
                try driver.copy(address, to: base, bytes: bytes.count, in: stream)
                try wait()
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Seconds that the device needs for what `body` asks of it.
    func timed(_ body: () throws(DeviceFault) -> Void) throws(DeviceFault) -> Double {
        try driver.record(begin, in: stream)
        try body()
        try driver.record(end, in: stream)
        try wait()
        return try driver.seconds(from: begin, to: end)
    }

    /// Repeats `body`, whose work is `amount` of something, until the time is over; returns how
    /// much of it a second the device did, by its own clock. The first round only warms up.
    func rate(
        _ amount: Double, seconds: Double, _ body: () throws(DeviceFault) -> Void
    ) throws(DeviceFault) -> Double {
        _ = try timed(body)
        var (spent, done) = (0.0, 0.0)
        let limit = Clock.seconds() + seconds
        repeat {
            spent += try timed(body)
            done += amount
        } while Clock.seconds() < limit
        return spent > 0 ? done / spent : 0
    }
}
