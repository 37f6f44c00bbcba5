import FleetModel
import Glibc

/// An address of a host, as the system writes it.
struct HostAddress: Equatable {
    var family: Int32
    var bytes: [UInt8]

    /// Asks the system for the addresses of a host. With a name server that does not answer this
    /// blocks for seconds.
    static func resolve(_ target: HTTPTarget) -> [HostAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        // A number needs neither a name server nor an interface that is up.
        hints.ai_flags = AI_NUMERICHOST
        if getaddrinfo(target.host, String(target.port), &hints, &found) != 0 {
            hints.ai_flags = AI_ADDRCONFIG
            guard getaddrinfo(target.host, String(target.port), &hints, &found) == 0 else {
                return []
            }
        }
        defer { freeaddrinfo(found) }
        var addresses: [HostAddress] = []
        var next = found
        while let info = next?.pointee, addresses.count < 8 {
            if let address = info.ai_addr {
                let raw = UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen))
                addresses.append(HostAddress(family: info.ai_family, bytes: Array(raw)))
            }
            next = info.ai_next
        }
        return addresses
    }
}

/// The addresses of hosts, asked for rarely: while a name server is away, the agent's one thread
/// would stand still before each message otherwise, and with it the log.
struct AddressBook {
    private struct Entry {
        var addresses: [HostAddress]
        var askedAt: Instant
        /// Whether nothing answered there since.
        var isDoubtful = false
    }

    private var entries: [HTTPTarget: Entry] = [:]
    private let resolve: (HTTPTarget) -> [HostAddress]

    /// How long addresses count without a doubt.
    static let age = TimeSpan.seconds(600)
    /// How long they count when nothing answers there.
    static let doubt = TimeSpan.seconds(60)
    /// How long to wait before a name without addresses is asked for again.
    static let absence = TimeSpan.seconds(10)

    init(resolve: @escaping (HTTPTarget) -> [HostAddress] = HostAddress.resolve) {
        self.resolve = resolve
    }

    /// The addresses of a host, the known ones if that can be.
    mutating func addresses(of target: HTTPTarget, now: Instant) -> [HostAddress] {
        let known = entries[target]
        if let known {
            let pause =
                known.addresses.isEmpty
                ? AddressBook.absence : known.isDoubtful ? AddressBook.doubt : AddressBook.age
            if now < known.askedAt + pause { return known.addresses }
        }
        let found = resolve(target)
        // A name server that is away does not make a host forgotten.
        let addresses = found.isEmpty ? known?.addresses ?? [] : found
        entries[target] = Entry(addresses: addresses, askedAt: now)
        return addresses
    }

    /// Nothing answered there: the host may have moved.
    mutating func doubt(_ target: HTTPTarget) { entries[target]?.isDoubtful = true }
}
