/// What stands behind the number of an XID. Every part is optional, and each code has its own.
enum XidDetail {
    /// Takes `pid=1234, name=python, ` off the text.
    static func process(_ rest: inout LogBytes) -> FaultedProcess? {
        guard rest.has("pid=") else { return nil }
        var process = FaultedProcess()
        rest.drop(4)
        if let (id, next) = rest.decimal(at: 0) {
            process.id = id
            rest.drop(next)
        } else {
            var end = 0
            while end < 32, rest[end] != UInt8(ascii: ","), rest[end] != 32, end < rest.count {
                end += 1
            }
            rest.drop(end)
        }
        skipSeparator(&rest)
        guard rest.has("name=") else { return process }
        rest.drop(5)
        // A name ends at a comma and a space: it may have a comma alone.
        let end = rest.find(", ") ?? rest.count
        if !rest.has("<unknown>") {
            process.name = rest.text(from: 0, to: end, limit: FaultLimits.nameBytes)
        }
        rest.drop(end)
        skipSeparator(&rest)
        return process
    }

    private static func skipSeparator(_ rest: inout LogBytes) {
        while rest[0] == UInt8(ascii: ",") || rest[0] == 32 { rest.drop(1) }
    }

    /// Fills in what the text has.
    static func fill(_ fault: inout LogFault, code: Int32, _ rest: LogBytes) {
        switch code {
        case 119, 120: gsp(&fault, rest)
        case 144...150: link5(&fault, rest)
        case 154: recovery(&fault, rest)
        default:
            fault.engine = engine(rest)
            link(&fault, rest)
        }
        fault.channel = channel(rest)
    }

    /// `on (GPC 10, TPC 1, SM 1)`.
    private static func engine(_ rest: LogBytes) -> EnginePlace? {
        guard let at = rest.find("(GPC "), let (cluster, first) = rest.decimal(at: at + 5),
            rest.has(", TPC ", at: first), let (texture, second) = rest.decimal(at: first + 6)
        else { return nil }
        var multiprocessor: Int32 = 0
        if rest.has(", SM ", at: second) {
            multiprocessor = rest.decimal(at: second + 5)?.value ?? 0
        }
        return EnginePlace(
            cluster: UInt16(clamping: cluster), texture: UInt16(clamping: texture),
            multiprocessor: UInt16(clamping: multiprocessor))
    }

    /// `Ch 00000008`, `Channel 0x23`, `Channel ID 0000000d`, `ChID 000c`, `ChId 0008`,
    /// `channel 0x0000000c`.
    private static func channel(_ rest: LogBytes) -> UInt32? {
        if rest.has("channel "), let (value, _, _) = rest.hexadecimal(at: 8) { return value }
        var from = 0
        // The word may be a part of another one; a few tries are enough.
        for _ in 0..<4 {
            guard let at = rest.find("Ch", from: from) else { return nil }
            var number = at + 2
            if rest.has("annel", at: number) { number += 5 }
            if rest.has(" ID", at: number) {
                number += 3
            } else if rest.has("ID", at: number) || rest.has("Id", at: number) {
                number += 2
            }
            let isStart = at == 0 || !LogBytes.isLetter(rest[at - 1])
            if isStart, rest[number] == 32, let (value, _, _) = rest.hexadecimal(at: number + 1) {
                return value
            }
            from = at + 2
        }
        return nil
    }

    /// `on link 14(0x0, 0x0, 0x10000, …)`.
    private static func link(_ fault: inout LogFault, _ rest: LogBytes) {
        guard let at = rest.find("link "), let (number, next) = rest.decimal(at: at + 5) else {
            return
        }
        fault.link = number
        if rest.find("fatal error") != nil { fault.declared = .fatal }
        if rest[next] == UInt8(ascii: "(") { fault.words = words(rest, from: next + 1) }
    }

    /// `RLW_SRC_TRACK Nonfatal XC1 i0 Link 10 (0x04082907 0x00000008 …)`.
    private static func link5(_ fault: inout LogFault, _ rest: LogBytes) {
        let fatal = rest.find(" Fatal")
        let nonFatal = rest.find(" Nonfatal") ?? rest.find(" Non-fatal")
        if let end = [fatal, nonFatal].compactMap({ $0 }).min() {
            fault.declared = end == fatal ? .fatal : .nonFatal
            var last = end
            while last > 0, rest[last - 1] == 32 { last -= 1 }
            fault.unit = rest.text(from: 0, to: last, limit: FaultLimits.nameBytes)
        }
        guard let at = rest.find("Link ") else { return }
        var next = at + 5
        if rest[next] == UInt8(ascii: "-") {
            fault.link = -1
            next += 1
            while LogBytes.isDigit(rest[next]) { next += 1 }
        } else if let (number, end) = rest.decimal(at: next) {
            fault.link = number
            next = end
        }
        while rest[next] == 32 { next += 1 }
        if rest[next] == UInt8(ascii: "(") { fault.words = words(rest, from: next + 1) }
    }

    /// `… changed from 0x0 (None) to 0x2 (Node Reboot Required)`.
    private static func recovery(_ fault: inout LogFault, _ rest: LogBytes) {
        guard let at = rest.find(" to 0x"), let (number, _, next) = rest.hexadecimal(at: at + 4)
        else { return }
        fault.words = [number]
        let named = recovery(named: rest.from(next))
        fault.recovery = named ?? UInt8(exactly: number).flatMap(RecoveryVerdict.init(rawValue:))
    }

    /// The text is stable; what the numbers mean has grown from driver to driver.
    private static func recovery(named rest: LogBytes) -> RecoveryVerdict? {
        guard rest.has(" (") else { return nil }
        if rest.has("None)", at: 2) { return RecoveryVerdict.none }
        if rest.has("GPU Reset", at: 2) { return .resetDevice }
        if rest.has("Node Reboot", at: 2) { return .rebootNode }
        if rest.has("Drain P2P", at: 2) { return .drainPeerToPeer }
        if rest.has("Drain and Reset", at: 2) { return .drainAndReset }
        return nil
    }

    /// `Timeout after 6s of waiting for RPC response from GPU4 GSP! Expected function 76 (…)`.
    private static func gsp(_ fault: inout LogFault, _ rest: LogBytes) {
        if let at = rest.find("from GPU"), let (number, _) = rest.decimal(at: at + 8) {
            fault.instance = number
        }
        guard let at = rest.find("function "), let (number, next) = rest.decimal(at: at + 9) else {
            return
        }
        fault.words = [UInt32(number)]
        guard rest.has(" (", at: next), let close = rest.find(byte: 41, from: next) else { return }
        fault.unit = rest.text(from: next + 2, to: close, limit: FaultLimits.nameBytes)
    }

    /// Hexadecimal numbers up to a closing bracket, with commas, spaces or both between them.
    static func words(_ rest: LogBytes, from offset: Int) -> [UInt32] {
        var words: [UInt32] = []
        var at = offset
        while words.count < FaultLimits.words {
            while rest[at] == 32 || rest[at] == UInt8(ascii: ",") { at += 1 }
            guard let (value, _, next) = rest.hexadecimal(at: at) else { break }
            words.append(value)
            at = next
        }
        return words
    }
}
