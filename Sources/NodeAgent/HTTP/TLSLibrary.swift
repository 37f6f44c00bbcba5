import DeviceLibraries

/// OpenSSL's functions, as far as a client needs them, in the library that is installed.
///
/// It is loaded while the program runs, and only for an address with `https`: whoever does without
/// TLS does without its memory, and its security fixes come with the system's. Names and constants
/// are those of OpenSSL 1.1 and 3: `openssl/ssl.h`, `bio.h`, `x509_vfy.h`.
struct TLSLibrary {
    /// An object of the library's.
    typealias Object = OpaquePointer

    let clientMethod: @convention(c) () -> Object?
    let newContext: @convention(c) (Object?) -> Object?
    let freeContext: @convention(c) (Object) -> Void
    let controlContext: @convention(c) (Object, Int32, Int, UnsafeMutableRawPointer?) -> Int
    let loadDefaults: @convention(c) (Object) -> Int32
    let loadFile: @convention(c) (Object, UnsafePointer<CChar>?, UnsafePointer<CChar>?) -> Int32
    let setVerification: @convention(c) (Object, Int32, UnsafeRawPointer?) -> Void
    let newConnection: @convention(c) (Object) -> Object?
    let freeConnection: @convention(c) (Object) -> Void
    let controlConnection: @convention(c) (Object, Int32, Int, UnsafeMutableRawPointer?) -> Int
    let setHost: @convention(c) (Object, UnsafePointer<CChar>) -> Int32
    let setHostFlags: @convention(c) (Object, UInt32) -> Void
    let parameters: @convention(c) (Object) -> Object?
    let setAddress: @convention(c) (Object, UnsafePointer<CChar>) -> Int32
    let setConnecting: @convention(c) (Object) -> Void
    let handshake: @convention(c) (Object) -> Int32
    let read: @convention(c) (Object, UnsafeMutableRawPointer?, Int32) -> Int32
    let write: @convention(c) (Object, UnsafeRawPointer?, Int32) -> Int32
    let shutdown: @convention(c) (Object) -> Int32
    let error: @convention(c) (Object, Int32) -> Int32
    let verification: @convention(c) (Object) -> Int
    let verificationWords: @convention(c) (Int) -> UnsafePointer<CChar>?
    let memory: @convention(c) () -> Object?
    let newBuffer: @convention(c) (Object?) -> Object?
    let readBuffer: @convention(c) (Object, UnsafeMutableRawPointer?, Int32) -> Int32
    let writeBuffer: @convention(c) (Object, UnsafeRawPointer?, Int32) -> Int32
    let pending: @convention(c) (Object) -> Int
    let setBuffers: @convention(c) (Object, Object, Object) -> Void
    let takeSession: @convention(c) (Object) -> Object?
    let giveSession: @convention(c) (Object, Object) -> Int32
    let isResumable: @convention(c) (Object) -> Int32
    let freeSession: @convention(c) (Object) -> Void
    let nextError: @convention(c) () -> UInt
    let clearErrors: @convention(c) () -> Void
    let reason: @convention(c) (UInt) -> UnsafePointer<CChar>?

    /// The library's names, the newest first.
    static let names = ["libssl.so.3", "libssl.so.1.1"]

    /// Loads it. Throws when none is installed, or another one than these.
    init() throws(TLSFailure) {
        let library: DynamicLibrary
        switch DynamicLibrary.open(TLSLibrary.names) {
        case .success(let found?): library = found
        case .success(nil):
            throw TLSFailure("none of \(TLSLibrary.names.joined(separator: ", ")) is installed")
        case .failure(let failure): throw TLSFailure(failure.words)
        }
        do {
            self = try TLSLibrary(library)
        } catch {
            throw TLSFailure("\(library.name) has no \(error.name)")
        }
    }

    private init(_ library: DynamicLibrary) throws(DynamicLibrary.MissingSymbol) {
        func find<Function>(_ name: String) throws(DynamicLibrary.MissingSymbol) -> Function {
            try library.function(name, as: Function.self)
        }
        clientMethod = try find("TLS_client_method")
        newContext = try find("SSL_CTX_new")
        freeContext = try find("SSL_CTX_free")
        controlContext = try find("SSL_CTX_ctrl")
        loadDefaults = try find("SSL_CTX_set_default_verify_paths")
        loadFile = try find("SSL_CTX_load_verify_locations")
        setVerification = try find("SSL_CTX_set_verify")
        newConnection = try find("SSL_new")
        freeConnection = try find("SSL_free")
        controlConnection = try find("SSL_ctrl")
        setHost = try find("SSL_set1_host")
        setHostFlags = try find("SSL_set_hostflags")
        parameters = try find("SSL_get0_param")
        setAddress = try find("X509_VERIFY_PARAM_set1_ip_asc")
        setConnecting = try find("SSL_set_connect_state")
        handshake = try find("SSL_do_handshake")
        read = try find("SSL_read")
        write = try find("SSL_write")
        shutdown = try find("SSL_shutdown")
        error = try find("SSL_get_error")
        verification = try find("SSL_get_verify_result")
        verificationWords = try find("X509_verify_cert_error_string")
        memory = try find("BIO_s_mem")
        newBuffer = try find("BIO_new")
        readBuffer = try find("BIO_read")
        writeBuffer = try find("BIO_write")
        pending = try find("BIO_ctrl_pending")
        setBuffers = try find("SSL_set_bio")
        takeSession = try find("SSL_get1_session")
        giveSession = try find("SSL_set_session")
        isResumable = try find("SSL_SESSION_is_resumable")
        freeSession = try find("SSL_SESSION_free")
        nextError = try find("ERR_get_error")
        clearErrors = try find("ERR_clear_error")
        reason = try find("ERR_reason_error_string")
    }

    /// What the library says went wrong last.
    func trouble() -> String {
        var words = "the library gives no reason"
        // The first is the cause, and the queue is the thread's: none may stay behind.
        let first = nextError()
        if first != 0, let text = reason(first) { words = String(cString: text) }
        clearErrors()
        return words
    }
}

/// Why there is no connection with TLS.
struct TLSFailure: Error {
    /// In words.
    var text: String

    init(_ text: String) { self.text = text }
}
