/// A version as it is told: numbers with dots, and perhaps words behind them.
public struct Version: Hashable, Sendable {
    /// As it is told.
    public let text: String
    /// The leading numbers: `2.29.3-1` has 2, 29, 3 and 1, `2.7.0amzn2.0` has 2, 7 and 0.
    public let numbers: [Int64]

    /// Reads a version; one without a leading number has no numbers.
    public init(_ text: String) {
        self.text = text
        var numbers: [Int64] = []
        var current: Int64?
        for byte in text.utf8.prefix(128) {
            if let digit = Version.digit(byte) {
                let value = current ?? 0
                current = value > 1 << 50 ? value : value * 10 + digit
            } else if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-"), let value = current {
                numbers.append(value)
                current = nil
            } else {
                break
            }
        }
        if let current { numbers.append(current) }
        self.numbers = numbers
    }

    private static func digit(_ byte: UInt8) -> Int64? {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            ? Int64(byte - UInt8(ascii: "0")) : nil
    }

    /// Less than, equal to or more than zero as it is older than, as old as or newer than another;
    /// numbers that are absent are zero.
    public func compared(to other: Version) -> Int {
        for index in 0..<max(numbers.count, other.numbers.count) {
            let left = index < numbers.count ? numbers[index] : 0
            let right = index < other.numbers.count ? other.numbers[index] : 0
            if left != right { return left < right ? -1 : 1 }
        }
        return 0
    }
}

/// What a version has to be.
public enum VersionRule: Hashable, Sendable {
    /// This one, or one that goes on with a dot or dash: `535.129` takes `535.129.03`.
    case same(Version)
    /// This one or a newer one.
    case atLeast(Version)
    /// One that is older than this.
    case below(Version)

    /// Reads `580.82.07`, `>=570` or `<590`; nil for what is none of these.
    public init?(_ text: String) {
        var words = Substring(text)
        while words.first == " " { words.removeFirst() }
        while words.last == " " { words.removeLast() }
        var make: (Version) -> VersionRule = { .same($0) }
        if words.hasPrefix(">=") {
            words.removeFirst(2)
            make = { .atLeast($0) }
        } else if words.hasPrefix("<") {
            words.removeFirst()
            make = { .below($0) }
        }
        while words.first == " " { words.removeFirst() }
        let version = Version(String(words))
        guard !version.numbers.isEmpty, !words.contains(" "), words.utf8.count <= 64 else {
            return nil
        }
        self = make(version)
    }

    /// Whether a version is right.
    public func allows(_ version: Version) -> Bool {
        switch self {
        case .same(let wanted):
            guard version.text != wanted.text else { return true }
            guard version.text.hasPrefix(wanted.text) else { return false }
            let next = version.text.dropFirst(wanted.text.count).first
            return next == "." || next == "-"
        case .atLeast(let wanted): return version.compared(to: wanted) >= 0
        case .below(let wanted): return version.compared(to: wanted) < 0
        }
    }

    /// The rule as it is written.
    public var text: String {
        switch self {
        case .same(let version): version.text
        case .atLeast(let version): ">=\(version.text)"
        case .below(let version): "<\(version.text)"
        }
    }
}
