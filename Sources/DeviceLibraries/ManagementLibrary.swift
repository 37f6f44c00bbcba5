import Glibc

/// NVIDIA's management library (NVML): its functions as they are called, and its records as they
/// lie in memory. What an answer means is for who asks. Any call may block for ever when a device
/// dies. Source: NVML API reference, `nvml.h`.
public struct ManagementLibrary: @unchecked Sendable {
    /// A device, as the library has it.
    public typealias Device = OpaquePointer

    /// What a question was answered with.
    public enum Answer<Value> {
        /// A value.
        case told(Value)
        /// This version of the library does not know the question.
        case unknown
        /// No value, but a code of the library's.
        case refused(code: Int32)

        /// The value, if there is one.
        public var value: Value? {
            guard case .told(let value) = self else { return nil }
            return value
        }
    }

    private typealias NoArguments = @convention(c) () -> Int32
    private typealias GetWords = @convention(c) (Int32) -> UnsafePointer<CChar>?
    private typealias GetText = @convention(c) (UnsafeMutablePointer<CChar>, UInt32) -> Int32
    private typealias GetNumber = @convention(c) (UnsafeMutablePointer<UInt32>) -> Int32
    private typealias GetDevice =
        @convention(c) (UInt32, UnsafeMutablePointer<Device?>) -> Int32
    private typealias GetDeviceText =
        @convention(c) (Device, UnsafeMutablePointer<CChar>, UInt32) -> Int32
    private typealias GetDeviceNumber =
        @convention(c) (Device, UnsafeMutablePointer<UInt32>) -> Int32
    private typealias GetDeviceKind =
        @convention(c) (Device, UInt32, UnsafeMutablePointer<UInt32>) -> Int32
    private typealias GetDevicePair =
        @convention(c) (
            Device, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>
        ) -> Int32
    private typealias GetDeviceWord =
        @convention(c) (Device, UnsafeMutablePointer<UInt64>) -> Int32
    private typealias GetDeviceErrors =
        @convention(c) (Device, UInt32, UInt32, UnsafeMutablePointer<UInt64>) -> Int32
    private typealias GetDeviceRows =
        @convention(c) (
            Device, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>,
            UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>
        ) -> Int32
    typealias GetDeviceRecord =
        @convention(c) (Device, UnsafeMutableRawPointer) -> Int32
    private typealias GetDeviceFields =
        @convention(c) (Device, Int32, UnsafeMutableRawPointer) -> Int32

    private let library: DynamicLibrary

    /// Its functions in a library that was loaded; nil if that is another one. It is not started.
    public init?(_ library: DynamicLibrary) {
        let start = try? library.function("nvmlInit_v2", as: NoArguments.self)
        guard start != nil else { return nil }
        self.library = library
    }

    func ask<Function, Value>(
        _ name: String, _ type: Function.Type, _ value: () -> Value, _ call: (Function) -> Int32
    ) -> Answer<Value> {
        guard let function = try? library.function(name, as: type) else { return .unknown }
        let code = call(function)
        return code == 0 ? .told(value()) : .refused(code: code)
    }

    /// Starts it.
    public func start() -> Answer<Void> { ask("nvmlInit_v2", NoArguments.self, {}) { $0() } }

    /// Ends it.
    public func end() { _ = ask("nvmlShutdown", NoArguments.self, {}) { $0() } }

    /// What it calls a code.
    public func words(of code: Int32) -> String {
        let get = try? library.function("nvmlErrorString", as: GetWords.self)
        return get?(code).map { String(cString: $0) } ?? "error \(code)"
    }

    // MARK: The system

    /// A text, such as that of `nvmlSystemGetDriverVersion`.
    public func text(_ name: String) -> Answer<String> {
        text { bytes, value in
            ask(name, GetText.self, value) { $0(bytes, ManagementLibrary.textBytes) }
        }
    }

    /// A number, such as that of `nvmlDeviceGetCount_v2`.
    public func number(_ name: String) -> Answer<UInt32> {
        var number: UInt32 = 0
        return ask(name, GetNumber.self, { number }) { $0(&number) }
    }

    /// The newest CUDA that the driver runs, such as `12.4`.
    public func cudaVersion() -> Answer<String> {
        switch number("nvmlSystemGetCudaDriverVersion_v2") {
        case .told(let number): .told("\(number / 1000).\(number % 1000 / 10)")
        case .unknown: .unknown
        case .refused(let code): .refused(code: code)
        }
    }

    /// A device by its index.
    public func device(_ index: Int) -> Answer<Device> {
        var device: Device?
        let name = "nvmlDeviceGetHandleByIndex_v2"
        let answer = ask(name, GetDevice.self, {}) { $0(UInt32(clamping: index), &device) }
        switch answer {
        case .told: return device.map { .told($0) } ?? .unknown
        case .unknown: return .unknown
        case .refused(let code): return .refused(code: code)
        }
    }

    // MARK: A device

    /// A text, such as that of `nvmlDeviceGetUUID`.
    public func text(_ name: String, of device: Device) -> Answer<String> {
        text { bytes, value in
            ask(name, GetDeviceText.self, value) { $0(device, bytes, ManagementLibrary.textBytes) }
        }
    }

    /// A number, such as that of `nvmlDeviceGetPcieReplayCounter`.
    public func number(_ name: String, of device: Device) -> Answer<UInt32> {
        var number: UInt32 = 0
        return ask(name, GetDeviceNumber.self, { number }) { $0(device, &number) }
    }

    /// A number of a kind, such as one of `nvmlDeviceGetTemperature`'s.
    public func number(_ name: String, kind: UInt32, of device: Device) -> Answer<UInt32> {
        var number: UInt32 = 0
        return ask(name, GetDeviceKind.self, { number }) { $0(device, kind, &number) }
    }

