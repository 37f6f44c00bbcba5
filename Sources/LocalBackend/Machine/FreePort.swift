import Glibc

/// Finds a port that nobody listens on.
enum FreePort {
    /// Below what Linux gives to outgoing connections (32768 and up), which could take the port
    /// before the gang does.
    private static let range = 20_000..<32_000

    /// A port that is free just now and not among those given away.
    static func find(besides taken: Set<Int>) -> Int {
        let start = Int.random(in: range)
        for step in 0..<range.count {
            let port = range.lowerBound + (start - range.lowerBound + step) % range.count
            if !taken.contains(port) && isFree(port) { return port }
        }
        // Every port is in use: the gang will say so itself.
        return start
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
