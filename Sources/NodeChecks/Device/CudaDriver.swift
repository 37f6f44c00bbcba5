import DeviceLibraries
import Glibc

/// What a driver or device answered instead of doing its work.
struct DeviceFault: Error {
    /// What happened, in words.
    var words: String
    /// Whether it speaks against the hardware: the driver says that memory, a link or the processor
    /// of the device failed.
    var isHardware = false
}

/// The CUDA driver, loaded while the program runs: no toolkit is needed, only `libcuda.so.1`, which
/// comes with every driver. Memory and contexts are let go with the process, which is one check's.
struct CudaDriver: @unchecked Sendable {
    typealias Context = OpaquePointer
    typealias Stream = OpaquePointer
    typealias Event = OpaquePointer
    typealias Function = OpaquePointer
    /// An address in a device's memory.
    typealias Address = UInt64

    private typealias NoArguments = @convention(c) () -> Int32
    private typealias Flags = @convention(c) (UInt32) -> Int32
    private typealias Number = @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
    private typealias ErrorText =
        @convention(c) (Int32, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Int32
    private typealias DeviceByIndex = @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32
    private typealias DeviceText =
        @convention(c) (UnsafeMutablePointer<CChar>, Int32, Int32) -> Int32
    private typealias DeviceAttribute =
        @convention(c) (UnsafeMutablePointer<Int32>, Int32, Int32) -> Int32
    private typealias DeviceBytes =
        @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
    private typealias PeerQuestion =
        @convention(c) (UnsafeMutablePointer<Int32>, Int32, Int32) -> Int32
    private typealias Retain =
        @convention(c) (UnsafeMutablePointer<OpaquePointer?>, Int32) -> Int32
    private typealias Handle = @convention(c) (OpaquePointer) -> Int32
    private typealias HandleFlags = @convention(c) (OpaquePointer, UInt32) -> Int32
    private typealias Make =
        @convention(c) (UnsafeMutablePointer<OpaquePointer?>, UInt32) -> Int32
    private typealias Record = @convention(c) (OpaquePointer, OpaquePointer) -> Int32
    private typealias Elapsed =
        @convention(c) (UnsafeMutablePointer<Float>, OpaquePointer, OpaquePointer) -> Int32
    private typealias MemoryInfo =
        @convention(c) (UnsafeMutablePointer<Int>, UnsafeMutablePointer<Int>) -> Int32
    private typealias Allocate = @convention(c) (UnsafeMutablePointer<UInt64>, Int) -> Int32
    private typealias Free = @convention(c) (UInt64) -> Int32
    private typealias AllocateHost =
        @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>, Int) -> Int32
    private typealias FromHost =
        @convention(c) (UInt64, UnsafeRawPointer, Int, OpaquePointer) -> Int32
    private typealias ToHost =
        @convention(c) (UnsafeMutableRawPointer, UInt64, Int, OpaquePointer) -> Int32
    private typealias Within = @convention(c) (UInt64, UInt64, Int, OpaquePointer) -> Int32
    private typealias ToPeer =
        @convention(c) (UInt64, OpaquePointer, UInt64, OpaquePointer, Int, OpaquePointer) -> Int32
    private typealias LoadModule =
        @convention(c) (UnsafeMutablePointer<OpaquePointer?>, UnsafeRawPointer) -> Int32
    private typealias FindFunction =
        @convention(c) (
            UnsafeMutablePointer<OpaquePointer?>, OpaquePointer, UnsafePointer<CChar>
        ) -> Int32
    private typealias Launch =
        @convention(c) (
            OpaquePointer, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, OpaquePointer,
            UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
            UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        ) -> Int32

    private let library: DynamicLibrary

    /// Codes of `CUresult` by which the driver says that hardware failed: uncorrectable memory and
    /// link errors, a stack error of the hardware, and instructions that no kernel here has.
    private static let hardwareCodes: Set<Int32> = [214, 220, 714, 715, 718, 719]

    /// Loads and begins; nil when it is not installed.
    static func open(_ names: [String] = ["libcuda.so.1"]) throws(DeviceFault) -> CudaDriver? {
        switch DynamicLibrary.open(names) {
        case .failure(let failure): throw DeviceFault(words: failure.words)
        case .success(nil): return nil
        case .success(let library?):
            let driver = CudaDriver(library: library)
            try driver.call("cuInit", Flags.self) { $0(0) }
            return driver
        }
    }

