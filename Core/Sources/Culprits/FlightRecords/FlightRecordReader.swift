import FleetModel

extension FlightRecord {
    /// Finds a flight record of PyTorch in a document: the shape that
    /// `torch/csrc/distributed/c10d/FlightRecorderDetail.hpp` writes, versions 2.0 on.
    init(_ document: EvidenceDocument, name: String) throws(EvidenceFault) {
        let root = document.root
        guard let version = document.text("version", of: root) else {
            throw EvidenceFault(0, "it is no flight record: it has no version")
        }
        guard version.hasPrefix("2.") else {
            throw EvidenceFault(0, "flight records of version \(version) are not known")
        }
        self.version = version
        rank = document.integer("rank", of: root).flatMap { Int32(exactly: $0) }
        if rank == nil { rank = FlightRecord.rank(in: name) }
        var builder = FlightRecordBuilder(document)
        builder.addConfiguration()
        builder.addEntries()
        builder.addStatus()
        operations = builder.operations
        groups = builder.groups.sorted { $0.name < $1.name }
    }

    /// The number at the end of a file's name, its extension aside.
    static func rank(in name: String) -> Int32? {
        var bytes = Array(name.utf8)
        for ending in [".json", ".pickle", ".pkl"] where name.hasSuffix(ending) {
            bytes.removeLast(ending.utf8.count)
            break
        }
        let digits = bytes.reversed().prefix { (48...57).contains($0) }.reversed()
        guard digits.count < 10 else { return nil }
        return Int32(String(decoding: digits, as: UTF8.self))
    }
}

/// Gathers what a record says of each group.
private struct FlightRecordBuilder {
    let document: EvidenceDocument
    var groups: [FlightGroup] = []
    var operations = 0
    private var index: [String: Int] = [:]
    /// Groups by the number that `pg_status` names them by.
    private var numbers: [Int64: Int] = [:]
    private var memberships = 0

    init(_ document: EvidenceDocument) { self.document = document }

    private mutating func group(_ name: String) -> Int? {
        if let known = index[name] { return known }
        guard groups.count < EvidenceLimits.groups else { return nil }
        groups.append(FlightGroup(name: name))
        index[name] = groups.count - 1
        return groups.count - 1
    }

    mutating func addConfiguration() {
        let configuration = document.member("pg_config", of: document.root)
        for entry in document.entries(configuration).prefix(EvidenceLimits.groups) {
            guard case .text(let key) = entry.key,
                let group = group(EvidenceDocument.name(key))
            else { continue }
            groups[group].description = document.text("desc", of: entry.value) ?? ""
            groups[group].ranks = ranks(document.member("ranks", of: entry.value))
        }
    }

    /// `[0, 1, 2]`, written as a text or as a list.
    private mutating func ranks(_ value: EvidenceValue?) -> [Int32] {
        var ranks: [Int32] = []
        switch value {
        case .text(let text):
            for word in text.utf8.split(whereSeparator: { !(48...57).contains($0) })
                .prefix(EvidenceLimits.ranks)
            {
                if let rank = Int32(String(decoding: word, as: UTF8.self)) { ranks.append(rank) }
            }
        case .list:
            for item in document.items(value).prefix(EvidenceLimits.ranks) {
                if case .integer(let rank) = item, let rank = Int32(exactly: rank), rank >= 0 {
                    ranks.append(rank)
                }
            }
        default: break
        }
        memberships += ranks.count
        guard memberships <= EvidenceLimits.memberships else { return [] }
        ranks.sort()
        return ranks
    }

    mutating func addEntries() {
        let entries = document.items(document.member("entries", of: document.root))
        for entry in entries.suffix(EvidenceLimits.operations) {
            guard let name = groupName(entry), let group = group(name) else { continue }
            operations += 1
            if let number = document.integer("pg_id", of: entry) { numbers[number] = group }
            if document.flag("is_p2p", of: entry) {
                addMeeting(entry, group)
            } else {
                addOperation(entry, group)
            }
        }
        for group in groups.indices {
            groups[group].open.sort { $0.sequence < $1.sequence }
            groups[group].open = Array(groups[group].open.prefix(EvidenceLimits.openOperations))
        }
    }

