import FleetModel
import Glibc

/// Writes a file that appears whole or not at all.
///
/// Bytes go to `<path>.partial`; ``commit()`` puts them on the disk and renames the file. Until
/// then the target is as it was, and a writer that fails, or is let go without a commit, leaves
/// nothing behind. Only a process that is killed leaves the partial file, which the next writer
/// takes over.
/// Pipes and devices are written to directly.
public struct FileOutput: ~Copyable {
    /// The file that is to appear.
    public let path: String
    /// Bytes taken so far.
    public private(set) var writtenBytes = 0

    private let targetPath: String
    private let partialPath: String
    private let isSpecial: Bool
    private let descriptor: FileDescriptor
    private var buffer: [UInt8] = []
    private var hasPartialFile: Bool

    private static let bufferBytes = 256 << 10
    private static let expected = "a place that can be written to, with room on the disk"

    /// Starts a file. M0101 when that fails, and when another writer is at work on the same path.
    public init(path: String) throws(DiagnosticList) {
        var status = stat()
        let exists = stat(path, &status) == 0
        let kind = status.st_mode & S_IFMT
        guard !path.isEmpty, !exists || kind != S_IFDIR else {
            let what = path.isEmpty ? "the file has no name" : "this is a directory"
            throw FileFault.access(path, what, expected: Self.expected)
        }
        // A rename would replace a file that its owner made unwritable; the owner meant something.
        guard !exists || access(path, W_OK) == 0 else {
            throw FileFault.access(path, "cannot write the file", errno, expected: Self.expected)
        }
        // /dev/stdout may stand for a regular file, which somebody else holds open.
        let isSpecial = exists && (kind != S_IFREG || path.hasPrefix("/dev/"))
        // A link is followed, so that the file it names is replaced and not the link.
        let target = exists && !isSpecial ? Self.resolved(path) : path
        let partial = isSpecial ? path : target + ".partial"
        let creation = isSpecial ? 0 : O_CREAT | O_NOFOLLOW
        let number = open(partial, O_WRONLY | O_CLOEXEC | creation, 0o666)
        guard number >= 0 else {
            throw FileFault.access(path, "cannot create the file", errno, expected: Self.expected)
        }
        let descriptor = FileDescriptor(number)
        if !isSpecial {
            guard Self.isOurs(number, partial) else {
                throw FileFault.access(
                    path, "another run is writing this file", expected: "one writer at a time",
                    hint: "wait for it, or name another file")
            }
            guard ftruncate(number, 0) == 0,
                !exists || fchmod(number, status.st_mode & 0o777) == 0
            else {
                let reason = errno
                unlink(partial)
                throw FileFault.access(
                    path, "cannot create the file", reason, expected: Self.expected)
            }
        }
        self.path = path
        self.descriptor = descriptor
        self.isSpecial = isSpecial
        targetPath = target
        partialPath = partial
        hasPartialFile = !isSpecial
    }

    deinit {
        if hasPartialFile { unlink(partialPath) }
    }

    /// Appends bytes. M0101 when the disk is full or gone; the file must then be given up.
    public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(DiagnosticList) {
        writtenBytes += bytes.count
        if buffer.count + bytes.count > Self.bufferBytes { try flush() }
        if bytes.count < Self.bufferBytes {
            buffer.append(contentsOf: bytes)
        } else {
            try check(descriptor.write(bytes))
        }
    }

    /// Appends bytes. M0101 when the disk is full or gone; the file must then be given up.
    public mutating func write(_ bytes: [UInt8]) throws(DiagnosticList) {
        writtenBytes += bytes.count
        buffer += bytes
        if buffer.count > Self.bufferBytes { try flush() }
    }

    /// Makes the file appear with all its bytes, safe from a power cut. M0101 when that fails; the
    /// target is then as it was.
    public consuming func commit() throws(DiagnosticList) {
        try flush()
        if isSpecial { return }
        guard fsync(descriptor.number) == 0 else { throw failed("cannot write the file", errno) }
        guard rename(partialPath, targetPath) == 0 else {
            throw failed("cannot put the file in its place", errno)
        }
        hasPartialFile = false
        syncFolder()
    }

    /// Writes a whole file in one go, with the same guarantees.
    public static func write(_ bytes: [UInt8], to path: String) throws(DiagnosticList) {
        var output = try FileOutput(path: path)
        try output.write(bytes)
        try output.commit()
    }

    private mutating func flush() throws(DiagnosticList) {
        try check(buffer.withUnsafeBytes { descriptor.write($0) })
        buffer.removeAll(keepingCapacity: true)
    }

    private func check(_ number: Int32) throws(DiagnosticList) {
        if number != 0 { throw failed("cannot write the file", number) }
    }

    private func failed(_ what: String, _ number: Int32) -> DiagnosticList {
        FileFault.access(path, what, number, expected: Self.expected)
    }

    /// Locks the partial file. It is not ours when another writer has the lock, nor when that one
    /// has just renamed it, so that the open file is by now somebody's finished target.
    private static func isOurs(_ number: Int32, _ path: String) -> Bool {
        var opened = stat()
        var named = stat()
        return flock(number, LOCK_EX | LOCK_NB) == 0 && fstat(number, &opened) == 0
            && lstat(path, &named) == 0 && opened.st_ino == named.st_ino
            && opened.st_dev == named.st_dev
    }

    /// A rename is only safe from a power cut once its folder is on the disk. Some file systems
    /// cannot do that for a folder; the file itself is whole in any case.
    private func syncFolder() {
        let slash = targetPath.lastIndex(of: "/")
        let folder = slash.map { $0 == targetPath.startIndex ? "/" : targetPath[..<$0] } ?? "."
        let number = open(String(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { return }
        _ = fsync(number)
        _ = close(number)
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