    private func call<Body>(
        _ name: String, _ type: Body.Type, _ body: (Body) -> Int32
    ) throws(DeviceFault) {
        let function: Body
        do {
            function = try library.function(name, as: type)
        } catch {
            throw DeviceFault(words: "\(library.name) has no \(error.name)")
        }
        let code = body(function)
        guard code != 0 else { return }
        throw DeviceFault(
            words: "\(name): \(words(code))", isHardware: CudaDriver.hardwareCodes.contains(code))
    }

    private func words(_ code: Int32) -> String {
        var text: UnsafePointer<CChar>?
        guard let ask = try? library.function("cuGetErrorName", as: ErrorText.self),
            ask(code, &text) == 0, let text
        else { return "error \(code)" }
        return String(cString: text)
    }

    // MARK: Devices

    /// How many devices there are.
    func deviceCount() throws(DeviceFault) -> Int {
        var count: Int32 = 0
        try call("cuDeviceGetCount", Number.self) { $0(&count) }
        return Int(max(count, 0))
    }

    /// A device by its place.
    func device(_ index: Int) throws(DeviceFault) -> Int32 {
        var device: Int32 = 0
        try call("cuDeviceGet", DeviceByIndex.self) { $0(&device, Int32(clamping: index)) }
        return device
    }

