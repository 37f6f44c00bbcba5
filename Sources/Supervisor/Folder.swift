import Glibc

/// A call to the system that failed.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What could not be done, for people.
    public var action: String
    /// The error number.
    public var errno: Int32

    /// Notes what could not be done and the error number, the present one by default.
    public init(_ action: String, errno number: Int32 = Glibc.errno) {
        self.action = action
        errno = number
    }

    /// What failed and why.
    public var description: String { "\(action): \(SystemError.text(errno))" }

    /// The system's words for an error number.
    public static func text(_ errno: Int32) -> String {
        strerror(errno).map { String(cString: $0) } ?? "error \(errno)"
    }
}

/// A file descriptor that is closed with its last user: a class, for the sake of its end.
public final class Descriptor: Sendable {
    /// The descriptor.
    public let number: Int32

    /// Takes over a descriptor; nil, with `errno` as it is, for a negative one.
    public init?(_ number: Int32) {
        guard number >= 0 else { return nil }
        self.number = number
    }

    deinit { close(number) }

    /// Everything that is left to read, at most `limit` bytes.
    public func readAll(limit: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let part = [UInt8](unsafeUninitializedCapacity: min(65_536, limit - bytes.count)) {
                $1 = max(0, Glibc.read(number, $0.baseAddress, $0.count))
            }
            if part.isEmpty { break }
            bytes += part
        }
        return bytes
    }

    /// At most `count` bytes from an offset on; fewer only at the end of the file.
    public func read(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let part = pread(
                    number, buffer.baseAddress! + done, count - done, off_t(offset) + done)
                if part < 0 && errno == EINTR { continue }
                if part < 0 { failure = errno }
                if part <= 0 { return }
                done += part
            }
        }
        if failure != 0 { throw SystemError("cannot read", errno: failure) }
        return bytes
    }

    /// Writes all bytes from an offset on, or from where the file stands.
    public func write(_ bytes: some Collection<UInt8>, at offset: Int64? = nil) throws(SystemError)
    {
        let bytes = Array(bytes)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { part in
                guard let offset else { return Glibc.write(number, part.baseAddress, part.count) }
                return pwrite(number, part.baseAddress, part.count, Int(offset) + done)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("cannot write")
            }
            done += count
        }
    }
}

/// An open folder. Its files go by single names and links are not followed, so that nothing that a
/// job does to its folders leads out of them.
public final class Folder: Sendable {
    /// The open folder.
    public let descriptor: Descriptor
    /// Where it was when it was opened.
    public let path: String

    private init(descriptor: Descriptor, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    private static let flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC

    /// Opens a folder by its path.
    public convenience init(path: String) throws(SystemError) {
        guard let descriptor = Descriptor(Glibc.open(path, Folder.flags)) else {
            throw SystemError("cannot open \(path)")
        }
        self.init(descriptor: descriptor, path: path)
    }

    /// A folder in this one.
    public func folder(_ name: String) throws(SystemError) -> Folder {
        let path = self.path + "/" + name
        guard let inner = Descriptor(openat(descriptor.number, name, Folder.flags)) else {
            throw SystemError("cannot open \(path)")
        }
        return Folder(descriptor: inner, path: path)
    }

    /// Makes a folder for the owner alone; false when there is something of that name.
    @discardableResult
    public func make(_ name: String) throws(SystemError) -> Bool {
        if mkdirat(descriptor.number, name, 0o700) == 0 { return true }
        if errno == EEXIST { return false }
        throw SystemError("cannot make the folder \(path)/\(name)")
    }

    /// Opens a file; new ones are for the owner alone.
    public func open(_ name: String, _ flags: Int32) throws(SystemError) -> Descriptor {
        let number = openat(
            descriptor.number, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0o600)
        guard let file = Descriptor(number) else {
            throw SystemError("cannot open \(path)/\(name)")
        }
        return file
    }

    /// The bytes of a file, at most `limit`; nil when there is none.
    public func read(_ name: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8]? {
        // Without O_NONBLOCK a FIFO in place of the file would hold the reader up.
        let number = openat(
            descriptor.number, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard let file = Descriptor(number) else {
            if errno == ENOENT { return nil }
            throw SystemError("cannot open \(path)/\(name)")
        }
        return try file.readAll(limit: limit)
    }

    /// Writes a file that is whole or absent, whenever it is looked at.
    public func replace(_ name: String, _ bytes: some Collection<UInt8>) throws(SystemError) {
        let draft = name + ".new"
        do {
            try open(draft, O_WRONLY | O_CREAT | O_TRUNC).write(bytes)
        } catch {
            throw SystemError("cannot write \(path)/\(name)", errno: error.errno)
        }
        try rename(draft, name)
    }

    /// Gives a file another name, in place of what has it.
    public func rename(_ name: String, _ other: String) throws(SystemError) {
        guard renameat(descriptor.number, name, descriptor.number, other) == 0 else {
            throw SystemError("cannot rename \(path)/\(name)")
        }
    }

    /// Deletes a file, if it is there.
    public func delete(_ name: String) { unlinkat(descriptor.number, name, 0) }

    /// What a name stands for, links not followed; nil when it stands for nothing.
    public func status(_ name: String) -> stat? {
        var status = stat()
        let result = fstatat(descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW)
        return result == 0 ? status : nil
    }

    /// Whether there is something of this name.
    public func has(_ name: String) -> Bool { status(name) != nil }

    /// All names in the folder, in no order.
    public func names() -> [String] {
        // A descriptor of its own: reading a folder moves the position of the open file.
        let own = openat(descriptor.number, ".", Folder.flags)
        guard own >= 0 else { return [] }
        guard let stream = fdopendir(own) else {
            close(own)
            return []
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
