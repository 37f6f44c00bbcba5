extension RASReport {
    /// Reads what `ncclras` prints as text. NVIDIA promises nothing of its form, so only the lines
    /// are read that are the same in NCCL 2.24 to 2.31; with `-v` more of them are printed.
    init(text bytes: [UInt8]) throws(EvidenceFault) {
        guard let string = String(validating: bytes, as: UTF8.self) else {
            throw EvidenceFault(0, "it is neither a pickle, nor JSON, nor text")
        }
        var reader = RASTextReader()
        for line in string.utf8.split(separator: 10).prefix(EvidenceLimits.lines) {
            let words = line.prefix(512).split { $0 == 32 || $0 == 9 || $0 == 13 }.map {
                EvidenceDocument.name(String(decoding: $0, as: UTF8.self))
            }
            reader.read(words)
        }
        guard reader.isReport else {
            throw EvidenceFault(
                0, "it is neither a flight record nor a report of ncclras")
        }
        self = reader.finished()
    }
}

/// Goes through a report line by line.
private struct RASTextReader {
    private var report = RASReport()
    private(set) var isReport = false
    private var isDead = false
    private var isLost = false
    /// Ranks that have launched so many operations, with how many they are.
    private var counts: [(ranks: Int64, launched: Int64)] = []
    private var launched: Int64 = 0

    mutating func read(_ words: [String]) {
        guard let first = words.first else { return }
        switch first {
        case "Group" where words.contains("Comms"), "Communicators...": isReport = true
        case "DEAD" where words.count == 1: (isDead, isLost, isReport) = (true, true, true)
        case "INCOMPLETE" where words.count == 1: (isDead, isLost, isReport) = (false, true, true)
        case "Warnings" where words.count == 1: isLost = false
        case "Process": process(words)
        case "The": missing(words)
        case "Rank": rank(words)
        default:
            if first.hasPrefix("#"), words.count >= 3, words[1].hasPrefix("(") {
                return begin(words)
            }
            if words.count >= 8, words[1] == "ranks", words[2] == "have" { count(words) }
            if isReport, let ranks = row(words) { size = max(size, ranks) }
        }
    }

    private var size: Int32 = 0

    /// The row of a group of communicators: its fifth column has the ranks of each.
    private func row(_ words: [String]) -> Int32? {
        guard words.count >= 8, Int32(words[0]) != nil, Int32(words[1]) != nil else { return nil }
        return Int32(words[4])
    }

    /// `#0-0 (cf264af53edbe986) INCOMPLETE`.
    private mutating func begin(_ words: [String]) {
        finishCounts()
        guard report.communicators.count < EvidenceLimits.groups else { return }
        let hash = words[1].filter { $0 != "(" && $0 != ")" }
        report.communicators.append(RASCommunicator(hash: hash, size: 0))
        isLost = false
    }

    /// `Process 3487984 on node 172.16.64.213 managing GPU 5`.
    private mutating func process(_ words: [String]) {
        guard isLost, words.count >= 5, words[3] == "node", let id = Int64(words[1]),
            report.lost.count < 4096
        else { return }
        let host = words[4]
        if let known = report.lost.firstIndex(where: { $0.process == id && $0.host == host }) {
            report.lost[known].isDead = report.lost[known].isDead || isDead
        } else {
            report.lost.append(RASProcess(rank: nil, host: host, process: id, isDead: isDead))
        }
    }

    /// `The missing rank: 21`.
    private mutating func missing(_ words: [String]) {
        guard words.count >= 4, words[1] == "missing", words[2].hasPrefix("rank"),
            let last = report.communicators.indices.last
        else { return }
        for word in words[3...] {
            let numbers = word.split { !$0.isASCII || !$0.isNumber }.compactMap { Int32($0) }
            report.communicators[last].missing += numbers.prefix(
                max(0, 4096 - report.communicators[last].missing.count))
        }
    }

    /// `26 ranks have launched up to operation 6650`.
    private mutating func count(_ words: [String]) {
        guard let ranks = Int64(words[0]), words[3] == "launched",
            let number = words.last.flatMap({ Int64($0) }), counts.count < 64
        else { return }
        counts.append((ranks, number))
        launched = number
    }

    /// `Rank 0 -- GPU 0 managed by process 483072 on node H` below such a line, or
    /// `Rank 7 has launched up to operation 60 -- GPU 3 managed by process 1650386 on node H`.
    private mutating func rank(_ words: [String]) {
        guard words.count >= 8, let rank = Int32(words[1]),
            let last = report.communicators.indices.last,
            report.communicators[last].ranks.count < 4096
        else { return }
        var number = launched
        if words[2] == "has", words[3] == "launched", let own = Int64(words[7]) {
            number = own
            counts.append((1, own))
        } else if counts.isEmpty {
            return
        }
        let host = words.firstIndex(of: "node").flatMap { at in
            at + 1 < words.count ? words[at + 1] : nil
        }
        report.communicators[last].ranks.append(
            RASRank(rank: rank, host: host ?? "", launched: number, error: 0))
    }

    private mutating func finishCounts() {
        if let last = report.communicators.indices.last {
            let most = counts.max { ($0.ranks, $0.launched) < ($1.ranks, $1.launched) }
            report.communicators[last].launchedByMost = most?.launched
            report.communicators[last].size = Int32(
                clamping: counts.reduce(Int64(0)) { $0 &+ $1.ranks })
        }
        counts = []
    }

    mutating func finished() -> RASReport {
        finishCounts()
        // Where only ranks and processes are named, one each belongs to the other.
        let missing = report.communicators.map(\.missing).max { $0.count < $1.count } ?? []
        if missing.count == 1, report.lost.count == 1 { report.lost[0].rank = missing[0] }
        for index in report.communicators.indices {
            report.communicators[index].size = max(report.communicators[index].size, size)
        }
        return report
    }
}
