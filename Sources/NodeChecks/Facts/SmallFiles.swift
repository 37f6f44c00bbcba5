import FleetModel
import Glibc

/// Reads the small files of `/sys` and `/proc`, below a root that a test may put elsewhere.
public struct SmallFiles: Sendable {
    /// The root; empty for the machine's own.
    public var root: String

    /// Bytes that are read of one file.
    static let bytesRead = 1 << 20

    /// The files below a root.
    public init(root: String = "") { self.root = root }

    /// A file's text without blanks at its end; nil when it cannot be read.
    public func text(_ path: String) -> String? {
        let file = open(root + path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        while bytes.count < SmallFiles.bytesRead {
            let count = withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 16) { buffer in
                let count = read(file, buffer.baseAddress, buffer.count)
                if count > 0 { bytes.append(contentsOf: buffer.prefix(count)) }
                return count
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                if count < 0 { return nil }
                break
            }
        }
        while let last = bytes.last, last == 0x20 || last == 0x0A || last == 0x0D || last == 0 {
            bytes.removeLast()
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A file that holds one whole number.
    public func number(_ path: String) -> Int64? { text(path).flatMap { Int64($0) } }

    /// The names in a folder, sorted as people number things: `cpu2` before `cpu10`.
    public func names(_ path: String) -> [String] {
        guard let folder = opendir(root + path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while names.count < 16_384, let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    }

    /// Whether something is at a path.
    public func exists(_ path: String) -> Bool { access(root + path, F_OK) == 0 }

    /// The serial number by which the machine is known; empty where there is none.
    public var chassisSerial: String {
        ChassisSerial.of(
            chassis: text("/sys/class/dmi/id/chassis_serial"),
            product: text("/sys/class/dmi/id/product_serial"))
    }
}
