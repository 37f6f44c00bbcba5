import Glibc

/// A library that is loaded while the program runs, if it is installed.
public struct DynamicLibrary: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer
    /// The name or path that it was found by.
    public let name: String

    /// A function that a library should have and has not.
    public struct MissingSymbol: Error {
        /// The function's name.
        public var name: String
    }

    /// Loads the first of these that is installed; nil when none is. One that cannot be loaded is
    /// taken for absent only if the loader says that the file itself is not there.
    public static func open(_ names: [String]) -> Result<DynamicLibrary?, OpenFailure> {
        var failure: OpenFailure?
        for name in names {
            if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
                return .success(DynamicLibrary(handle: handle, name: name))
            }
            let words = dlerror().map { String(cString: $0) } ?? ""
            // "libcuda.so.1: cannot open shared object file: No such file or directory"
            let isAbsent =
                words.hasPrefix(name + ": cannot open shared object file")
                && words.hasSuffix("No such file or directory")
            if !isAbsent, failure == nil { failure = OpenFailure(words: words) }
        }
        return failure.map { .failure($0) } ?? .success(nil)
    }

    /// Why a library that is there was not loaded.
    public struct OpenFailure: Error {
        /// What the loader says.
        public var words: String
    }

    /// A function of the library.
    public func function<Function>(
        _ name: String, as type: Function.Type
    ) throws(MissingSymbol) -> Function {
        guard let symbol = dlsym(handle, name) else { throw MissingSymbol(name: name) }
        precondition(
            MemoryLayout<Function>.size == MemoryLayout<UnsafeMutableRawPointer>.size,
            "a function of C is one pointer")
        return unsafeBitCast(symbol, to: type)
    }
}
