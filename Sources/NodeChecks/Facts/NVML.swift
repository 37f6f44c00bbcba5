import DeviceLibraries
import Qualification

/// NVIDIA's management library, as far as checks need it: what the hardware has no answer to is
/// nil, and what fails is told in words.
struct NVML: Sendable {
    typealias Handle = ManagementLibrary.Device

    /// It knows the question and the hardware has no answer.
    private static let notSupported: Int32 = 3

    private let library: ManagementLibrary

    /// What went wrong.
    struct Failure: Error {
        /// In words.
        var words: String
    }

    /// Loads and begins; nil when it is not installed.
    static func open(_ names: [String] = ["libnvidia-ml.so.1"]) throws(Failure) -> NVML? {
        switch DynamicLibrary.open(names) {
        case .failure(let failure): throw Failure(words: failure.words)
        case .success(nil): return nil
        case .success(let found?):
            guard let library = ManagementLibrary(found) else {
                throw Failure(words: "\(found.name) has no nvmlInit_v2")
            }
            let nvml = NVML(library: library)
            if case .refused(let code) = library.start() {
                throw Failure(words: "nvmlInit: \(library.words(of: code))")
            }
            return nvml
        }
    }

    /// The value of an answer; nil when there is none to have.
    private func value<Value>(
        _ name: String, _ answer: ManagementLibrary.Answer<Value>
    ) throws(Failure) -> Value? {
        switch answer {
        case .told(let value): return value
        // An older driver does not know the question.
        case .unknown, .refused(code: NVML.notSupported): return nil
        case .refused(let code): throw Failure(words: "\(name): \(library.words(of: code))")
        }
    }

    // MARK: The system

    /// The driver's version.
    func driverVersion() throws(Failure) -> String {
        let name = "nvmlSystemGetDriverVersion"
        return try value(name, library.text(name)) ?? ""
    }

    /// The newest CUDA that the driver runs, such as `12.4`.
    func cudaVersion() throws(Failure) -> String {
        try value("nvmlSystemGetCudaDriverVersion_v2", library.cudaVersion()) ?? ""
    }

    /// How many devices there are.
    func deviceCount() throws(Failure) -> Int {
        let name = "nvmlDeviceGetCount_v2"
        guard let count = try value(name, library.number(name)) else {
            throw Failure(words: "it does not count devices")
        }
        return Int(count)
    }

    /// A device by its index.
    func device(_ index: Int) throws(Failure) -> Handle {
        let handle = try value("nvmlDeviceGetHandleByIndex_v2", library.device(index))
        guard let handle else { throw Failure(words: "it has no device \(index)") }
        return handle
    }

    // MARK: A device

    /// A text of a device; empty when it has none.
    func text(_ name: String, _ device: Handle) throws(Failure) -> String {
        try value(name, library.text(name, of: device)) ?? ""
    }

    /// A number of a device; nil when it has none.
    func number(_ name: String, _ device: Handle) throws(Failure) -> Int64? {
        try value(name, library.number(name, of: device)).map { Int64($0) }
    }

    /// A number of a kind, such as a clock or a temperature.
    func number(_ name: String, kind: UInt32, _ device: Handle) throws(Failure) -> Int64? {
        try value(name, library.number(name, kind: kind, of: device)).map { Int64($0) }
    }

    /// Whether ECC is on; nil when the device has none.
    func eccMode(_ device: Handle) throws(Failure) -> Bool? {
        let name = "nvmlDeviceGetEccMode"
        return try value(name, library.pair(name, of: device)).map { $0.current == 1 }
    }

    /// Whether the device is split into instances (MIG); nil when it cannot be.
    func splitMode(_ device: Handle) throws(Failure) -> Bool? {
        let name = "nvmlDeviceGetMigMode"
        return try value(name, library.pair(name, of: device)).map { $0.current == 1 }
    }

    /// Errors that could not be corrected, since the driver was loaded or ever.
    func uncorrectedErrors(_ device: Handle, ever: Bool) throws(Failure) -> Int64? {
        let answer = library.errors(kind: 1, span: ever ? 1 : 0, of: device)
        return try value("nvmlDeviceGetTotalEccErrors", answer).map { Int64(clamping: $0) }
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
        try value("nvmlDeviceGetRemappedRows", library.remappedRows(of: device)).map {
            RemappedRows(
                corrected: Int64($0.corrected), uncorrected: Int64($0.uncorrected),
                isPending: $0.pending != 0, hasFailed: $0.failed != 0)
        }
    }

    /// Where the device is on the PCI bus, such as `00000000:18:00.0`.
    func pciAddress(_ device: Handle) throws(Failure) -> String {
        try value("nvmlDeviceGetPciInfo_v3", library.place(of: device))?.text ?? ""
    }

    /// How the device stands in its fabric; nil when the driver does not say.
    func fabric(_ device: Handle) throws(Failure) -> FabricFacts? {
        guard let told = try value("nvmlDeviceGetGpuFabricInfoV", library.fabric(of: device)),
            let state = told.state.flatMap({ FabricFacts.State(rawValue: Int64($0.rawValue)) })
        else { return nil }
        return FabricFacts(
            state: state, status: Int64(told.status), cluster: told.cluster,
            clique: Int64(told.clique), healthMask: told.healthMask.map { Int64($0) },
            healthSummary: told.healthSummary.map { Int64($0) })
    }

    /// Why the clocks are lower than they could be, as bits.
    func slowReasons(_ device: Handle) throws(Failure) -> UInt64? {
        let name = "nvmlDeviceGetCurrentClocksThrottleReasons"
        return try value(name, library.word(name, of: device))
    }
}
