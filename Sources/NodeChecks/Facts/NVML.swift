import Glibc

/// NVIDIA's management library, as far as checks need it.
struct NVML: @unchecked Sendable {
    typealias Handle = OpaquePointer

    /// What the library calls success.
    private static let success: Int32 = 0
    /// It knows the question and the hardware has no answer.
    private static let notSupported: Int32 = 3

    private typealias NoArguments = @convention(c) () -> Int32
    private typealias ErrorString = @convention(c) (Int32) -> UnsafePointer<CChar>?
    private typealias Text = @convention(c) (UnsafeMutablePointer<CChar>, UInt32) -> Int32
    private typealias Count = @convention(c) (UnsafeMutablePointer<UInt32>) -> Int32
    private typealias ByIndex = @convention(c) (UInt32, UnsafeMutablePointer<Handle?>) -> Int32
    private typealias DeviceText =
        @convention(c) (Handle, UnsafeMutablePointer<CChar>, UInt32) -> Int32
    private typealias DeviceNumber =
        @convention(c) (Handle, UnsafeMutablePointer<UInt32>) -> Int32
    private typealias DeviceKindNumber =
        @convention(c) (Handle, UInt32, UnsafeMutablePointer<UInt32>) -> Int32
    private typealias DeviceWord = @convention(c) (Handle, UnsafeMutablePointer<UInt64>) -> Int32
    private typealias DevicePair =
        @convention(c) (
            Handle, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>
        ) -> Int32
    private typealias DeviceRows =
        @convention(c) (
            Handle, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>,
            UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>
        ) -> Int32
    private typealias DeviceErrors =
        @convention(c) (Handle, UInt32, UInt32, UnsafeMutablePointer<UInt64>) -> Int32
    private typealias DeviceStructure =
        @convention(c) (Handle, UnsafeMutableRawPointer) -> Int32

    private let library: DynamicLibrary
    private let errorString: ErrorString

    /// What went wrong.
    struct Failure: Error {
        /// In words.
        var words: String
    }

    /// Loads and begins; nil when it is not installed.
    static func open(_ names: [String] = ["libnvidia-ml.so.1"]) throws(Failure) -> NVML? {
        let library: DynamicLibrary
        switch DynamicLibrary.open(names) {
        case .failure(let failure): throw Failure(words: failure.words)
        case .success(nil): return nil
        case .success(let found?): library = found
        }
        do {
            let nvml = NVML(
                library: library,
                errorString: try library.function("nvmlErrorString", as: ErrorString.self))
            let begin = try library.function("nvmlInit_v2", as: NoArguments.self)
            let code = begin()
            guard code == success else { throw Failure(words: "nvmlInit: \(nvml.words(code))") }
            return nvml
        } catch let missing as DynamicLibrary.MissingSymbol {
            throw Failure(words: "\(library.name) has no \(missing.name)")
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(words: String(describing: error))
        }
    }

    private func words(_ code: Int32) -> String {
        errorString(code).map { String(cString: $0) } ?? "error \(code)"
    }

    private func call<Function>(
        _ name: String, _ type: Function.Type, _ body: (Function) -> Int32
    ) throws(Failure) -> Bool {
        let function: Function
        do {
            function = try library.function(name, as: type)
        } catch {
            // An older driver does not know the question.
            return false
        }
        let code = body(function)
        if code == NVML.notSupported { return false }
        guard code == NVML.success else { throw Failure(words: "\(name): \(words(code))") }
        return true
    }