    /// The model.
    func name(_ device: Int32) throws(DeviceFault) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        try call("cuDeviceGetName", DeviceText.self) { $0(&buffer, 127, device) }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self)
    }

    /// Where the device is on the PCI bus, such as `0000:18:00.0`.
    func pciAddress(_ device: Int32) throws(DeviceFault) -> String {
        var buffer = [CChar](repeating: 0, count: 32)
        try call("cuDeviceGetPCIBusId", DeviceText.self) { $0(&buffer, 31, device) }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) },
            as: UTF8.self)
    }

    /// An attribute, by its number in `CUdevice_attribute`.
    func attribute(_ number: Int32, _ device: Int32) throws(DeviceFault) -> Int {
        var value: Int32 = 0
        try call("cuDeviceGetAttribute", DeviceAttribute.self) { $0(&value, number, device) }
        return Int(value)
    }

    /// Whether one device can reach the memory of another without the host.
    func canReach(_ device: Int32, _ peer: Int32) throws(DeviceFault) -> Bool {
        var answer: Int32 = 0
        try call("cuDeviceCanAccessPeer", PeerQuestion.self) { $0(&answer, device, peer) }
        return answer != 0
    }

    // MARK: Contexts, streams, events

    /// The context that the runtime and cuBLAS use as well.
    func context(_ device: Int32) throws(DeviceFault) -> Context {
        var context: Context?
        try call("cuDevicePrimaryCtxRetain", Retain.self) { $0(&context, device) }
        return try made(context, "a context")
    }

    private func made(
        _ pointer: OpaquePointer?, _ what: String
    ) throws(DeviceFault) -> OpaquePointer {
        guard let pointer else { throw DeviceFault(words: "the driver made no \(what)") }
        return pointer
    }

    /// Makes a context that of this thread.
    func use(_ context: Context) throws(DeviceFault) {
        try call("cuCtxSetCurrent", Handle.self) { $0(context) }
    }

    /// Lets the context of this thread reach another's memory.
    func enablePeer(_ context: Context) throws(DeviceFault) {
        try call("cuCtxEnablePeerAccess", HandleFlags.self) { function in
            let code = function(context, 0)
            // It is enabled already.
            return code == 704 ? 0 : code
        }
    }

    /// A stream that waits for no other.
    func stream() throws(DeviceFault) -> Stream {
        var stream: Stream?
        try call("cuStreamCreate", Make.self) { $0(&stream, 1) }
        return try made(stream, "stream")
    }

    /// Waits for all that was put into a stream.
    func wait(for stream: Stream) throws(DeviceFault) {
        try call("cuStreamSynchronize", Handle.self) { $0(stream) }
    }

    /// An event that keeps its time.
    func event() throws(DeviceFault) -> Event {
        var event: Event?
        try call("cuEventCreate", Make.self) { $0(&event, 0) }
        return try made(event, "event")
    }

    /// Puts an event into a stream.
    func record(_ event: Event, in stream: Stream) throws(DeviceFault) {
        try call("cuEventRecord", Record.self) { $0(event, stream) }
    }

    /// Seconds between two events that have happened.
    func seconds(from first: Event, to second: Event) throws(DeviceFault) -> Double {
        var milliseconds: Float = 0
        try call("cuEventElapsedTime", Elapsed.self) { $0(&milliseconds, first, second) }
        return Double(milliseconds) / 1000
    }

    // MARK: Memory

    /// Free and all bytes of the device of this thread's context.
    func memory() throws(DeviceFault) -> (free: Int, total: Int) {
        var (free, total) = (0, 0)
        try call("cuMemGetInfo_v2", MemoryInfo.self) { $0(&free, &total) }
        return (free, total)
    }

    /// Memory of the device.
    func allocate(_ bytes: Int) throws(DeviceFault) -> Address {
        var address: Address = 0
        try call("cuMemAlloc_v2", Allocate.self) { $0(&address, bytes) }
        return address
    }

    /// Lets memory of the device go.
    func free(_ address: Address) throws(DeviceFault) {
        try call("cuMemFree_v2", Free.self) { $0(address) }
    }

    /// Memory of the host that devices reach without the processor.
    func allocateHost(_ bytes: Int) throws(DeviceFault) -> UnsafeMutableRawPointer {
        var pointer: UnsafeMutableRawPointer?
        try call("cuMemAllocHost_v2", AllocateHost.self) { $0(&pointer, bytes) }
        guard let pointer else { throw DeviceFault(words: "the driver made no memory") }
        return pointer
    }

    /// Copies to the device.
    func copy(
        _ source: UnsafeRawPointer, to address: Address, bytes: Int, in stream: Stream
    ) throws(DeviceFault) {
        try call("cuMemcpyHtoDAsync_v2", FromHost.self) { $0(address, source, bytes, stream) }
    }

    /// Copies from the device.
    func copy(
        _ address: Address, to target: UnsafeMutableRawPointer, bytes: Int, in stream: Stream
    ) throws(DeviceFault) {
        try call("cuMemcpyDtoHAsync_v2", ToHost.self) { $0(target, address, bytes, stream) }
    }

    /// Copies within the device.
    func copy(
        _ source: Address, within target: Address, bytes: Int, in stream: Stream
    ) throws(DeviceFault) {
        try call("cuMemcpyDtoDAsync_v2", Within.self) { $0(target, source, bytes, stream) }
    }

    /// Copies from one device to another.
    func copy(
        _ source: Address, of context: Context, to target: Address, of other: Context, bytes: Int,
        in stream: Stream
    ) throws(DeviceFault) {
        try call("cuMemcpyPeerAsync", ToPeer.self) {
            $0(target, other, source, context, bytes, stream)
        }
    }

    // MARK: Kernels

    /// Translates PTX and returns its functions.
    func load(_ text: String, _ names: [String]) throws(DeviceFault) -> [Function] {
        var module: OpaquePointer?
        try call("cuModuleLoadData", LoadModule.self) { function in
            text.withCString { function(&module, $0) }
        }
        let loaded = try made(module, "module")
        var functions: [Function] = []
        for name in names {
            var found: OpaquePointer?
            try call("cuModuleGetFunction", FindFunction.self) { $0(&found, loaded, name) }
            functions.append(try made(found, "function \(name)"))
        }
        return functions
    }

    /// Runs a function on a grid of blocks of 256 threads. Each argument is eight bytes, of which a
    /// smaller parameter takes its first.
    func launch(
        _ function: Function, blocks: (UInt32, UInt32), _ arguments: [UInt64], in stream: Stream
    ) throws(DeviceFault) {
        var arguments = arguments
        try call("cuLaunchKernel", Launch.self) { launch in
            arguments.withUnsafeMutableBufferPointer { values in
                var pointers = values.indices.map { index in
                    values.baseAddress.map { UnsafeMutableRawPointer($0 + index) }
                }
                return launch(
                    function, blocks.0, blocks.1, 1, 256, 1, 1, 0, stream, &pointers, nil)
            }
        }
    }
}
