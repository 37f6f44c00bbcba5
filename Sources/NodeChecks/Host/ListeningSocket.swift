import FleetModel
import Glibc

/// A socket that connections can be made to. A class, since threads share its descriptor.
final class ListeningSocket: Sendable {
    let descriptor: Int32
    /// The port; one of the system's choice when 0 was asked for.
    let port: UInt16

    /// Connections that wait to be taken.
    private static let backlog: Int32 = 512

    /// Listens at an address, the first of its name that is to be had. Throws `M0706`.
    convenience init(_ target: PeerAddress) throws(OperatingError) {
        switch ListeningSocket.open(target) {
        case .success(let descriptor): self.init(descriptor: descriptor)
        case .failure(let trouble):
            throw OperatingError(
                .addressInUse, "cannot listen at \(target.named(port: target.port))",
                detail: trouble.words, hint: "name another port, or 0 for any")
        }
    }

    private init(descriptor: Int32) {
        self.descriptor = descriptor
        port = ListeningSocket.port(of: descriptor)
    }

    deinit { close(descriptor) }

    private static func open(_ target: PeerAddress) -> Result<Int32, PeerSocket.Trouble> {
        var failure = "no address of that name"
        var found: Int32 = -1
        // Whoever listens everywhere does so for both kinds of addresses, where there are both.
        let kinds: [Int32?] = target.host.isEmpty ? [AF_INET6, AF_INET] : [nil]
        for kind in kinds where found < 0 {
            target.forEach(isPassive: true) { info in
                if let kind, info.ai_family != kind { return false }
                let candidate = socket(
                    info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
                guard candidate >= 0 else { return false }
                var (on, off) = (Int32(1), Int32(0))
                let size = socklen_t(MemoryLayout<Int32>.size)
                setsockopt(candidate, SOL_SOCKET, SO_REUSEADDR, &on, size)
                if info.ai_family == AF_INET6 {
                    setsockopt(candidate, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, size)
                }
                guard bind(candidate, info.ai_addr, info.ai_addrlen) == 0,
                    listen(candidate, backlog) == 0
                else {
                    failure = SystemText.of(errno)
                    close(candidate)
                    return false
                }
                found = candidate
                return true
            }
        }
        return found < 0 ? .failure(PeerSocket.Trouble(words: failure)) : .success(found)
    }

    /// Whether the name stands for an address of this machine, which can be listened at.
    static func isOwn(_ target: PeerAddress) -> Bool {
        var isOwn = false
        target.forEach(isPassive: true) { info in
            let candidate = socket(
                info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard candidate >= 0 else { return false }
            defer { close(candidate) }
            var one: Int32 = 1
            setsockopt(
                candidate, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
            // Whether the port is free is another question.
            isOwn = bind(candidate, info.ai_addr, info.ai_addrlen) == 0 || errno != EADDRNOTAVAIL
            return isOwn
        }
        return isOwn
    }

    private static func port(of descriptor: Int32) -> UInt16 {
        let bytes = SocketAddress.bytes(of: descriptor, getsockname)
        // The port stands at the same place in addresses of both kinds.
        return bytes.count < 4 ? 0 : UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    }
}

/// The two ends of a connection.
enum SocketAddress {
    /// An end as the bytes of `sockaddr_in` or `sockaddr_in6`; empty when there is none.
    static func bytes(
        of descriptor: Int32,
        _ ask: (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
    ) -> [UInt8] {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                ask(descriptor, $0, &size)
            }
        }
        guard result == 0 else { return [] }
        return withUnsafeBytes(of: storage) { Array($0.prefix(Int(size))) }
    }

    /// The address of an end in digits, without its port; empty when there is none.
    static func host(_ bytes: [UInt8]) -> String {
        guard bytes.count >= 16 else { return "" }
        var name = [CChar](repeating: 0, count: 64)
        let result = bytes.withUnsafeBytes { buffer -> Int32 in
            guard let base = buffer.baseAddress else { return -1 }
            return getnameinfo(
                base.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count), &name,
                socklen_t(name.count), nil, 0, NI_NUMERICHOST)
        }
        guard result == 0 else { return "" }
        let text = String(
            decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // What came to a socket for both kinds of addresses by the older of them.
        return text.hasPrefix("::ffff:") ? String(text.dropFirst(7)) : text
    }
}
