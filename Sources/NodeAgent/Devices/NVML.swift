import AgentWire
import Glibc
import HealthSignals

/// NVIDIA's management library, loaded when the program runs. What a version of it does not have is
/// left out.
///
/// Any call may block for ever when a GPU dies, so that this belongs into a process of its own
/// (``ProbeProgram``).
struct NVML {
    /// A device of the library.
    typealias Handle = OpaquePointer

    /// Why there is no library to ask.
    enum Absence: Error {
        /// There is none.
        case noLibrary
        /// It does not start: no driver, or a driver of another version.
        case notStarting(code: Int32)
    }

    private typealias NoArguments = @convention(c) () -> Int32
    private typealias GetText = @convention(c) (UnsafeMutablePointer<CChar>, UInt32) -> Int32
    private typealias GetNumber = @convention(c) (UnsafeMutablePointer<UInt32>) -> Int32
    private typealias GetHandle =
        @convention(c) (UInt32, UnsafeMutablePointer<Handle?>) -> Int32
    private typealias GetDeviceText =
        @convention(c) (Handle, UnsafeMutablePointer<CChar>, UInt32) -> Int32
    private typealias GetAddress = @convention(c) (Handle, UnsafeMutableRawPointer) -> Int32
    private typealias GetTemperature =
        @convention(c) (Handle, Int32, UnsafeMutablePointer<UInt32>) -> Int32
    private typealias GetDeviceNumber =
        @convention(c) (Handle, UnsafeMutablePointer<UInt32>) -> Int32
    private typealias GetDeviceWord =
        @convention(c) (Handle, UnsafeMutablePointer<UInt64>) -> Int32
    private typealias GetErrors =
        @convention(c) (Handle, Int32, Int32, UnsafeMutablePointer<UInt64>) -> Int32
    private typealias GetRemapped =
        @convention(c) (
            Handle, UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>,
            UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<UInt32>
        ) -> Int32
    private typealias GetFields =
        @convention(c) (Handle, Int32, UnsafeMutableRawPointer) -> Int32

    private let library: UnsafeMutableRawPointer

    /// Loads and starts the library, and says so in between: starting may block as well. Never
    /// unloaded: its process ends instead.
    init(path: String, willStart: () -> Void = {}) throws(Absence) {
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else { throw .noLibrary }
        self.library = library
        guard let start = function("nvmlInit_v2", NoArguments.self) else { throw .noLibrary }
        willStart()
        let code = start()
        guard code == 0 else { throw .notStarting(code: code) }
    }

    private func function<Function>(_ name: String, _ type: Function.Type) -> Function? {
        dlsym(library, name).map { unsafeBitCast($0, to: type) }
    }

    /// Versions of the driver, the library and CUDA, as far as they are told.
    func versions() -> [ReportedVersion] {
        var versions: [ReportedVersion] = []
        if let number = number("nvmlSystemGetCudaDriverVersion_v2") {
            versions.append(
                ReportedVersion("cuda", "\(number / 1000).\(number % 1000 / 10)"))
        }
        for (part, name) in [
            ("driver", "nvmlSystemGetDriverVersion"), ("nvml", "nvmlSystemGetNVMLVersion"),
        ] {
            guard let get = function(name, GetText.self),
                let text = NVML.text({ get($0, $1) })
            else { continue }
            versions.append(ReportedVersion(part, text))
        }
        return versions
    }

    private func number(_ name: String) -> UInt32? {
        var value: UInt32 = 0
        guard let get = function(name, GetNumber.self), get(&value) == 0 else { return nil }
        return value
    }

    /// How many devices there are; those that are lost still count. Nil when it does not say.
    func count() -> Int? { number("nvmlDeviceGetCount_v2").map { min(Int($0), 64) } }

    /// A device; nil when it does not answer.
    func handle(_ index: Int) -> Handle? {
        var handle: Handle?
        guard let get = function("nvmlDeviceGetHandleByIndex_v2", GetHandle.self),
            get(UInt32(index), &handle) == 0
        else { return nil }
        return handle
    }

