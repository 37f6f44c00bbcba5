extension RASReport {
    /// Reads the document that `ncclras -f json` prints.
    init(_ document: EvidenceDocument) throws(EvidenceFault) {
        version = document.text("nccl_version", of: document.root) ?? ""
        let all = document.items(document.member("communicators", of: document.root))
        var ranks = 0
        var losses: [RASProcess] = []
        var sizes: [Int32] = []
        for value in all.prefix(EvidenceLimits.groups) {
            let answered = document.items(document.member("ranks", of: value))
            let missing = document.items(document.member("missing_ranks", of: value))
            ranks += answered.count + missing.count
            guard ranks <= EvidenceLimits.memberships else {
                throw EvidenceFault(0, "the report has too many ranks")
            }
            var communicator = RASCommunicator(
                hash: document.text("hash", of: value) ?? "",
                size: RASReport.int32(document.integer("size", of: value)))
            communicator.ranks = answered.map { RASReport.rank($0, document) }
            communicator.launchedByMost = RASReport.most(communicator.ranks.map(\.launched))
            for value in missing {
                let rank = RASReport.int32(document.integer("rank", of: value))
                let status = document.member("status", of: value)
                communicator.missing.append(rank)
                // Who answers and does not belong to it any more is not lost.
                let isDead = document.flag("considered_dead", of: status)
                guard isDead || document.flag("unresponsive", of: status) else { continue }
                losses.append(
                    RASProcess(
                        rank: rank, host: document.text("host", of: value) ?? "",
                        process: document.integer("pid", of: value) ?? 0, isDead: isDead))
                sizes.append(communicator.size)
            }
            communicators.append(communicator)
        }
        keep(losses, sizes)
    }

    /// Each process once, with its rank in the largest communicator that misses it.
    private mutating func keep(_ losses: [RASProcess], _ sizes: [Int32]) {
        let order = losses.indices.sorted {
            sizes[$0] != sizes[$1] ? sizes[$0] > sizes[$1] : $0 < $1
        }
        var seen: [String: Int] = [:]
        for index in order {
            let loss = losses[index]
            let key = "\(loss.host)\n\(loss.process)\n\(loss.process == 0 ? loss.rank ?? 0 : -1)"
            if let known = seen[key] {
                lost[known].isDead = lost[known].isDead || loss.isDead
            } else {
                seen[key] = lost.count
                lost.append(loss)
            }
        }
        lost.sort {
            ($0.rank ?? .max, $0.host, $0.process) < ($1.rank ?? .max, $1.host, $1.process)
        }
    }

    private static func rank(_ value: EvidenceValue, _ document: EvidenceDocument) -> RASRank {
        let status = document.member("status", of: value)
        let counts = document.entries(document.member("collective_counts", of: value))
        let launched = counts.prefix(EvidenceLimits.keys).reduce(Int64(0)) { sum, entry in
            guard case .integer(let count) = entry.value else { return sum }
            return sum.addingReportingOverflow(max(0, count)).overflow ? .max : sum + max(0, count)
        }
        return RASRank(
            rank: int32(document.integer("rank", of: value)),
            host: document.text("host", of: value) ?? "", launched: launched,
            error: int32(document.integer("async_error", of: status)))
    }

    private static func int32(_ value: Int64?) -> Int32 { Int32(clamping: value ?? 0) }

    /// The most frequent value; the largest of those where several are.
    static func most(_ values: [Int64]) -> Int64? {
        let sorted = values.sorted()
        var (best, most, at) = (Int64?.none, 0, 0)
        while at < sorted.count {
            var end = at
            while end < sorted.count, sorted[end] == sorted[at] { end += 1 }
            if end - at >= most { (best, most) = (sorted[at], end - at) }
            at = end
        }
        return best
    }
}
