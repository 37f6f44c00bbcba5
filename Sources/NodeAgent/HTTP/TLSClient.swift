/// Who the agent trusts, and what earlier connections left behind.
///
/// A context is made when it is first needed, and anew after a failure: certificates and the
/// library itself may have been put in place since.
final class TLSClient {
    private struct Context {
        var library: TLSLibrary
        var object: TLSLibrary.Object
    }

    /// A file with the certificates that are trusted (PEM); nil for the system's.
    private let authorities: String?
    private var context: Context?
    private var sessions: [HTTPTarget: TLSLibrary.Object] = [:]

    /// A client that trusts these authorities alone, or the system's.
    init(authorities: String?) { self.authorities = authorities }

    deinit { forget() }

    /// A session with a target whose certificate is for its name and of a trusted authority.
    /// Throws when there is no library, no authority, or another side than that.
    func session(
        with target: HTTPTarget, over socket: HTTPSocket
    ) throws(TLSFailure) -> TLSSession {
        do throws(TLSFailure) {
            let context: Context
            if let known = self.context {
                context = known
            } else {
                context = try makeContext()
                self.context = context
            }
            let session = try TLSSession(context.library, context.object, over: socket)
            try session.open(host: target.host, earlier: sessions[target])
            return session
        } catch {
            forget()
            throw error
        }
    }

    /// Ends a session, and keeps what the next one can go on with.
    func end(_ session: TLSSession, with target: HTTPTarget) {
        guard let left = session.close() else { return }
        if let old = sessions.updateValue(left, forKey: target) {
            context?.library.freeSession(old)
        }
    }

    private func makeContext() throws(TLSFailure) -> Context {
        let library = try TLSLibrary()
        library.clearErrors()
        guard let object = library.newContext(library.clientMethod()) else {
            throw TLSFailure(library.trouble())
        }
        // SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION
        var isReady = library.controlContext(object, 123, 0x0303, nil) == 1
        if let authorities {
            isReady = isReady && library.loadFile(object, authorities, nil) == 1
        } else {
            isReady = isReady && library.loadDefaults(object) == 1
        }
        guard isReady else {
            let trouble = library.trouble()
            library.freeContext(object)
            throw TLSFailure("no certificates from \(authorities ?? "the system"): \(trouble)")
        }
        // SSL_VERIFY_PEER
        library.setVerification(object, 1, nil)
        return Context(library: library, object: object)
    }

    private func forget() {
        guard let context else { return }
        for session in sessions.values { context.library.freeSession(session) }
        sessions = [:]
        context.library.freeContext(context.object)
        self.context = nil
    }
}