    /// `["0", "default_pg"]`, or the name alone in the first versions.
    private func groupName(_ entry: EvidenceValue) -> String? {
        switch document.member("process_group", of: entry) {
        case .text(let name): return EvidenceDocument.name(name)
        case .list(let id):
            guard case .text(let name)? = document.lists[Int(id)].first else { return nil }
            return EvidenceDocument.name(name)
        default: return document.text("pg_name", of: entry)
        }
    }

    private func state(_ entry: EvidenceValue) -> FlightState {
        switch document.text("state", of: entry) {
        case "completed": .completed
        case "started": .started
        default: .scheduled
        }
    }

    private func created(_ entry: EvidenceValue) -> Instant {
        Instant(nanoseconds: max(0, document.integer("time_created_ns", of: entry) ?? 0))
    }

    private mutating func addOperation(_ entry: EvidenceValue, _ group: Int) {
        let sequence =
            document.integer("collective_seq_id", of: entry)
            ?? document.integer("seq_id", of: entry)
        guard let sequence, sequence >= 0 else { return }
        groups[group].lastEnqueued = max(groups[group].lastEnqueued, sequence)
        let state = state(entry)
        guard state != .completed else {
            groups[group].lastCompleted = max(groups[group].lastCompleted, sequence)
            return
        }
        // The first parts of coalesced operations share a number; one of them stands for all.
        guard groups[group].open.last?.sequence != sequence,
            groups[group].open.count < 4 * EvidenceLimits.openOperations
        else { return }
        groups[group].open.append(
            FlightOperation(
                sequence: sequence, name: document.text("profiling_name", of: entry) ?? "",
                state: state, inputs: sizes("input_sizes", entry),
                outputs: sizes("output_sizes", entry),
                types: words("input_dtypes", entry) + " " + words("output_dtypes", entry),
                createdAt: created(entry)))
    }

    /// `[[3, 4], [5]]` as `3x4 5`; only so much of it that differences show.
    private func sizes(_ key: String, _ entry: EvidenceValue) -> String {
        document.items(document.member(key, of: entry)).prefix(8).map { tensor in
            document.items(tensor).prefix(8).map { size in
                if case .integer(let size) = size { return String(size) }
                return "?"
            }.joined(separator: "x")
        }.joined(separator: " ")
    }

    private func words(_ key: String, _ entry: EvidenceValue) -> String {
        document.items(document.member(key, of: entry)).prefix(8).map { word in
            if case .text(let word) = word { return EvidenceDocument.name(word) }
            return "?"
        }.joined(separator: " ")
    }

    /// `nccl:send 1->2`, `nccl:recv 3<-0`: ranks within the group.
    private mutating func addMeeting(_ entry: EvidenceValue, _ group: Int) {
        guard state(entry) != .completed, groups[group].meetings.count < 64,
            let name = document.text("profiling_name", of: entry)
        else { return }
        let words = name.utf8.split(whereSeparator: { !(48...57).contains($0) })
        guard words.count == 2, name.utf8.contains(UInt8(ascii: "-")),
            let peer = Int32(String(decoding: words[1], as: UTF8.self))
        else { return }
        groups[group].meetings.append(
            FlightMeeting(peer: peer, name: name, createdAt: created(entry)))
    }

    /// What the group itself counts goes beyond the entries that are still there.
    mutating func addStatus() {
        let status = document.member("pg_status", of: document.root)
        for entry in document.entries(status).prefix(EvidenceLimits.groups) {
            guard case .text(let key) = entry.key, let number = Int64(key),
                let group = numbers[number]
            else { continue }
            let enqueued = document.integer("last_enqueued_collective", of: entry.value) ?? -1
            let completed = document.integer("last_completed_collective", of: entry.value) ?? -1
            groups[group].lastEnqueued = max(groups[group].lastEnqueued, enqueued)
            let first = groups[group].open.first?.sequence ?? .max
            if completed < first {
                groups[group].lastCompleted = max(groups[group].lastCompleted, completed)
            }
        }
    }
}
