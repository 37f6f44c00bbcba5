// Where a device sits in its rack, and how it stands in the fabric of NVLinks. Records and their
// versions: `nvml.h` as nvidia-ml-py 13.615 has it.
extension ManagementLibrary {
    /// Where a device sits, as the platform says: `nvmlDeviceGetPlatformInfo`, from Blackwell on.
    public struct Platform: Hashable, Sendable {
        /// The GUID of the device in the fabric, as `0x` and 16 digits; empty where there is none.
        public var guid = ""
        /// The serial number of the chassis, which is the rack where a rack is one; empty where
        /// there is none.
        public var chassisSerial = ""
        /// The slot in the chassis, those of switches counted.
        public var slot: UInt8 = 0
        /// The tray, those of switches not counted.
        public var tray: UInt8 = 0
        /// The node within the slot.
        public var host: UInt8 = 0
        /// What is at the other end of the links: a number of the platform's.
        public var peer: UInt8 = 0
        /// The device within the node.
        public var module: UInt8 = 0
    }

    /// How a device stands in the fabric of NVLinks: `nvmlDeviceGetGpuFabricInfoV`.
    public struct Fabric: Hashable, Sendable {
        /// How far a device is registered with its fabric.
        public enum State: UInt32, Sendable {
            /// The device has no fabric, or its driver does not say.
            case notSupported = 0
            /// Nobody has begun.
            case notStarted = 1
            /// It is under way.
            case inProgress = 2
            /// It has come to its end, good or bad.
            case completed = 3
        }

        /// The UUID of the cluster, in its usual form; empty where it is zero.
        public var cluster = ""
        /// Which devices of the cluster reach each other.
        public var clique: UInt32 = 0
        /// How far it is registered; nil for a number that is not known.
        public var state: State?
        /// What came of it; it says nothing before it is completed.
        public var status: Int32 = 0
        /// What is wrong, as bits; nil where the library does not tell.
        public var healthMask: UInt32?
        /// All of them in one: 0 not told, 1 healthy, 2 unhealthy, 3 of limited capacity; nil where
        /// the library does not tell.
        public var healthSummary: UInt8?
    }

    /// A library that is older than the version of a record that it is asked for.
    private static let versionMismatch: Int32 = 25

    /// Where a device sits.
    public func platform(of device: Device) -> Answer<Platform> {
        // The first version has the rack's serial number under another name.
        versioned("nvmlDeviceGetPlatformInfo", [0x0200_002C, 0x0100_002C], of: device) { _, raw in
            Platform(
                guid: ManagementLibrary.guid(raw[4..<12]),
                chassisSerial: ManagementLibrary.words(raw[20..<36]), slot: raw[36],
                tray: raw[37], host: raw[38], peer: raw[39], module: raw[40])
        }
    }

    /// How a device stands in its fabric.
    public func fabric(of device: Device) -> Answer<Fabric> {
        let answer = versioned(
            "nvmlDeviceGetGpuFabricInfoV", [0x0300_0028, 0x0200_0024], of: device
        ) { version, raw in
            var fabric = ManagementLibrary.fabric(raw, at: 4)
            fabric.healthMask = raw.loadUnaligned(fromByteOffset: 32, as: UInt32.self)
            if version >> 24 >= 3 { fabric.healthSummary = raw[36] }
            return fabric
        }
        guard case .unknown = answer else { return answer }
        // Before there were versions of it (drivers up to 535).
        return versioned("nvmlDeviceGetGpuFabricInfo", [0], of: device) { _, raw in
            ManagementLibrary.fabric(raw, at: 0)
        }
    }

    /// UUID, status, clique and state, which follow each other in all versions.
    private static func fabric(_ raw: UnsafeRawBufferPointer, at offset: Int) -> Fabric {
        func word(_ place: Int) -> UInt32 {
            raw.loadUnaligned(fromByteOffset: offset + place, as: UInt32.self)
        }
        let uuid = raw[offset..<offset + 16]
        var text = ""
        for (place, byte) in uuid.enumerated() {
            if [4, 6, 8, 10].contains(place) { text += "-" }
            text += hex(byte)
        }
        return Fabric(
            cluster: uuid.allSatisfy { $0 == 0 } ? "" : text, clique: word(20),
            // One byte; what follows it up to the next word is not the library's to fill.
            state: Fabric.State(rawValue: UInt32(raw[offset + 24])),
            status: Int32(bitPattern: word(16)))
    }

    /// Asks for a record by the newest of these versions that the library knows; its first word
    /// says which, and the lower three bytes of that how long it is.
    private func versioned<Value>(
        _ name: String, _ versions: [UInt32], of device: Device,
        _ value: (UInt32, UnsafeRawBufferPointer) -> Value
    ) -> Answer<Value> {
        var answer = Answer<Value>.unknown
        for version in versions {
            // Longer than any of them.
            var record = [UInt8](repeating: 0, count: 64)
            answer = record.withUnsafeMutableBytes { raw in
                raw.storeBytes(of: version, as: UInt32.self)
                return ask(
                    name, GetDeviceRecord.self, { value(version, UnsafeRawBufferPointer(raw)) }
                ) { $0(device, raw.baseAddress!) }
            }
            guard case .refused(ManagementLibrary.versionMismatch) = answer else { break }
        }
        return answer
    }

    private static func guid(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        bytes.allSatisfy { $0 == 0 } ? "" : "0x" + bytes.map(hex).joined()
    }

    /// What the bytes say up to the first zero; as digits where they are no text.
    private static func words(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let told = bytes.prefix { $0 != 0 }
        let isText = told.allSatisfy { (0x20..<0x7F).contains($0) }
        return isText ? String(decoding: told, as: UTF8.self) : bytes.map(hex).joined()
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
    }
}
