import ArgumentParser
import FleetModel
import Glibc

/// Standard output for data, standard error for talk.
enum Console {
    /// Whether a person reads standard error as it is written.
    static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether a person reads standard output as it is written.
    static var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether a person can be asked.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isErrorTerminal }

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

    /// Lines of the terminal; 24 when output is not to one.
    static var height: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
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
    static func write(_ text: String) throws(Failure) { try write(Array(text.utf8)) }

    /// Writes bytes, with the same failures.
    static func write(_ bytes: [UInt8]) throws(Failure) {
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

    /// Asks a question that is answered with yes or no; no answer is no.
    static func confirms(_ question: String) -> Bool {
        sayRaw(question + " [y/N] ")
        let answer = readLine(strippingNewline: true) ?? ""
        return ["y", "yes"].contains(answer.lowercased())
    }

    /// Runs the body of a command that talks to a server; a failure is told and becomes the exit
    /// status.
    static func runLive(_ body: @escaping @Sendable () async throws -> Void) throws {
        try run { () throws(Failure) in
            try AsyncBridge.run { () async throws(Failure) in
                do {
                    try await body()
                } catch let failure as Failure {
                    throw failure
                } catch let error as OperatingError {
                    throw Failure(operating: error)
                } catch {
                    throw Failure(
                        operating: OperatingError(
                            .noServer, "the command broke off", detail: String(describing: error)))
                }
            }
        }
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

    /// A variable of the environment; empty when it is not set.
    static func environment(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }
}
