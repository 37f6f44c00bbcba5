/// Where a device sits on its machine's PCI buses: `0000:3b:00.0`.
///
/// Drivers print it in several forms; all are read into this one, so that they compare equal.
public struct PCIAddress: Hashable, Comparable, Sendable {
    /// The domain, also called segment.
    public var domain: UInt32
    /// The bus.
    public var bus: UInt8
    /// The device on the bus.
    public var device: UInt8
    /// The function of the device; 0 where none was printed.
    public var function: UInt8

    /// Gathers the parts.
    public init(domain: UInt32 = 0, bus: UInt8, device: UInt8 = 0, function: UInt8 = 0) {
        self.domain = domain
        self.bus = bus
        self.device = device
        self.function = function
    }

    /// Reads any form that a log has (``text`` tells the forms); nil for anything else.
    public init?(text: String) {
        let bytes = Array(text.utf8)
        let address = bytes.withUnsafeBytes { buffer -> PCIAddress? in
            let line = LogBytes(buffer)
            guard let (address, next) = line.pciAddress(at: 0), next == line.count else {
                return nil
            }
            return address
        }
        guard let address else { return nil }
        self = address
    }

    /// `domain:bus:device.function` in lower-case hexadecimal, as `lspci -D` has it. The forms that
    /// are read: with `PCI:` before it, without function, without domain, with a domain of eight
    /// digits, in capitals.
    public var text: String {
        "\(Self.hex(domain, 4)):\(Self.hex(UInt32(bus), 2)):\(Self.hex(UInt32(device), 2))"
            + ".\(Self.hex(UInt32(function), 1))"
    }

    /// Orders by domain, bus, device and function.
    public static func < (left: PCIAddress, right: PCIAddress) -> Bool {
        (left.domain, left.bus, left.device, left.function)
            < (right.domain, right.bus, right.device, right.function)
    }

    private static func hex(_ number: UInt32, _ digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
