import FleetModel
import Health
import KubernetesJSON
import Qualification

/// What a check across nodes came to.
public struct GangReport: Sendable {
    /// One member and its node.
    struct Member: Sendable {
        var rank: Int
        /// What to call it, and the node alone.
        var name: String
        var node: String
        /// Why it is not there any more.
        var absence: MemberAbsence?
        /// Its own lines, the first of a run and its results; empty when it told nothing.
        var lines: [String]
        /// What they and the pairs lead to; nil when it told nothing.
        var verdict: RunVerdict?
    }

    let members: [Member]
    let level: QualificationLevel
    let check: GangCheck
    let milliseconds: Int64
    /// What an all-reduce across them came to; nil when none was to be.
    let allReduce: CheckResult?
    /// The check `network` of each member, where there is one.
    let networks: [CheckResult?]

    init(
        check: GangCheck, nodes: [GangNode?], level: QualificationLevel, allReduce: CheckResult?,
        milliseconds: Int64
    ) {
        self.allReduce = allReduce
        self.check = check
        self.level = level
        self.milliseconds = milliseconds
        let names = nodes.indices.map { GangReport.name($0, nodes[$0]) }
        func boot(_ rank: Int) -> String? {
            nodes[rank].flatMap { $0.join.boot == "-" ? nil : $0.join.boot }
        }
        let networks = nodes.indices.map { rank in
            check.networkResult(of: rank, names: names) { one, other in
                // Only machines that started apart are known to be two.
                guard let first = boot(one), let second = boot(other) else { return false }
                return first != second
            }
        }
        self.networks = networks
        members = nodes.indices.map { rank in
            let absence = check.members[rank].absence
            var verdict: RunVerdict?
            if let begun = nodes[rank]?.reader.begun {
                verdict = RunVerdict(
                    results: begun.results + (networks[rank].map { [$0] } ?? []), level: level,
                    devices: begun.facts.deviceCount,
                    isComplete: absence == nil && !check.isStopped)
            }
            return Member(
                rank: rank, name: names[rank], node: nodes[rank]?.join.node ?? "",
                absence: absence, lines: nodes[rank]?.lines ?? [], verdict: verdict)
        }
    }

    /// What to call a member.
    static func name(_ rank: Int, _ node: GangNode?) -> String {
        guard let node, node.join.node != "-" else { return "rank \(rank)" }
        return "\(node.join.node) (rank \(rank))"
    }

    /// What all of it means: *failed* when a node or a pair did, whosever fault that is;
    /// *inconclusive* when somebody was not there, or of a node nothing is known.
    public var outcome: QualificationVerdict {
        let outcomes = members.map { $0.verdict?.outcome.verdict }
        let isBad = !check.badWays.isEmpty || !check.undecided.isEmpty
        if outcomes.contains(.failed) || isBad { return .failed }
        if allReduce?.status == .failed { return .failed }
        if allReduce?.status == .error { return .inconclusive }
        let isWhole = !check.isStopped && members.allSatisfy { $0.absence == nil }
        return isWhole && outcomes.allSatisfy { $0 == .passed } ? .passed : .inconclusive
    }

    // MARK: Lines of JSON

    /// One whole run for each node that told something, as `muster check` prints them, then a line
    /// for each pair, and one for all.
    public var lines: [String] {
        var lines: [String] = []
        for member in members {
            guard let verdict = member.verdict else { continue }
            lines += member.lines
            if let network = networks[member.rank] { lines.append(ResultLine.write(network)) }
            lines.append(CheckReport.end(verdict, milliseconds: milliseconds))
        }
        return lines + check.tests.map(line) + [end]
    }

