import FleetModel
import HealthSignals

extension HangCase {
    /// How long before the hang, and how long after its end, a fault of hardware is taken for its
    /// cause (the window of arXiv 2410.21680).
    public static let before = TimeSpan.seconds(600)
    /// See ``before``.
    public static let after = TimeSpan.seconds(300)
    /// A record that says that a hang began longer ago has another clock.
    private static let longestHang = TimeSpan.seconds(86_400)

    /// Names who is to blame, or says why nobody is.
    ///
    /// The first fault of hardware goes before all else, since what follows from it looks like
    /// many things. The others go by how little they leave to chance. Who reports a timeout has
    /// waited, and is named for that by nobody.
    public func judge() -> CulpritFinding {
        var judge = CulpritJudge(self)
        return judge.run()
    }

    /// When the hang began: by the records, else by how long the log says that it lasted.
    func onset(_ flight: FlightComparison?) -> Instant? {
        if let onset = flight?.onset, onset <= endedAt,
            endedAt.nanoseconds - onset.nanoseconds <= HangCase.longestHang.nanoseconds
        {
            return onset
        }
        let waits = signs.compactMap { $0.fault.ranMilliseconds ?? $0.fault.timeoutMilliseconds }
        guard let longest = waits.max(), longest > 0, longest <= 86_400_000 else { return nil }
        return Instant(nanoseconds: endedAt.nanoseconds - longest * 1_000_000)
    }
}

/// Goes through the evidence, from the strongest to the weakest.
struct CulpritJudge {
    private let given: HangCase
    private let flight: FlightComparison?
    private let places: RankPlaces
    private var grounds: [String] = []
    private var verdict: CulpritVerdict?
    private var text = ""

    init(_ given: HangCase) {
        self.given = given
        flight = FlightComparison(given.evidence.records)
        places = RankPlaces(given, flight)
    }

    mutating func run() -> CulpritFinding {
        let onset = given.onset(flight)
        seeHardware(since: onset ?? given.endedAt)
        seeLogs()
        seeAgents()
        seeFlightRecords(programOnly: true)
        seeLostProcesses()
        seeFlightRecords(programOnly: false)
        seeCounts()
        seeReporters()
        if verdict == nil { giveUp() }
        return CulpritFinding(
            verdict: verdict ?? .notAttributable(.noEvidence), text: text, grounds: grounds,
            onset: onset)
    }

    /// The first to say something decides; whatever comes later is told beside it.
    private mutating func find(_ found: CulpritVerdict, _ sentence: String) {
        grounds.append(sentence)
        guard verdict == nil else { return }
        verdict = found
        text = sentence
    }

    private mutating func seeHardware(since onset: Instant) {
        let from = onset.nanoseconds - HangCase.before.nanoseconds
        let until = given.endedAt + HangCase.after
        let near = given.hardware.filter { $0.at.nanoseconds >= from && $0.at <= until }
            .sorted { ($0.at, $0.node, $0.cause) < ($1.at, $1.node, $1.cause) }
        for sign in near.prefix(16) {
            let isFirst = sign == near[0]
            find(
                .named([CulpritSuspect(node: sign.node)], .hardwareFault),
                "node \(places.name(sign.node)) had \(sign.cause) at \(sign.at.utcText)"
                    + (isFirst && near.count > 1 ? ", before every other fault" : ""))
        }
    }

    private mutating func seeLogs() {
        var devices: [MemberSign] = []
        for sign in given.signs where sign.fault.points == .here {
            if !devices.contains(where: { $0.member == sign.member }) { devices.append(sign) }
        }
        var nodes = devices.map { places.node(ofMember: $0.member) }
        nodes.sort { ($0?.rawValue ?? -1) < ($1?.rawValue ?? -1) }
        // Log lines have no common clock: of several nodes none is known to be the first.
        let isOne = !devices.isEmpty && nodes.first == nodes.last
        for sign in devices.prefix(16) {
            let sentence = "the log of member \(sign.member) says: \(sign.fault.text)"
            if isOne, nodes[0] != nil || devices.count == 1 {
                let suspect = CulpritSuspect(
                    rank: sign.member, node: places.node(ofMember: sign.member))
                find(.named([suspect], .deviceError), sentence)
            } else {
                grounds.append(sentence)
            }
        }
        let own = given.signs.first { $0.fault.points == .application }
        if let own {
            find(
                .program(.ownError),
                "the program of member \(own.member) made a mistake: \(own.fault.text)")
        }
    }

