import CNodeChecks
import FleetModel
import Glibc
import Qualification

/// Writes a file to a local disk, flushes it, reads it back past the caches and compares.
struct DiskCheck {
    /// Where the file is made; it has no name, so that nothing stays behind.
    var folder: String
    var seconds: Double
    /// The most that is written; a quarter of what is free at most.
    var mostBytes: Int64 = 4 << 30

    private static let block = 1 << 20

    /// What kept the check from its end.
    private struct Trouble: Error {
        var words: String
        /// Whether the disk itself said so.
        var isDisk: Bool
    }

    func run() -> CheckResult {
        var free: Int64 = 0
        var isMemory: Int32 = 0
        guard cnodechecks_folder(folder, &free, &isMemory) == 0 else {
            return broken("\(folder): \(SystemText.of(errno))")
        }
        if isMemory != 0 {
            return CheckResult(
                .disk, .notApplicable, ["\(folder) is in memory; name a disk with --folder"])
        }
        let blocks = Int(min(free / 4, mostBytes)) / DiskCheck.block
        guard blocks >= 4 else {
            return CheckResult(.disk, .notApplicable, ["\(folder) has no room for a test"])
        }
        var result = CheckResult(.disk, .passed)
        do throws(Trouble) {
            try measure(blocks, &result)
        } catch {
            result.note(error.isDisk ? .failed : .error, error.words)
            if !error.isDisk { result.code = .checkBroke }
        }
        return result
    }

    private func broken(_ words: String) -> CheckResult {
        CheckResult(.disk, .error, [words], code: .checkBroke)
    }

    private func measure(_ blocks: Int, _ result: inout CheckResult) throws(Trouble) {
        var isDirect = true
        var file = openFile(cnodechecks_direct_flag())
        if file < 0, errno == EINVAL {
            isDirect = false
            file = openFile(0)
        }
        guard file >= 0 else {
            throw Trouble(words: "\(folder): no file: \(SystemText.of(errno))", isDisk: false)
        }
        defer { close(file) }
        let buffer = UnsafeMutableRawPointer.allocate(byteCount: DiskCheck.block, alignment: 4096)
        defer { buffer.deallocate() }
        let written = try write(blocks, to: file, buffer, &result)
        try flushes(file, buffer, &result)
        if !isDirect { posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) }
        try readBack(written, from: file, buffer, &result)
        result.notes.append(
            "\(written) MiB in \(folder)" + (isDirect ? "" : ", through the page cache"))
    }

    /// A file of its own that goes when it is closed.
    private func openFile(_ flags: Int32) -> Int32 {
        let path = "\(folder)/.muster-check-\(getpid())"
        unlink(path)
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | flags, 0o600)
        let number = errno
        // A file system that refuses direct access may have made the file all the same.
        unlink(path)
        errno = number
        return file
    }

    private func fill(_ buffer: UnsafeMutableRawPointer, block: Int) {
        let words = buffer.assumingMemoryBound(to: UInt32.self)
        cnodechecks_fill(words, DiskCheck.block / 4, UInt32(truncatingIfNeeded: block &+ 1))
    }

    private func write(
        _ blocks: Int, to file: Int32, _ buffer: UnsafeMutableRawPointer,
        _ result: inout CheckResult
    ) throws(Trouble) -> Int {
        let begin = Clock.seconds()
        var (done, spent) = (0, 0.0)
        while done < blocks, done < 4 || Clock.seconds() - begin < seconds * 0.4 {
            fill(buffer, block: done)
            let start = Clock.seconds()
            try whole("writing") {
                pwrite(file, buffer, DiskCheck.block, off_t(done * DiskCheck.block))
            }
            spent += Clock.seconds() - start
            done += 1
        }
        let start = Clock.seconds()
        try zero("flushing") { fdatasync(file) }
        spent += Clock.seconds() - start
        let speed = Double(done * DiskCheck.block) / 1e6 / max(spent, 1e-9)
        result.figures.append(Figure(.diskWrite, milli: Measured.milli(speed)))
        return done
    }

    private func readBack(
        _ blocks: Int, from file: Int32, _ buffer: UnsafeMutableRawPointer,
        _ result: inout CheckResult
    ) throws(Trouble) {
        var spent = 0.0
        for block in 0..<blocks {
            let start = Clock.seconds()
            try whole("reading") {
                pread(file, buffer, DiskCheck.block, off_t(block * DiskCheck.block))
            }
            spent += Clock.seconds() - start
            var first = 0
            let wrong = cnodechecks_verify(
                buffer.assumingMemoryBound(to: UInt32.self), DiskCheck.block / 4,
                UInt32(truncatingIfNeeded: block &+ 1), &first)
            if wrong > 0 {
                let place = block * DiskCheck.block + first * 4
                throw Trouble(
                    words: "\(wrong) words were read back wrong, the first at byte \(place)",
                    isDisk: true)
            }
        }
        let speed = Double(blocks * DiskCheck.block) / 1e6 / max(spent, 1e-9)
        result.figures.append(Figure(.diskRead, milli: Measured.milli(speed)))
    }

    /// A hundred small writes, each flushed, as a database or a checkpoint's index makes them.
    private func flushes(
        _ file: Int32, _ buffer: UnsafeMutableRawPointer, _ result: inout CheckResult
    ) throws(Trouble) {
        var times: [Double] = []
        let end = Clock.seconds() + seconds * 0.2
        fill(buffer, block: 0)
        while times.count < 100, times.count < 10 || Clock.seconds() < end {
            let start = Clock.seconds()
            guard pwrite(file, buffer, 4096, 0) == 4096 else {
                throw Trouble(words: "writing: \(SystemText.of(errno))", isDisk: errno == EIO)
            }
            try zero("flushing") { fdatasync(file) }
            times.append(Clock.seconds() - start)
        }
        times.sort()
        result.figures.append(
            Figure(.flushMedian, milli: Measured.milli(times[times.count / 2] * 1e6)))
        result.figures.append(
            Figure(.flushSlow, milli: Measured.milli((times.last ?? 0) * 1e6)))
    }

    private func whole(_ what: String, _ body: () -> Int) throws(Trouble) {
        let count = body()
        guard count == DiskCheck.block else {
            let words = count < 0 ? SystemText.of(errno) : "only \(count) bytes at a time"
            throw Trouble(words: "\(what): \(words)", isDisk: count < 0 && errno == EIO)
        }
    }

    private func zero(_ what: String, _ body: () -> Int32) throws(Trouble) {
        guard body() != 0 else { return }
        throw Trouble(words: "\(what): \(SystemText.of(errno))", isDisk: errno == EIO)
    }
}