    private func line(_ test: PairTest) -> String {
        let bytes = JSONWriter.object { object in
            object.member("kind", "pair")
            object.member("pass", Int64(test.pass))
            object.array("ranks") { array in
                for rank in [test.from, test.to] { array.integer(Int64(rank)) }
            }
            object.member("nodes", [test.from, test.to].map { members[$0].node })
            object.member("outcome", test.outcome.name)
            object.array("figures") { array in
                for figure in test.result?.figures ?? [] {
                    ResultLine.write(figure, into: &array)
                }
            }
            var notes = test.words.isEmpty ? [] : [test.words]
            notes += (test.result?.notes ?? []).filter { $0 != test.words }
            object.member("notes", notes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private var end: String {
        let bytes = JSONWriter.object { object in
            object.member("kind", "across")
            object.member("version", CheckReport.version)
            object.member("level", level.name)
            object.member("outcome", CheckReport.name(outcome))
            object.member("complete", !check.isStopped)
            object.array("members") { array in
                for member in members { array.object { write(member, into: &$0) } }
            }
            object.array("blamed") { write(check.blamed, into: &$0) }
            object.array("undecided") { write(check.undecided, into: &$0) }
            object.array("badWays") { array in
                for way in check.badWays {
                    array.array { write([way.from, way.to], into: &$0) }
                }
            }
            if let allReduce {
                object.object("allReduce") { object in
                    object.member("status", allReduce.status.name)
                    object.array("figures") { array in
                        for figure in allReduce.figures { ResultLine.write(figure, into: &array) }
                    }
                    object.member("notes", allReduce.notes)
                }
            }
            object.member("milliseconds", milliseconds)
            object.member("text", text)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func write(_ member: Member, into object: inout JSONWriter) {
        object.member("rank", Int64(member.rank))
        object.member("node", member.node)
        let outcome = member.verdict?.outcome.verdict
        object.member("outcome", CheckReport.name(outcome ?? .inconclusive))
        if let absence = member.absence { object.member("absent", absence.words) }
    }

    private func write(_ ranks: [Int], into array: inout JSONWriter) {
        for rank in ranks { array.integer(Int64(rank)) }
    }

    // MARK: Words

    /// The whole result to read.
    public var text: String {
        var lines = ["\(members.count) members, level \(level.name)"]
        lines += members.map(row)
        if !check.tests.isEmpty { lines.append("pairs") }
        lines += check.tests.map(row)
        for rank in check.blamed { lines.append("blamed: \(members[rank].name), \(why(rank))") }
        for rank in check.undecided {
            lines.append("undecided: \(members[rank].name), \(why(rank))")
        }
        for way in check.badWays {
            lines.append(
                "bad way: \(members[way.from].name) to \(members[way.to].name), both good with "
                    + "others: \(way.words)")
        }
        if let allReduce {
            let words = allReduce.figures.map(\.text) + allReduce.notes
            lines.append(
                "all-reduce across nodes: \(allReduce.status.words), "
                    + words.joined(separator: "; "))
        }
        return (lines + [summary]).map { $0 + "\n" }.joined()
    }

    private func why(_ rank: Int) -> String { networks[rank]?.notes.first ?? "" }

    private func row(_ member: Member) -> String {
        var words: [String] = []
        if let absence = member.absence { words.append(absence.words) }
        for result in member.verdict?.results ?? [] {
            let isFine = result.status == .passed || result.status == .notApplicable
            if result.check == .network, isFine {
                words += result.figures.map { "\($0.id.name) \($0.text)" }
                words += result.notes.prefix(1)
            } else if !isFine {
                let place = result.device.map { " \($0)" } ?? ""
                words.append(
                    "\(result.check.name)\(place) \(result.status.words): "
                        + (result.notes.first ?? ""))
            }
        }
        let outcome = member.verdict.map { CheckReport.name($0.outcome.verdict) } ?? "not there"
        return "  " + CheckReport.padded(outcome, 14) + CheckReport.padded(member.name, 24)
            + words.joined(separator: "; ")
    }

    private func row(_ test: PairTest) -> String {
        let pair = "\(members[test.from].name) – \(members[test.to].name)"
        var words = (test.result?.figures ?? []).map(\.text)
        if !test.words.isEmpty { words.append(test.words) }
        return "  pass \(test.pass)  " + CheckReport.padded(test.outcome.name, 12)
            + CheckReport.padded(pair, 40) + words.joined(separator: "; ")
    }

    private var summary: String {
        let absent = members.count { $0.absence != nil }
        var counts: [String] = []
        for verdict in [QualificationVerdict.passed, .failed, .inconclusive] {
            let count = members.count {
                $0.absence == nil && $0.verdict?.outcome.verdict == verdict
            }
            if count > 0 { counts.append("\(count) \(CheckReport.name(verdict))") }
        }
        if absent > 0 { counts.append("\(absent) not there") }
        var words = "\(CheckReport.name(outcome)): " + counts.joined(separator: ", ")
        let ways = check.badWays.count
        if ways > 0 { words += "; \(ways) bad way\(ways == 1 ? "" : "s")" }
        return words
    }
}
