import FleetModel
import Foundation
import Glibc
import Journal
import Scheduler
import Store

/// The state of a driver that is not in the database, in a file of its own.
///
/// A file is written under another name and renamed once it is on the disk, so whatever has the
/// right name is whole; a checksum tells what was damaged later.
struct SnapshotFiles: Sendable {
    /// What a snapshot holds.
    struct Content: Sendable {
        var engine: Engine
        var digest: UInt64
        var timers: [TimerHeap.Entry]
        /// The last batch for the health engine that is in ``health``.
        var healthBatch: Int64 = 0
        /// The health desk's snapshot; empty in files of before there was one.
        var health: [UInt8] = []
    }

    let folder: String

    init(dataFolder: String) { folder = dataFolder + "/snapshots" }

    private static let magic: [UInt8] = Array("MUSTERD2".utf8)
    /// Of files without a health desk, which are read as well.
    private static let firstMagic: [UInt8] = Array("MUSTERD1".utf8)
    /// A timer in the file: its time and its token.
    private static let timerBytes = 16

    /// Writes a file. O(state).
    func write(_ content: Content, as name: String) throws(OperatingError) {
        mkdir(folder, 0o700)
        var bytes = SnapshotFiles.magic
        func put(_ word: UInt64) {
            withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
        }
        put(content.digest)
        put(UInt64(content.timers.count))
        for timer in content.timers {
            put(UInt64(bitPattern: timer.at.nanoseconds))
            put(UInt64(bitPattern: timer.token))
        }
        put(UInt64(bitPattern: content.healthBatch))
        put(UInt64(content.health.count))
        put(SnapshotFiles.check(bytes[...]))
        bytes += content.health
        bytes += content.engine.snapshotBytes()
        try keep(bytes, as: name)
    }

    private func keep(_ bytes: [UInt8], as name: String) throws(OperatingError) {
        let path = folder + "/" + name
        let part = path + ".part"
        func failure(_ what: String) -> OperatingError {
            let detail = String(cString: strerror(errno))
            unlink(part)
            return OperatingError(
                .storageFailed, "the snapshot cannot be \(what)", detail: detail,
                hint: "free some space on the disk of the data folder")
        }
        let file = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure("made") }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file, $0.baseAddress! + written, bytes.count - written)
            }
            guard count > 0 else { throw failure("written") }
            written += count
        }
        guard fsync(file) == 0, rename(part, path) == 0 else { throw failure("kept") }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if directory >= 0 {
            fsync(directory)
            close(directory)
        }
    }

    /// Reads a file; nil when it is not there or damaged.
    func read(_ name: String) -> Content? {
        guard let bytes = load(folder + "/" + name) else { return nil }
        var position = SnapshotFiles.magic.count
        func word() -> UInt64? {
            guard position + 8 <= bytes.count else { return nil }
            defer { position += 8 }
            return bytes[position..<position + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        let hasHealth = bytes.starts(with: SnapshotFiles.magic)
        guard hasHealth || bytes.starts(with: SnapshotFiles.firstMagic), let digest = word(),
            let count = word(),
            count <= UInt64(bytes.count / SnapshotFiles.timerBytes)
        else { return nil }
        var timers: [TimerHeap.Entry] = []
        for order in 0..<Int64(count) {
            guard let at = word(), let token = word() else { return nil }
            timers.append(
                TimerHeap.Entry(
                    at: Instant(nanoseconds: Int64(bitPattern: at)),
                    token: Int64(bitPattern: token), order: order))
        }
        var (batch, length) = (UInt64(0), UInt64(0))
        if hasHealth {
            guard let first = word(), let second = word() else { return nil }
            (batch, length) = (first, second)
        }
        let head = bytes[..<position]
        guard let check = word(), check == SnapshotFiles.check(head),
            length <= UInt64(bytes.count - position)
        else { return nil }
        let end = position + Int(length)
        guard let engine = try? Engine(snapshot: Array(bytes[end...])) else { return nil }
        return Content(
            engine: engine, digest: digest, timers: timers,
            healthBatch: Int64(bitPattern: batch), health: Array(bytes[position..<end]))
    }

    /// Deletes what a process that was killed while it wrote has left behind.
    func deleteParts() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasSuffix(".part") { delete(name) }
    }

    /// Deletes a file.
    func delete(_ name: String) { unlink(folder + "/" + name) }

    private static func check(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var hasher = StateHasher()
        for byte in bytes { hasher.add(UInt64(byte)) }
        return hasher.digest
    }

    private func load(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var facts = stat()
        guard fstat(file, &facts) == 0, facts.st_size < 1 << 32 else { return nil }
        let size = Int(facts.st_size)
        var isWhole = true
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = 0
            while count < size {
                let got = Glibc.read(file, buffer.baseAddress! + count, size - count)
                guard got > 0 else {
                    isWhole = false
                    return
                }
                count += got
            }
        }
        return isWhole ? bytes : nil
    }
}
