import Glibc

/// TLS over a socket. The library reads and writes buffers in memory; what goes over the wire is
/// the socket's, which knows when it is too late, and whose other side may be gone.
final class TLSSession {
    private let library: TLSLibrary
    private let socket: HTTPSocket
    private let connection: TLSLibrary.Object
    /// What came over the wire and what is to go over it. The connection frees them.
    private let input: TLSLibrary.Object
    private let output: TLSLibrary.Object

    /// Values of `SSL_get_error`.
    private enum Code {
        static let wantsRead: Int32 = 2
        static let ended: Int32 = 6
    }

    /// A connection of a context. Nothing is sent yet.
    init(
        _ library: TLSLibrary, _ context: TLSLibrary.Object, over socket: HTTPSocket
    ) throws(TLSFailure) {
        guard let connection = library.newConnection(context) else {
            throw TLSFailure(library.trouble())
        }
        guard let input = library.newBuffer(library.memory()),
            let output = library.newBuffer(library.memory())
        else {
            library.freeConnection(connection)
            throw TLSFailure(library.trouble())
        }
        library.setBuffers(connection, input, output)
        library.setConnecting(connection)
        self.library = library
        self.socket = socket
        self.connection = connection
        self.input = input
        self.output = output
    }

    deinit { library.freeConnection(connection) }

    /// Agrees with the other side, whose certificate has to be for this name or number. `earlier`
    /// is what an earlier connection left behind, which saves both sides the work with keys.
    func open(host: String, earlier: TLSLibrary.Object?) throws(TLSFailure) {
        try expect(host)
        if let earlier { _ = library.giveSession(connection, earlier) }
        while true {
            library.clearErrors()
            let result = library.handshake(connection)
            let code = result == 1 ? 0 : library.error(connection, result)
            let sending = flush()
            if result == 1 { break }
            guard code == Code.wantsRead else { throw TLSFailure(verdict()) }
            if case .late = sending { throw TLSFailure("no agreement in time") }
            switch socket.receive() {
            case .part(let part) where !part.isEmpty: take(part)
            case .part, .cut: throw TLSFailure("the other side ended before it agreed")
            case .late: throw TLSFailure("no agreement in time")
            }
        }
        guard library.verification(connection) == 0 else { throw TLSFailure(verdict()) }
    }

    private func expect(_ host: String) throws(TLSFailure) {
        var bytes = in6_addr()
        let isNumber =
            inet_pton(AF_INET, host, &bytes) == 1 || inet_pton(AF_INET6, host, &bytes) == 1
        if isNumber {
            guard let parameters = library.parameters(connection),
                library.setAddress(parameters, host) == 1
            else { throw TLSFailure(library.trouble()) }
            return
        }
        // X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
        library.setHostFlags(connection, 4)
        guard library.setHost(connection, host) == 1 else { throw TLSFailure(library.trouble()) }
        // SSL_CTRL_SET_TLSEXT_HOSTNAME: servers with several certificates choose by it.
        let isSet = host.withCString {
            library.controlConnection(connection, 55, 0, UnsafeMutableRawPointer(mutating: $0))
        }
        guard isSet == 1 else { throw TLSFailure(library.trouble()) }
    }

    /// Why the other side was not taken for the one that was named, or did not agree.
    private func verdict() -> String {
        let code = library.verification(connection)
        let reason = library.trouble()
        guard code != 0, let words = library.verificationWords(code) else { return reason }
        return "the certificate is refused: \(String(cString: words))"
    }

    /// Sends all of it.
    func send(_ bytes: [UInt8]) -> HTTPSocket.Sending {
        precondition(!bytes.isEmpty, "an empty request")
        library.clearErrors()
        let result = bytes.withUnsafeBytes {
            library.write(connection, $0.baseAddress, Int32($0.count))
        }
        let sending = flush()
        return result == Int32(bytes.count) ? sending : .refused
    }

    /// The next bytes; none when the other side has said that it ends. An end without a word may be
    /// anybody's, and is a cut.
    func receive() -> HTTPSocket.Receipt {
        while true {
            library.clearErrors()
            var result: Int32 = 0
            let part = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                result = library.read(connection, buffer.baseAddress, 4096)
                count = max(0, Int(result))
            }
            if result > 0 { return .part(part) }
            let code = library.error(connection, result)
            // Reading may have to answer, as when keys change.
            if case .late = flush() { return .late }
            if code == Code.ended { return .part([]) }
            guard code == Code.wantsRead else { return .cut }
            switch socket.receive() {
            case .part(let coming) where !coming.isEmpty: take(coming)
            case .part, .cut: return .cut
            case .late: return .late
            }
        }
    }

    /// Says that this side ends, and returns what the next connection can go on with: the caller
    /// frees it.
    func close() -> TLSLibrary.Object? {
        library.clearErrors()
        // One that is not closed is not taken for one that may go on.
        _ = library.shutdown(connection)
        _ = flush()
        library.clearErrors()
        guard let session = library.takeSession(connection) else { return nil }
        guard library.isResumable(session) == 1 else {
            library.freeSession(session)
            return nil
        }
        return session
    }

    private func take(_ part: [UInt8]) {
        let taken = part.withUnsafeBytes {
            library.writeBuffer(input, $0.baseAddress, Int32($0.count))
        }
        precondition(taken == Int32(part.count), "a buffer in memory takes everything")
    }

    private func flush() -> HTTPSocket.Sending {
        while library.pending(output) > 0 {
            let part = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
                count = max(0, Int(library.readBuffer(output, buffer.baseAddress, 4096)))
            }
            let sending = socket.send(part)
            guard case .whole = sending else { return sending }
        }
        return .whole
    }
}
