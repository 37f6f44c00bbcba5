/// What stands before the text of a line: the forms of `/dev/kmsg`, dmesg, syslog and journald.
struct LineHeader {
    /// Who wrote the line, as far as its header says.
    enum Source {
        /// No header, or one that says nothing about it.
        case unsaid
        case kernel
        /// A program that wrote into the kernel's log.
        case kernelLogUser
        case networkDaemon
        case fabricManager
        /// Any other program. What it says about the kernel is hearsay: everybody may log.
        case program
    }

    var source = Source.unsaid
    /// Microseconds since the machine's start; −1 when the line does not say.
    var uptimeMicroseconds: Int64 = -1

    /// Whether the text may be the kernel's own.
    var mayBeKernel: Bool {
        switch source {
        case .unsaid, .kernel, .kernelLogUser: true
        case .networkDaemon, .fabricManager, .program: false
        }
    }

    /// Takes the header off a line.
    static func strip(_ line: inout LogBytes) -> LineHeader {
        var header = LineHeader()
        // A line has a few headers in a row: a priority, a date, a time since the start.
        for _ in 0..<4 {
            switch line[0] {
            case UInt8(ascii: "<"): guard header.priority(&line) else { return header }
            case UInt8(ascii: "["): guard header.brackets(&line) else { return header }
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard header.record(&line) || header.isoDate(&line) else { return header }
            case UInt8(ascii: "A")...UInt8(ascii: "S"):
                guard header.syslogDate(&line) || header.host(&line) else { return header }
            case UInt8(ascii: "a")...UInt8(ascii: "z"):
                guard header.facility(&line) || header.host(&line) else { return header }
            default: return header
            }
        }
        return header
    }

    /// `host kernel: ` behind a time since the start, as `journalctl -o short-monotonic` has it.
    private mutating func host(_ line: inout LogBytes) -> Bool {
        guard source == .unsaid, uptimeMicroseconds >= 0,
            let space = line.find(byte: 32, from: 1, before: 64), line.has(" kernel: ", at: space)
        else { return false }
        decide(.kernel)
        line.drop(space + 9)
        return true
    }

    /// `<6>`: priority and facility in one number.
    private mutating func priority(_ line: inout LogBytes) -> Bool {
        guard let (value, next) = line.decimal(at: 1), line[next] == UInt8(ascii: ">") else {
            return false
        }
        line.drop(next + 1)
        // RFC 5424 has its version behind the priority; there the program says who wrote the line.
        if line.has("1 "), line[6] == UInt8(ascii: "-"), line[12] == UInt8(ascii: "T") {
            line.drop(2)
            return fields(&line)
        }
        note(facility: value >> 3)
        return true
    }

    /// `2025-01-21T04:41:44Z host kernel - - - `: date, host, program, process, message, data.
    private mutating func fields(_ line: inout LogBytes) -> Bool {
        for field in 0..<5 {
            guard let space = line.find(byte: 32, from: 0, before: 256) else { return false }
            if field == 2 { decide(writer(of: line, from: 0, isKernel: line.has("kernel "))) }
            line.drop(space + 1)
        }
        if line.has("- ") {
            line.drop(2)
        } else if line[0] == UInt8(ascii: "["), let end = line.find("] ", before: 1024) {
            line.drop(end + 2)
        }
        return true
    }

    private func writer(of line: LogBytes, from name: Int, isKernel: Bool) -> Source {
        if isKernel { return .kernel }
        if line.has("systemd-networkd", at: name) || line.has("NetworkManager", at: name) {
            return .networkDaemon
        }
        let isFabricManager =
            line.has("nv-fabricmanager", at: name) || line.has("nvidia-fabricmanager", at: name)
        return isFabricManager ? .fabricManager : .program
    }

    /// `6,1234,5678,-;`: a record of `/dev/kmsg`.
    private mutating func record(_ line: inout LogBytes) -> Bool {
        guard let (value, comma) = line.decimal(at: 0), line[comma] == UInt8(ascii: ","),
            let (_, second) = line.long(at: comma + 1), line[second] == UInt8(ascii: ","),
            let (microseconds, third) = line.long(at: second + 1),
            line[third] == UInt8(ascii: ",") || line[third] == UInt8(ascii: ";"),
            let end = line.find(byte: UInt8(ascii: ";"), from: third, before: third + 64)
        else { return false }
        note(facility: value >> 3)
        uptimeMicroseconds = microseconds
        line.drop(end + 1)
        return true
    }