    private func text(
        _ body: (UnsafeMutablePointer<CChar>, UInt32) throws(Failure) -> Bool
    )
        throws(Failure) -> String
    {
        let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: 128)
        buffer.initialize(repeating: 0, count: 128)
        defer { buffer.deallocate() }
        guard try body(buffer, 127) else { return "" }
        return String(cString: buffer)
    }

    // MARK: The system

    /// The driver's version.
    func driverVersion() throws(Failure) -> String {
        try text { (buffer, room) throws(Failure) in
            try call("nvmlSystemGetDriverVersion", Text.self) { $0(buffer, room) }
        }
    }

    /// The newest CUDA that the driver runs, such as `12.4`.
    func cudaVersion() throws(Failure) -> String {
        var number: UInt32 = 0
        guard try call("nvmlSystemGetCudaDriverVersion_v2", Count.self, { $0(&number) }) else {
            return ""
        }
        return "\(number / 1000).\(number % 1000 / 10)"
    }

    /// How many devices there are.
    func deviceCount() throws(Failure) -> Int {
        var count: UInt32 = 0
        guard try call("nvmlDeviceGetCount_v2", Count.self, { $0(&count) }) else {
            throw Failure(words: "it does not count devices")
        }
        return Int(count)
    }

    /// A device by its index.
    func device(_ index: Int) throws(Failure) -> Handle {
        var handle: Handle?
        let isThere = try call("nvmlDeviceGetHandleByIndex_v2", ByIndex.self) {
            $0(UInt32(clamping: index), &handle)
        }
        guard isThere, let handle else { throw Failure(words: "it has no device \(index)") }
        return handle
    }

    // MARK: A device

    /// A text of a device; empty when it has none.
    func text(_ name: String, _ device: Handle) throws(Failure) -> String {
        try text { (buffer, room) throws(Failure) in
            try call(name, DeviceText.self) { $0(device, buffer, room) }
        }
    }

    /// A number of a device; nil when it has none.
    func number(_ name: String, _ device: Handle) throws(Failure) -> Int64? {
        var number: UInt32 = 0
        return try call(name, DeviceNumber.self) { $0(device, &number) } ? Int64(number) : nil
    }

    /// A number of a kind, such as a clock or a temperature.
    func number(_ name: String, kind: UInt32, _ device: Handle) throws(Failure) -> Int64? {
        var number: UInt32 = 0
        return try call(name, DeviceKindNumber.self) { $0(device, kind, &number) }
            ? Int64(number) : nil
    }

    /// Whether ECC is on; nil when the device has none.
    func eccMode(_ device: Handle) throws(Failure) -> Bool? {
        var (current, pending): (UInt32, UInt32) = (0, 0)
        let isThere = try call("nvmlDeviceGetEccMode", DevicePair.self) {
            $0(device, &current, &pending)
        }
        return isThere ? current == 1 : nil
    }

    /// Whether the device is split into instances (MIG); nil when it cannot be.
    func splitMode(_ device: Handle) throws(Failure) -> Bool? {
        var (current, pending): (UInt32, UInt32) = (0, 0)
        let isThere = try call("nvmlDeviceGetMigMode", DevicePair.self) {
            $0(device, &current, &pending)
        }
        return isThere ? current == 1 : nil
    }

    /// Errors that could not be corrected, since the driver was loaded or ever.
    func uncorrectedErrors(_ device: Handle, ever: Bool) throws(Failure) -> Int64? {
        var count: UInt64 = 0
        let isThere = try call("nvmlDeviceGetTotalEccErrors", DeviceErrors.self) {
            $0(device, 1, ever ? 1 : 0, &count)
        }
        return isThere ? Int64(clamping: count) : nil
    }

    /// Rows that were replaced.
    struct RemappedRows {
        var corrected: Int64
        var uncorrected: Int64
        var isPending: Bool
        var hasFailed: Bool
    }

    /// Rows that were replaced; nil when the device does not do that.
    func remappedRows(_ device: Handle) throws(Failure) -> RemappedRows? {
        var (corrected, uncorrected, pending, failed): (UInt32, UInt32, UInt32, UInt32) =
            (0, 0, 0, 0)
        let isThere = try call("nvmlDeviceGetRemappedRows", DeviceRows.self) {
            $0(device, &corrected, &uncorrected, &pending, &failed)
        }
        guard isThere else { return nil }
        return RemappedRows(
            corrected: Int64(corrected), uncorrected: Int64(uncorrected), isPending: pending != 0,
            hasFailed: failed != 0)
    }

    /// Where the device is on the PCI bus, such as `00000000:18:00.0`.
    func pciAddress(_ device: Handle) throws(Failure) -> String {
        // nvmlPciInfo_t: 16 bytes of an old form, five numbers, and 32 bytes of the address.
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: 128, alignment: 8)
        buffer.initializeMemory(as: UInt8.self, repeating: 0, count: 128)
        defer { buffer.deallocate() }
        guard try call("nvmlDeviceGetPciInfo_v3", DeviceStructure.self, { $0(device, buffer) })
        else { return "" }
        let bytes = UnsafeRawBufferPointer(start: buffer + 36, count: 32)
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Why the clocks are lower than they could be, as bits.
    func slowReasons(_ device: Handle) throws(Failure) -> UInt64? {
        var bits: UInt64 = 0
        let isThere = try call("nvmlDeviceGetCurrentClocksThrottleReasons", DeviceWord.self) {
            $0(device, &bits)
        }
        return isThere ? bits : nil
    }
}