    private static func text(
        _ get: (UnsafeMutablePointer<CChar>, UInt32) -> Int32
    ) -> String? {
        var bytes = [CChar](repeating: 0, count: 97)
        let code = bytes.withUnsafeMutableBufferPointer { get($0.baseAddress!, 96) }
        guard code == 0 else { return nil }
        let text = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    /// Who a device is; nil when it does not even tell its UUID.
    func identity(of handle: Handle, index: Int) -> ReportedDevice? {
        func text(_ name: String) -> String? {
            guard let get = function(name, GetDeviceText.self) else { return nil }
            return NVML.text { get(handle, $0, $1) }
        }
        guard let uuid = text("nvmlDeviceGetUUID") else { return nil }
        return ReportedDevice(
            index: UInt8(index), uuid: uuid, boardSerial: text("nvmlDeviceGetSerial") ?? "",
            model: text("nvmlDeviceGetName") ?? "", address: address(of: handle))
    }

    /// The library's record of an address: 16 characters, five numbers (domain, bus, device, who
    /// made it, who sold it), 32 characters.
    private func address(of handle: Handle) -> PCIAddress? {
        guard let get = function("nvmlDeviceGetPciInfo_v3", GetAddress.self) else { return nil }
        var record = [UInt8](repeating: 0, count: 128)
        return record.withUnsafeMutableBytes { raw in
            guard get(handle, raw.baseAddress!) == 0 else { return nil }
            func word(_ offset: Int) -> UInt32 {
                raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            }
            return PCIAddress(
                domain: word(16), bus: UInt8(truncatingIfNeeded: word(20)),
                device: UInt8(truncatingIfNeeded: word(24)))
        }
    }

    /// What a device tells of its health, by DCGM's numbers of the fields.
    func samples(of handle: Handle, index: Int) -> [AgentSample] {
        var values: [(Int32, Int64?)] = [
            (150, temperature(of: handle)),
            (202, number("nvmlDeviceGetPcieReplayCounter", of: handle)),
            (237, number("nvmlDeviceGetCurrPcieLinkGeneration", of: handle)),
            (238, number("nvmlDeviceGetCurrPcieLinkWidth", of: handle)),
            (310, errors(of: handle, kind: 0, span: 0)),
            (311, errors(of: handle, kind: 1, span: 0)),
            (312, errors(of: handle, kind: 0, span: 1)),
            (313, errors(of: handle, kind: 1, span: 1)),
            (392, number("nvmlDeviceGetRetiredPagesPendingStatus", of: handle)),
            (112, clockReasons(of: handle)), (203, utilisation(of: handle)),
        ]
        values += remappedRows(of: handle)
        values += fields(of: handle)
        return values.compactMap { field, value in
            value.map {
                AgentSample(SampleKey(.device(UInt8(index)), .field(field)), $0)
            }
        }
    }

    private func number(_ name: String, of handle: Handle) -> Int64? {
        var value: UInt32 = 0
        guard let get = function(name, GetDeviceNumber.self), get(handle, &value) == 0 else {
            return nil
        }
        return Int64(value)
    }

    private func temperature(of handle: Handle) -> Int64? {
        var value: UInt32 = 0
        guard let get = function("nvmlDeviceGetTemperature", GetTemperature.self),
            get(handle, 0, &value) == 0
        else { return nil }
        return Int64(value)
    }

    /// Why clocks are low, but for idleness and what jobs ask for: those change all the time.
    private func clockReasons(of handle: Handle) -> Int64? {
        var value: UInt64 = 0
        let names = [
            "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons",
        ]
        for name in names {
            guard let get = function(name, GetDeviceWord.self) else { continue }
            let quiet: ClockReasons = [.idle, .applicationClocks, .syncBoost, .display]
            return get(handle, &value) == 0
                ? Int64(truncatingIfNeeded: value & ~quiet.rawValue) : nil
        }
        return nil
    }

    /// The share of time in which something ran, in per cent; that of memory stands behind it.
    private func utilisation(of handle: Handle) -> Int64? {
        guard let get = function("nvmlDeviceGetUtilizationRates", GetAddress.self) else {
            return nil
        }
        var shares: [UInt32] = [0, 0]
        let code = shares.withUnsafeMutableBytes { get(handle, $0.baseAddress!) }
        return code == 0 ? Int64(shares[0]) : nil
    }

    private func errors(of handle: Handle, kind: Int32, span: Int32) -> Int64? {
        var value: UInt64 = 0
        guard let get = function("nvmlDeviceGetTotalEccErrors", GetErrors.self),
            get(handle, kind, span, &value) == 0
        else { return nil }
        return Int64(clamping: value)
    }

    private func remappedRows(of handle: Handle) -> [(Int32, Int64?)] {
        var (corrected, uncorrected, pending, failed) = (UInt32(0), UInt32(0), UInt32(0), UInt32(0))
        guard let get = function("nvmlDeviceGetRemappedRows", GetRemapped.self),
            get(handle, &corrected, &uncorrected, &pending, &failed) == 0
        else { return [] }
        return [
            (393, Int64(uncorrected)), (394, Int64(corrected)), (395, Int64(failed)),
            (396, Int64(pending)),
        ]
    }

    /// What the library has under numbers of its own: sums over NVLinks, and what the driver asks
    /// for (its numbers 38, 45, 52, 59 and 230).
    private func fields(of handle: Handle) -> [(Int32, Int64?)] {
        let wanted: [(library: UInt32, field: Int32)] = [
            (38, 409), (45, 419), (52, 429), (59, 439), (230, 1523),
        ]
        guard let get = function("nvmlDeviceGetFieldValues", GetFields.self) else { return [] }
        // Of 40 bytes each: number, scope, time, latency, type, result, value.
        var records = [UInt8](repeating: 0, count: 40 * wanted.count)
        return records.withUnsafeMutableBytes { raw in
            for (place, pair) in wanted.enumerated() {
                raw.storeBytes(of: pair.library, toByteOffset: 40 * place, as: UInt32.self)
            }
            guard get(handle, Int32(wanted.count), raw.baseAddress!) == 0 else { return [] }
            return wanted.enumerated().map { place, pair in
                let at = 40 * place
                guard raw.loadUnaligned(fromByteOffset: at + 28, as: Int32.self) == 0 else {
                    return (pair.field, nil)
                }
                let word = raw.loadUnaligned(fromByteOffset: at + 32, as: UInt64.self)
                switch raw.loadUnaligned(fromByteOffset: at + 24, as: Int32.self) {
                case 1: return (pair.field, Int64(UInt32(truncatingIfNeeded: word)))
                case 2, 3, 4: return (pair.field, Int64(truncatingIfNeeded: word))
                case 5: return (pair.field, Int64(Int32(truncatingIfNeeded: word)))
                default: return (pair.field, nil)
                }
            }
        }
    }
}
