import Glibc

/// Writes a line: data to stdout, talk to stderr.
func write(_ line: String, to descriptor: Int32 = 1) {
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
