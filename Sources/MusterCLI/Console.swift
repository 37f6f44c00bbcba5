import ArgumentParser
import FleetModel
import Glibc

/// Standard output for data, standard error for talk.
enum Console {
    /// Whether a person reads standard error as it is written.
    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether colours are wanted on standard output (https://no-color.org).
    static var isColoured: Bool {
        isatty(STDOUT_FILENO) == 1 && environment("NO_COLOR").isEmpty
            && environment("TERM") != "dumb"
    }

    /// Columns of the terminal; 100 when output is not to one.
    static var width: Int {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            return Int(size.ws_col)
        }
        return Int(environment("COLUMNS")) ?? 100
    }

    /// Puts something in the place of standard streams that were closed. Otherwise the next file
    /// that is opened would take their numbers, and be written to as if it were the stream.
    static func keepStandardStreams() {
        for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
        where fcntl(number, F_GETFD) == -1 {
            // Opened the wrong way round, so that using it still fails.
            _ = open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// Writes data. Fails when the disk is full, and without a word when nobody reads any more.
    static func write(_ text: String) throws(Failure) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let written = bytes[done...].withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw writeFailure(errno) }
            done += written
        }
    }

    private static func writeFailure(_ number: Int32) -> Failure {
        if number == EPIPE { return Failure([], status: .inputOutput) }
        return Failure(
            [
                Diagnostic(
                    .fileAccess, file: "standard output",
                    message: "cannot write: \(String(cString: strerror(number)))",
                    expected: "an open file or pipe, with room on the disk")
            ], status: .inputOutput)
    }

    /// Says something to the person.
    static func say(_ text: String) { sayRaw(text + "\n") }

    /// Writes to standard error as it is; what cannot be said is lost.
    static func sayRaw(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Runs a command's body; a failure is told and becomes the exit status.
    static func run(_ body: () throws(Failure) -> Void) throws {
        do throws(Failure) {
            try body()
        } catch {
            for diagnostic in error.diagnostics { say(diagnostic.text) }
            throw ExitCode(error.status.rawValue)
        }
    }

    private static func environment(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }
}
