import Glibc

/// Writes a line to stdout.
func say(_ line: String) { write(line, to: 1) }

/// Writes a line of talk to stderr.
func talk(_ line: String) { write(line, to: 2) }

private func write(_ line: String, to descriptor: Int32) {
    var bytes = Array(line.utf8) + [10]
    while !bytes.isEmpty {
        let written = Glibc.write(descriptor, bytes, bytes.count)
        guard written > 0 else { return }
        bytes.removeFirst(written)
    }
}

/// Seconds since some point in the past.
func monotonicSeconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
}
