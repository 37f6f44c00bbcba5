import AgentWire
import HealthSignals

/// The host's `/sys` and `/proc` below a folder: `/` on a host, `/host` in a container, a fixture
/// in a test.
public struct SysTree: Sendable {
    private let root: String
    private var mayWait = false

    /// Starts at a folder.
    public init(root: String = "/") {
        self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    /// The same for a process that files may hold up for as long as they like. Most files of
    /// `/sys` do so anyway, whatever one asks for.
    var waiting: SysTree {
        var tree = self
        tree.mayWait = true
        return tree
    }

    func text(_ path: String) -> String? { HostFile.text(root + path, mayWait: mayWait) }
    func names(_ path: String) -> [String] { HostFile.names(root + path) }
    func exists(_ path: String) -> Bool { HostFile.exists(root + path) }
    func linkName(_ path: String) -> String? { HostFile.linkName(root + path) }

    /// A number at the beginning of a file: `4: ACTIVE`, `0x10de`, `400 Gb/sec (4X NDR)`.
    func number(_ path: String) -> Int64? { text(path).flatMap(SysTree.leading) }

    static func leading(_ text: String) -> Int64? {
        if text.hasPrefix("0x") {
            return Int64(text.dropFirst(2).prefix { $0.isHexDigit }, radix: 16)
        }
        let sign = text.hasPrefix("-") ? "-" : ""
        let digits = text.dropFirst(sign.count).prefix { $0.isASCII && $0.isNumber }
        return Int64(sign + digits)
    }

    /// Which start of the machine this is.
    public var boot: BootID {
        text("/proc/sys/kernel/random/boot_id").flatMap(BootID.init(text:)) ?? BootID()
    }
}
