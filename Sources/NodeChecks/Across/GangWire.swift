/// What the members of a gang and the one who leads say to each other: lines of words over TCP.
///
/// The lead greets with its version and a number; a member joins with its own number and a proof;
/// the lead welcomes it with its proof, or refuses it. From then on both say every few seconds that
/// they are there.
enum GangWire {
    static let version = "1"
    static let greeting = "muster-gang"
    /// Bytes of a line before a member has joined.
    static let strangerLineBytes = 1024
    /// Bytes of a line of a member.
    static let lineBytes = 256 << 10
    /// Bytes that a member may send in all, beside its signs of life.
    static let mostBytes = 2 * CheckedRun.mostBytes
    /// Seconds that a stranger has to become a member.
    static let joinSeconds = 10.0
    /// Seconds between signs of life.
    static let beatSeconds = 5.0
    /// Seconds without one of the lead, after which a member gives it up.
    static let leadSilence = 60.0

    /// A line of a member.
    enum FromMember: Equatable {
        case join(GangJoin, proof: String)
        case here
        case told([UInt8])
        case checked
        case measured(Int, [UInt8])
        case confirmed(Int)
        case stopped

        init?(_ line: [UInt8]) {
            let (word, rest) = GangWire.split(line)
            switch word {
            case "here" where rest.isEmpty: self = .here
            case "checked" where rest.isEmpty: self = .checked
            case "stopped" where rest.isEmpty: self = .stopped
            case "told": self = .told(rest)
            case "confirmed":
                guard let number = GangWire.number(rest) else { return nil }
                self = .confirmed(number)
            case "measured":
                let (first, last) = GangWire.split(rest)
                guard let number = GangWire.number(Array(first.utf8)) else { return nil }
                self = .measured(number, last)
            case "join":
                guard let (join, proof) = GangJoin.read(rest) else { return nil }
                self = .join(join, proof: proof)
            default: return nil
            }
        }

        var text: String {
            switch self {
            case .join(let join, let proof):
                "join " + (join.fields + [proof]).joined(separator: " ")
            case .here: "here"
            case .told(let line): "told " + String(decoding: line, as: UTF8.self)
            case .checked: "checked"
            case .measured(let test, let line):
                "measured \(test) " + String(decoding: line, as: UTF8.self)
            case .confirmed(let test): "confirmed \(test)"
            case .stopped: "stopped"
            }
        }
    }

    /// A line of the one who leads.
    enum FromLead: Equatable {
        case greeting(nonce: String)
        case welcome(proof: String)
        case refused(String)
        case here
        case test(Int, address: String, seconds: Int32)
        case confirm(Int)
        case network([UInt8])
        case end

        init?(_ line: [UInt8]) {
            let (word, rest) = GangWire.split(line)
            let words = String(decoding: rest, as: UTF8.self).split(separator: " ").map(String.init)
            switch word {
            case GangWire.greeting:
                guard words.count == 2, words[0] == GangWire.version else { return nil }
                self = .greeting(nonce: words[1])
            case "welcome":
                guard words.count == 1 else { return nil }
                self = .welcome(proof: words[0])
            case "refused": self = .refused(String(decoding: rest.prefix(400), as: UTF8.self))
            case "here" where rest.isEmpty: self = .here
            case "end" where rest.isEmpty: self = .end
            case "network": self = .network(rest)
            case "confirm":
                guard let number = GangWire.number(rest) else { return nil }
                self = .confirm(number)
            case "test":
                guard words.count == 3, let number = GangWire.number(Array(words[0].utf8)),
                    let seconds = Int32(words[2]),
                    (1...Int32(PeerProtocol.mostSeconds)).contains(seconds)
                else { return nil }
                self = .test(number, address: words[1], seconds: seconds)
            default: return nil
            }
        }

        var text: String {
            switch self {
            case .greeting(let nonce): "\(GangWire.greeting) \(GangWire.version) \(nonce)"
            case .welcome(let proof): "welcome \(proof)"
            case .refused(let words): "refused \(words)"
            case .here: "here"
            case .test(let test, let address, let seconds): "test \(test) \(address) \(seconds)"
            case .confirm(let test): "confirm \(test)"
            case .network(let line): "network " + String(decoding: line, as: UTF8.self)
            case .end: "end"
            }
        }
    }

    /// The first word of a line, and what comes after the blank behind it.
    static func split(_ line: [UInt8]) -> (word: String, rest: [UInt8]) {
        let end = line.firstIndex(of: 0x20) ?? line.endIndex
        return (
            String(decoding: line[..<end].prefix(64), as: UTF8.self),
            Array(line[end...].dropFirst())
        )
    }

    static func number(_ bytes: [UInt8]) -> Int? {
        guard bytes.count <= 9, let number = Int(String(decoding: bytes, as: UTF8.self)),
            number >= 0
        else { return nil }
        return number
    }
}

/// With what a member joins.
struct GangJoin: Hashable {
    var rank: Int
    var count: Int
    /// Where it listens for tests of pairs, at the address that it joins from.
    var port: UInt16
    /// Its number, which the lead's proof has to answer.
    var nonce: String
    /// What the machine said when it started, so that two members on one machine are known.
    var boot: String
    /// What to call the node.
    var node: String

    var fields: [String] {
        [String(rank), String(count), String(port), nonce, boot, node]
    }

    static func read(_ bytes: [UInt8]) -> (join: GangJoin, proof: String)? {
        let words = String(decoding: bytes, as: UTF8.self)
            .split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 7, let rank = GangWire.number(Array(words[0].utf8)),
            let count = GangWire.number(Array(words[1].utf8)), let port = UInt16(words[2]),
            words[3].utf8.count == 2 * GangSecret.nonceBytes, words[4] == word(words[4], ""),
            words[5] == word(words[5], "")
        else { return nil }
        let join = GangJoin(
            rank: rank, count: count, port: port, nonce: words[3], boot: words[4], node: words[5])
        return (join, words[6])
    }

    /// A text as one word of a line, without what could be taken for anything else.
    static func word(_ text: String, _ none: String) -> String {
        let kept = text.utf8.prefix(253).filter { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        return kept.isEmpty ? none : String(decoding: kept, as: UTF8.self)
    }
}

/// Lines out of what comes over a connection, none longer than a bound.
struct LineBuffer {
    private var bytes: [UInt8] = []
    private var searched = 0
    /// Bytes of a line.
    var mostBytes: Int

    init(mostBytes: Int) { self.mostBytes = mostBytes }

    /// Whether a line is longer than the bound.
    var isOverfull: Bool { searched > mostBytes }

    mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// The next whole line.
    mutating func next() -> [UInt8]? {
        guard let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = bytes.count
            return nil
        }
        searched = end
        if isOverfull { return nil }
        let line = Array(bytes[..<end])
        bytes.removeFirst(end + 1)
        searched = 0
        return line
    }
}
