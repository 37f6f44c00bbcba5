import Glibc

/// Files of the host, read as bytes.
enum HostFile {
    /// A file's first bytes; nil when it cannot be read. Files of sysfs have a page at most.
    /// `mayWait` is for who may wait for ever for what is not there yet.
    static func bytes(_ path: String, limit: Int = 4096, mayWait: Bool = false) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | (mayWait ? 0 : O_NONBLOCK))
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let room = min(limit - bytes.count, 1 << 16)
            var isAtEnd = false
            let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                let result = read(file, buffer.baseAddress, room)
                count = max(0, result)
                isAtEnd = result <= 0
                if result < 0 { count = 0 }
            }
            if isAtEnd && chunk.isEmpty { break }
            bytes += chunk
        }
        return bytes
    }

    /// A file's text without blanks and line ends around it; nil when there is none to read.
    static func text(_ path: String, limit: Int = 4096, mayWait: Bool = false) -> String? {
        guard var bytes = bytes(path, limit: limit, mayWait: mayWait)?[...] else { return nil }
        func isBlank(_ byte: UInt8) -> Bool { byte <= 32 }
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        while let first = bytes.first, isBlank(first) { bytes.removeFirst() }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// The names in a folder, in order; none when there is no such folder.
    static func names(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Whether there is something of a name.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The last part of where a symbolic link leads.
    static func linkName(_ path: String) -> String? {
        let target = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = buffer.withMemoryRebound(to: CChar.self) {
                max(0, readlink(path, $0.baseAddress!, 4096))
            }
        }
        let name = target.split(separator: UInt8(ascii: "/")).last
        return name.map { String(decoding: $0, as: UTF8.self) }
    }
}