    /// `[  123.456789]`, `[T1234]`, `[Sun Feb 23 16:24:18 2025]`, `[Feb 27 2025 15:10:02]`.
    private mutating func brackets(_ line: inout LogBytes) -> Bool {
        guard let close = line.find(byte: UInt8(ascii: "]"), from: 1, before: 48) else {
            return false
        }
        var first = 1
        while line[first] == 32 { first += 1 }
        if let (seconds, dot) = line.long(at: first), line[dot] == UInt8(ascii: "."),
            let (fraction, end) = line.decimal(at: dot + 1), end == close, end - dot == 7
        {
            let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
            if !overflow, product < .max - 1_000_000 {
                uptimeMicroseconds = product + Int64(fraction)
            }
        } else if line[first] == UInt8(ascii: "T") || line[first] == UInt8(ascii: "C"),
            let (_, end) = line.decimal(at: first + 1), end == close
        {
            // The task or processor that printed the line.
        } else if line[first] == UInt8(ascii: "+") || line[first] == UInt8(ascii: "<"), close < 24 {
            // The time since the line before, as `dmesg -e` and `dmesg -d` have it.
        } else if isMonth(line.from(1)), LogBytes.isDigit(line[4]) {
            // `[Feb23 16:24]`, at the first line of a minute.
        } else if line.has("tid ", at: 1) || isLevel(line, close) {
            decide(.fabricManager)
        } else {
            guard let colon = line.find(byte: UInt8(ascii: ":"), from: 8, before: close),
                line[colon + 3] == UInt8(ascii: ":"), LogBytes.isDigit(line[colon + 1])
            else { return false }
        }
        line.drop(close + 1)
        line.dropSpaces()
        return true
    }

    private func isLevel(_ line: LogBytes, _ close: Int) -> Bool {
        guard close <= 9 else { return false }
        return line.has("ERROR]", at: 1) || line.has("INFO]", at: 1) || line.has("WARNING]", at: 1)
            || line.has("CRITICAL]", at: 1) || line.has("DEBUG]", at: 1)
    }

    /// `2025-01-21T04:41:44,285060+00:00`, alone or before a host and a program.
    private mutating func isoDate(_ line: inout LogBytes) -> Bool {
        guard line[4] == UInt8(ascii: "-"), line[7] == UInt8(ascii: "-"),
            line[10] == UInt8(ascii: "T") || line[10] == 32, line[13] == UInt8(ascii: ":")
        else { return false }
        let from = line[10] == 32 ? 11 : 0
        guard let space = line.find(byte: 32, from: from, before: 48) else { return false }
        line.drop(space + 1)
        line.dropSpaces()
        program(&line, isCertain: false)
        return true
    }

    /// `Nov 27 10:00:00 host kernel:`.
    private mutating func syslogDate(_ line: inout LogBytes) -> Bool {
        guard line[3] == 32, isMonth(line), line[9] == UInt8(ascii: ":"),
            line[12] == UInt8(ascii: ":"), let space = line.find(byte: 32, from: 15, before: 24)
        else { return false }
        line.drop(space + 1)
        program(&line, isCertain: true)
        return true
    }

    private func isMonth(_ line: LogBytes) -> Bool {
        switch line[0] {
        case UInt8(ascii: "J"): line.has("Jan") || line.has("Jun") || line.has("Jul")
        case UInt8(ascii: "F"): line.has("Feb")
        case UInt8(ascii: "M"): line.has("Mar") || line.has("May")
        case UInt8(ascii: "A"): line.has("Apr") || line.has("Aug")
        case UInt8(ascii: "S"): line.has("Sep")
        case UInt8(ascii: "O"): line.has("Oct")
        case UInt8(ascii: "N"): line.has("Nov")
        case UInt8(ascii: "D"): line.has("Dec")
        default: false
        }
    }

    /// `host program[pid]:`. Without certainty that it is there, only `kernel:` and names with a
    /// process number are taken for it: `EDAC MC0:` looks much the same.
    private mutating func program(_ line: inout LogBytes, isCertain: Bool) {
        guard let space = line.find(byte: 32, from: 0, before: 256) else { return }
        let name = space + 1
        guard
            let colon = line.find(byte: UInt8(ascii: ":"), from: name, before: name + 80),
            line.find(byte: 32, from: name, before: colon) == nil
        else { return }
        let isKernel = line.has("kernel:", at: name)
        let hasNumber = line[colon - 1] == UInt8(ascii: "]") && LogBytes.isDigit(line[colon - 2])
        guard isKernel || isCertain || hasNumber else { return }
        decide(writer(of: line, from: name, isKernel: isKernel))
        line.drop(colon + 1)
        line.dropSpaces()
    }

    /// `kern  :warn  : `, as `dmesg --decode` prints it.
    private mutating func facility(_ line: inout LogBytes) -> Bool {
        let isKernel = line.has("kern ")
        guard isKernel || line.has("user ") || line.has("daemon") || line.has("syslog") else {
            return false
        }
        guard let colon = line.find(byte: UInt8(ascii: ":"), from: 4, before: 10),
            let second = line.find(byte: UInt8(ascii: ":"), from: colon + 1, before: colon + 9),
            line[second + 1] == 32
        else { return false }
        decide(isKernel ? .kernel : .kernelLogUser)
        line.drop(second + 1)
        line.dropSpaces()
        return true
    }

    private mutating func note(facility: Int32) {
        decide(facility == 0 ? .kernel : .kernelLogUser)
    }

    /// The outermost header decides: what a program logs may look like a header of the kernel.
    private mutating func decide(_ found: Source) {
        if source == .unsaid { source = found }
    }
}