    private mutating func seeAgents() {
        let silent = given.nodes.filter(\.isSilent)
        guard !silent.isEmpty else { return }
        let names = silent.prefix(10).map { node in
            "\(node.name) (last at \((node.lastHeard ?? .zero).utcText))"
        }
        let sentence = "no sign of life from \(names.joined(separator: ", "))"
        let heard = given.nodes.count { $0.lastHeard != nil && !$0.isSilent }
        let isFew = silent.count == 1 || Outliers.isFew(silent.count, of: given.nodes.count)
        guard heard > 0, isFew else { return grounds.append(sentence) }
        find(
            .named(silent.map { CulpritSuspect(node: $0.node) }, .silentNode),
            sentence + ", while \(heard) others were heard")
    }

    private mutating func seeFlightRecords(programOnly: Bool) {
        guard let flight else { return }
        switch flight.verdict {
        case .program(let reason, let sentence):
            if programOnly { find(.program(reason), sentence) }
        case _ where programOnly: break
        case .ranks(let ranks, let reason, let sentence):
            find(.named(ranks.map { places.suspect($0) }, reason), sentence)
        case .allInside(let sentence), .tooMany(let sentence): grounds.append(sentence)
        case .nothingStuck:
            grounds.append("no rank was in an operation that had not ended")
        }
        guard !programOnly else { return }
        grounds.append(
            "\(flight.recorded.count) of \(flight.ranks.count) ranks wrote flight records")
    }

    private mutating func seeLostProcesses() {
        guard let report = given.evidence.report, !report.lost.isEmpty else { return }
        let names = report.lost.prefix(10).map { process in
            (process.rank.map { "rank \($0), " } ?? "")
                + "process \(process.process) on \(process.host)"
                + (process.isDead ? ", which it holds for dead" : "")
        }
        let sentence = "NCCL's RAS does not reach \(names.joined(separator: "; "))"
        guard Outliers.isFew(report.lost.count, of: Int(report.size)) else {
            return grounds.append(sentence)
        }
        find(.named(report.lost.map { places.suspect($0, report) }, .lostProcess), sentence)
    }

    private mutating func seeCounts() {
        guard let report = given.evidence.report else { return }
        for communicator in report.communicators.prefix(64) {
            guard let most = communicator.launchedByMost else { continue }
            let behind = communicator.ranks.filter { $0.launched < most }
            guard Outliers.isFew(behind.count, of: Int(communicator.size)) else { continue }
            let isWhole = communicator.size == report.size
            find(
                .named(
                    behind.map { places.suspect($0.rank, host: $0.host, isOfJob: isWhole) },
                    .behind),
                "\(RankText.of(behind.map(\.rank))) of communicator \(communicator.hash) launched "
                    + "\(behind.map(\.launched).min() ?? 0) operations, the others \(most)")
        }
    }

    private mutating func seeReporters() {
        var members: [Int32] = []
        for sign in given.signs where sign.fault.kind == .collectiveTimeout {
            if !members.contains(sign.member) { members.append(sign.member) }
        }
        guard !members.isEmpty else { return }
        grounds.append("\(RankText.of(members.sorted())) reported the timeout, having waited")
    }

    private mutating func giveUp() {
        let why: NoCulprit
        switch flight?.verdict {
        case .allInside?: why = .allInside
        case .tooMany?: why = .tooMany
        case .nothingStuck?: why = .nothingStuck
        default: why = given.evidence.isEmpty ? .noEvidence : .nobodyStandsOut
        }
        verdict = .notAttributable(why)
        switch why {
        case .noEvidence:
            text =
                "no flight records, no RAS report, no fault and no silent node near that time"
        case .nothingStuck: text = "no rank was in an operation that had not ended"
        case .allInside: text = "every rank was in the operation that did not end"
        case .tooMany: text = "more ranks are behind than one cause on a node explains"
        case .nobodyStandsOut: text = "no rank differs from the others in what was handed in"
        }
    }
}
