/// Where a device is on the PCI bus. Everybody writes it in a way of their own: `0000:18:00.0` in
/// `/sys` and CUDA, `00000000:18:00.0` in NVML.
public struct BusPlace: Hashable, Sendable {
    private var domain: UInt32
    private var bus: UInt32
    private var device: UInt32

    /// Reads an address; nil for anything else. The function is passed over: a device that computes
    /// is its first one.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let domain = UInt32(parts[0], radix: 16),
            let bus = UInt32(parts[1], radix: 16),
            let device = UInt32(parts[2].prefix { $0 != "." }, radix: 16)
        else { return nil }
        (self.domain, self.bus, self.device) = (domain, bus, device)
    }
}
