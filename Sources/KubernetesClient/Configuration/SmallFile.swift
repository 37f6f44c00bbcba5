import FleetModel
import Glibc

/// Reads files of which a little is enough: configurations, tokens, certificates.
enum SmallFile {
    /// The largest file that is read.
    static let maximumBytes = 16 << 20

    /// What reading came to.
    enum Outcome: Equatable {
        case bytes([UInt8])
        case absent
        case failed(String)
    }

    static func read(_ path: String) -> Outcome {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            return errno == ENOENT ? .absent : .failed(String(cString: strerror(errno)))
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(file, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failed(String(cString: strerror(errno))) }
            if count == 0 { return .bytes(bytes) }
            bytes.append(contentsOf: piece[..<count])
            if bytes.count > maximumBytes { return .failed("it is larger than 16 MiB") }
        }
    }

    /// What is wrong with an outcome that has no bytes.
    static func trouble(_ outcome: Outcome) -> String {
        switch outcome {
        case .bytes: ""
        case .absent: "there is no such file"
        case .failed(let reason): reason
        }
    }
}
