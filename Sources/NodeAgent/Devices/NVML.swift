import AgentWire
import DeviceLibraries
import HealthSignals

/// What NVIDIA's management library tells, as the agent tells it. The library is loaded when the
/// program runs; what a version of it does not have is left out.
///
/// Any call may block for ever when a GPU dies, so that this belongs into a process of its own
/// (``ProbeProgram``).
struct NVML {
    /// A device of the library.
    typealias Handle = ManagementLibrary.Device

    /// Why there is no library to ask.
    enum Absence: Error {
        /// There is none.
        case noLibrary
        /// It does not start: no driver, or a driver of another version.
        case notStarting(code: Int32)
    }

    private let library: ManagementLibrary

    /// Loads and starts the library, and says so in between: starting may block as well. Never
    /// unloaded: its process ends instead.
    init(path: String, willStart: () -> Void = {}) throws(Absence) {
        guard case .success(let loaded?) = DynamicLibrary.open([path]),
            let library = ManagementLibrary(loaded)
        else { throw .noLibrary }
        self.library = library
        willStart()
        if case .refused(let code) = library.start() { throw .notStarting(code: code) }
    }

    /// Versions of the driver, the library and CUDA, as far as they are told.
    func versions() -> [ReportedVersion] {
        var versions: [ReportedVersion] = []
        for (part, text) in [
            ("cuda", library.cudaVersion()), ("driver", library.text("nvmlSystemGetDriverVersion")),
            ("nvml", library.text("nvmlSystemGetNVMLVersion")),
        ] {
            guard let text = text.value, !text.isEmpty else { continue }
            versions.append(ReportedVersion(part, text))
        }
        return versions
    }

    /// How many devices there are; those that are lost still count. Nil when it does not say.
    func count() -> Int? { library.number("nvmlDeviceGetCount_v2").value.map { min(Int($0), 64) } }

    /// A device; nil when it does not answer.
    func handle(_ index: Int) -> Handle? { library.device(index).value }

    /// Who a device is; nil when it does not even tell its UUID.
    func identity(of handle: Handle, index: Int) -> ReportedDevice? {
        func text(_ name: String) -> String { library.text(name, of: handle).value ?? "" }
        let uuid = text("nvmlDeviceGetUUID")
        guard !uuid.isEmpty else { return nil }
        let address = library.place(of: handle).value.map {
            PCIAddress(
                domain: $0.domain, bus: UInt8(truncatingIfNeeded: $0.bus),
                device: UInt8(truncatingIfNeeded: $0.device))
        }
        return ReportedDevice(
            index: UInt8(index), uuid: uuid, boardSerial: text("nvmlDeviceGetSerial"),
            model: text("nvmlDeviceGetName"), address: address)
    }

    /// What a device tells of its health, by DCGM's numbers of the fields.
    func samples(of handle: Handle, index: Int) -> [AgentSample] {
        func number(_ name: String) -> Int64? {
            library.number(name, of: handle).value.map { Int64($0) }
        }
        func errors(_ kind: UInt32, _ span: UInt32) -> Int64? {
            library.errors(kind: kind, span: span, of: handle).value.map { Int64(clamping: $0) }
        }
        let heat = library.number("nvmlDeviceGetTemperature", kind: 0, of: handle).value
        let rows = library.remappedRows(of: handle).value
        let values: [(Int32, Int64?)] = [
            (150, heat.map { Int64($0) }),
            (202, number("nvmlDeviceGetPcieReplayCounter")),
            (237, number("nvmlDeviceGetCurrPcieLinkGeneration")),
            (238, number("nvmlDeviceGetCurrPcieLinkWidth")),
            (310, errors(0, 0)), (311, errors(1, 0)), (312, errors(0, 1)), (313, errors(1, 1)),
            (392, number("nvmlDeviceGetRetiredPagesPendingStatus")),
            (112, clockReasons(of: handle)),
            (203, library.utilisation(of: handle).value.map { Int64($0) }),
            (393, rows.map { Int64($0.uncorrected) }), (394, rows.map { Int64($0.corrected) }),
            (395, rows.map { Int64($0.failed) }), (396, rows.map { Int64($0.pending) }),
        ]
        return (values + fields(of: handle)).compactMap { field, value in
            value.map {
                AgentSample(SampleKey(.device(UInt8(index)), .field(field)), $0)
            }
        }
    }

    /// Where a device sits and how it stands in its fabric.
    func placement(of handle: Handle) -> DevicePlacement {
        DevicePlacement(
            platform: library.platform(of: handle).value, fabric: library.fabric(of: handle).value)
    }

    /// Why clocks are low, but for idleness and what jobs ask for: those change all the time.
    private func clockReasons(of handle: Handle) -> Int64? {
        let names = [
            "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons",
        ]
        for name in names {
            let quiet: ClockReasons = [.idle, .applicationClocks, .syncBoost, .display]
            switch library.word(name, of: handle) {
            case .told(let bits): return Int64(truncatingIfNeeded: bits & ~quiet.rawValue)
            case .refused: return nil
            case .unknown: continue
            }
        }
        return nil
    }

    /// What the library has under numbers of its own: sums over NVLinks, and what the driver asks
    /// for (its numbers 38, 45, 52, 59 and 230).
    private func fields(of handle: Handle) -> [(Int32, Int64?)] {
        let names: [Int32] = [409, 419, 429, 439, 1523]
        let values = library.fields([38, 45, 52, 59, 230], of: handle).value ?? []
        return Array(zip(names, values))
    }
}
