import AgentWire

/// What the process that asks the driver tells the agent over a pipe.
enum ProbeFrame: PipeFrame, Equatable {
    /// The library is there, and is about to start.
    case loaded
    /// It asks a device now. If nothing follows, that device is the one that blocks.
    case asking(UInt8)
    /// All that the devices told.
    case reading(DeviceReading)
    /// There is no library to ask, or, with the code that it gives, one that does not start.
    case absent(code: Int32?)

    func body() -> [UInt8] {
        var body = WireWriter()
        switch self {
        case .asking(let index):
            body.byte(0)
            body.byte(index)
        case .reading(let reading):
            body.byte(1)
            body.list(reading.devices, limit: AgentLimits.devices) {
                $1.write(to: &$0, version: AgentLimits.version)
            }
            body.list(reading.versions, limit: AgentLimits.versions) {
                $0.text($1.part)
                $0.text($1.version)
            }
            body.list(reading.samples, limit: AgentLimits.samples) { $1.write(to: &$0) }
        case .absent(let code):
            body.byte(2)
            body.unsigned(code.map { UInt64(UInt32(bitPattern: $0)) + 1 } ?? 0)
        case .loaded: body.byte(3)
        }
        return body.bytes
    }

    init(decoding body: [UInt8]) throws(WireRefusal) {
        var reader = WireReader(body)
        switch try reader.byte() {
        case 0: self = .asking(try reader.byte())
        case 1:
            var reading = DeviceReading()
            reading.devices = try reader.list(of: "devices", limit: AgentLimits.devices) {
                reader throws(WireRefusal) in
                try ReportedDevice(from: &reader, version: AgentLimits.version)
            }
            reading.versions = try reader.list(of: "versions", limit: AgentLimits.versions) {
                reader throws(WireRefusal) in
                ReportedVersion(try reader.text(), try reader.text())
            }
            reading.samples = try reader.list(of: "samples", limit: AgentLimits.samples) {
                reader throws(WireRefusal) in try AgentSample(from: &reader)
            }
            self = .reading(reading)
        case 2:
            let code = try reader.number(of: "codes", 0...UInt64(UInt32.max) + 1)
            self = .absent(code: code == 0 ? nil : Int32(bitPattern: UInt32(code - 1)))
        case 3: self = .loaded
        case let tag: throw reader.refusal("\(tag) as a kind of frame")
        }
        try reader.expectEnd()
    }
}

/// What the driver told of its devices.
struct DeviceReading: Equatable {
    /// Those that answered.
    var devices: [ReportedDevice] = []
    /// Versions of driver, library and CUDA.
    var versions: [ReportedVersion] = []
    /// What they told of their health.
    var samples: [AgentSample] = []
}
