/// The serial number by which a machine is known. Everything that reads a machine asks here, so
/// that an agent, a test and a backend mean the same machine.
public enum ChassisSerial {
    /// The serial number of the chassis, or that of the product where the vendor wrote none; empty
    /// where neither is one. Texts are as `/sys/class/dmi/id/chassis_serial` and `product_serial`
    /// have them; nil for what cannot be read.
    public static func of(chassis: String?, product: String?) -> String {
        for text in [chassis, product] {
            guard let text else { continue }
            let serial = trimmed(text)
            if isSerial(serial) { return serial }
        }
        return ""
    }

    /// Whether a text can be one machine's: phrases such as `To Be Filled By O.E.M.` have hardly a
    /// digit. What is no identity all the same is the ledger's to say.
    public static func isSerial(_ text: String) -> Bool {
        let digits = text.utf8.filter { $0 >= 48 && $0 <= 57 }
        guard digits.count >= 2, let first = digits.first, !text.hasPrefix("0123456789") else {
            return false
        }
        return digits.contains { $0 != first }
    }

    private static func trimmed(_ text: String) -> String {
        var bytes = Array(text.utf8)[...]
        while let last = bytes.last, last <= 32 { bytes.removeLast() }
        while let first = bytes.first, first <= 32 { bytes.removeFirst() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