    /// Two numbers: what is now, and what will be after the next start.
    public func pair(
        _ name: String, of device: Device
    ) -> Answer<(current: UInt32, pending: UInt32)> {
        var pair: (current: UInt32, pending: UInt32) = (0, 0)
        return ask(name, GetDevicePair.self, { pair }) { $0(device, &pair.current, &pair.pending) }
    }

    /// A number of 64 bits.
    public func word(_ name: String, of device: Device) -> Answer<UInt64> {
        var word: UInt64 = 0
        return ask(name, GetDeviceWord.self, { word }) { $0(device, &word) }
    }

    /// Errors of memory: those that were corrected (0) or not (1), since the driver was loaded (0)
    /// or ever (1).
    public func errors(kind: UInt32, span: UInt32, of device: Device) -> Answer<UInt64> {
        var count: UInt64 = 0
        return ask("nvmlDeviceGetTotalEccErrors", GetDeviceErrors.self, { count }) {
            $0(device, kind, span, &count)
        }
    }

    /// Rows of memory that were replaced.
    public struct RemappedRows {
        /// For errors that were corrected.
        public var corrected: UInt32 = 0
        /// For errors that were not.
        public var uncorrected: UInt32 = 0
        /// Not 0 when a reset is to replace more.
        public var pending: UInt32 = 0
        /// Not 0 when one could not be replaced.
        public var failed: UInt32 = 0
    }

    /// Rows of memory that were replaced.
    public func remappedRows(of device: Device) -> Answer<RemappedRows> {
        var rows = RemappedRows()
        return ask("nvmlDeviceGetRemappedRows", GetDeviceRows.self, { rows }) {
            $0(device, &rows.corrected, &rows.uncorrected, &rows.pending, &rows.failed)
        }
    }

    /// Where a device is on the PCI bus.
    public struct Place {
        /// The domain, the bus and the device there.
        public var domain, bus, device: UInt32
        /// The same as the library writes it, such as `00000000:18:00.0`.
        public var text: String
    }

    /// Where a device is: 16 characters of an old form, five numbers (domain, bus, device, who made
    /// it, who sold it), 32 characters.
    public func place(of device: Device) -> Answer<Place> {
        record("nvmlDeviceGetPciInfo_v3", bytes: 128, of: device) { raw in
            func word(_ offset: Int) -> UInt32 {
                raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            }
            let text = raw[36..<68].prefix { $0 != 0 }
            return Place(
                domain: word(16), bus: word(20), device: word(24),
                text: String(decoding: text, as: UTF8.self))
        }
    }

    /// The share of time in which something ran, in per cent; that of memory stands behind it.
    public func utilisation(of device: Device) -> Answer<UInt32> {
        record("nvmlDeviceGetUtilizationRates", bytes: 8, of: device) {
            $0.loadUnaligned(as: UInt32.self)
        }
    }

    /// The bytes of memory in all; those that are free and used stand behind them.
    public func memoryBytes(of device: Device) -> Answer<UInt64> {
        record("nvmlDeviceGetMemoryInfo", bytes: 24, of: device) {
            $0.loadUnaligned(as: UInt64.self)
        }
    }

    /// Values that the library has under numbers of its own, in their order; nil for one that it
    /// does not tell.
    public func fields(_ numbers: [UInt32], of device: Device) -> Answer<[Int64?]> {
        // Of 40 bytes each: number, scope, time, latency, type, result, value.
        var records = [UInt8](repeating: 0, count: 40 * numbers.count)
        return records.withUnsafeMutableBytes { raw in
            for (place, number) in numbers.enumerated() {
                raw.storeBytes(of: number, toByteOffset: 40 * place, as: UInt32.self)
            }
            let base = raw.baseAddress!
            func values() -> [Int64?] {
                numbers.indices.map { ManagementLibrary.field(UnsafeRawPointer(base + 40 * $0)) }
            }
            return ask("nvmlDeviceGetFieldValues", GetDeviceFields.self, values) {
                $0(device, Int32(numbers.count), base)
            }
        }
    }

    private static func field(_ record: UnsafeRawPointer) -> Int64? {
        guard record.loadUnaligned(fromByteOffset: 28, as: Int32.self) == 0 else { return nil }
        let word = record.loadUnaligned(fromByteOffset: 32, as: UInt64.self)
        switch record.loadUnaligned(fromByteOffset: 24, as: Int32.self) {
        case 1: return Int64(UInt32(truncatingIfNeeded: word))
        case 2, 3, 4: return Int64(truncatingIfNeeded: word)
        case 5: return Int64(Int32(truncatingIfNeeded: word))
        default: return nil
        }
    }

    // MARK: Memory for answers

    /// As long as the longest text of the library.
    private static let textBytes: UInt32 = 96

    private func text(
        _ ask: (UnsafeMutablePointer<CChar>, () -> String) -> Answer<String>
    ) -> Answer<String> {
        // One more, so that it ends.
        var bytes = [CChar](repeating: 0, count: Int(ManagementLibrary.textBytes) + 1)
        return bytes.withUnsafeMutableBufferPointer { buffer in
            let base = buffer.baseAddress!
            return ask(base) { String(cString: base) }
        }
    }

    private func record<Value>(
        _ name: String, bytes: Int, of device: Device, _ value: (UnsafeRawBufferPointer) -> Value
    ) -> Answer<Value> {
        var record = [UInt8](repeating: 0, count: bytes)
        return record.withUnsafeMutableBytes { raw in
            ask(name, GetDeviceRecord.self, { value(UnsafeRawBufferPointer(raw)) }) {
                $0(device, raw.baseAddress!)
            }
        }
    }
}
