import FleetModel
import Qualification
import Testing

@testable import NodeChecks

/// Goal: a baseline teaches what a control plane would learn, and hands on what one has learned.
@Suite struct BaselineTests {
    private let key = FigureKey(model: "H100", driver: "580.1", fabric: "")

    private func read(_ lines: [String], drops: DropRules? = nil) throws -> BaselineReader {
        var reader = BaselineReader(file: "runs.ndjson", drops: drops)
        for line in lines { try reader.read(Array(line.utf8)[...]) }
        return reader
    }

    private func run(
        _ machine: Int, _ results: [CheckResult], verdict: Bool = true
    ) -> [String] {
        let begin =
            #"{"kind":"run","level":"2m","host":"m\#(machine)","processor":"EPYC"}"#
        return [begin] + results.map(ResultLine.write)
            + (verdict ? [#"{"kind":"verdict","complete":true}"#] : [])
    }

    private func bound(_ reader: BaselineReader, _ figure: FigureID) -> Int64? {
        reader.learned.threshold(figure, FigureKey(model: "EPYC", driver: "", fabric: ""))?
            .boundMilli
    }

    @Test func onlyRunsThatPassedAreExamples() throws {
        let disk = CheckResult(.disk, .passed, figures: [Figure(.diskWrite, milli: 1_000_000)])
        func taught(_ also: CheckResult?, verdict: Bool = true) throws -> Int64? {
            let lines = (0..<6).flatMap {
                run($0, [disk] + (also.map { [$0] } ?? []), verdict: verdict)
            }
            return bound(try read(lines), .diskWrite)
        }
        #expect(try taught(nil) == 950_000)
        #expect(try taught(nil, verdict: false) == nil)
        #expect(try taught(CheckResult(.hostMemory, .failed, ["wrong"])) == nil)
        #expect(try taught(CheckResult(.hostMemory, .error, ["broke"], code: .checkBroke)) == nil)
        // What is slower than published teaches; what is slower than its like does not.
        func slow(_ source: ThresholdSource) -> CheckResult {
            var slow = CheckResult(
                .hostMemory, .passed, figures: [Figure(.hostMemory, milli: 95_000)])
            slow.judge(against: [Threshold(.hostMemory, milli: 100_000, source)])
            return slow
        }
        #expect(try taught(slow(.published("somebody"))) == 950_000)
        #expect(try taught(slow(.learned(machines: 9, usualMilli: 105_000))) == nil)
        #expect(try taught(slow(.held(machines: 9, bestMilli: 110_000))) == nil)
    }

    @Test func aConnectionToItselfIsNoNetwork() throws {
        func lines(_ note: String) -> [String] {
            (0..<6).flatMap { machine in
                run(
                    machine,
                    [
                        CheckResult(.disk, .passed),
                        CheckResult(
                            .network, .passed, [note],
                            figures: [
                                Figure(.network, milli: 4_000), Figure(.roundTrip, milli: 15_000),
                            ]),
                    ])
            }
        }
        let own = try read(lines("to itself; name another node"))
        #expect(own.runs.read == 6 && own.runs.taught == 0 && bound(own, .network) == nil)
        let peers = try read(lines("peer b:7071"))
        #expect(peers.runs.taught == 6 && bound(peers, .network) == 3_800)
    }

    @Test func whatAFleetLearnedIsHandedOnExactly() throws {
        for reference in [
            LearnedReference(
                usualMilli: 52_123, machines: 7, best: .init(milli: 52_500, machines: 6),
                dropPercent: 8),
            LearnedReference(
                usualMilli: nil, machines: 0, best: .init(milli: 20_000, machines: 5),
                dropPercent: 10),
            LearnedReference(usualMilli: 1, machines: 5, best: nil, dropPercent: 5),
        ] {
            let line = ThresholdLine(key: key, figure: .network, reference: reference)
            #expect(try ThresholdLine.read(Array(line.text.utf8)) == line)
            var fleet = LearnedBounds()
            fleet.take(reference, of: .network, key)
            let own = try read([line.text]).learned.threshold(.network, key)
            #expect(own != nil && own == fleet.threshold(.network, key))
        }
        let told = ThresholdLine(
            key: key, figure: .network,
            reference: LearnedReference(
                usualMilli: 50_000, machines: 7, best: nil, dropPercent: 8))
        // Who says a drop means it for what others learned as well.
        let wide = try read([told.text], drops: DropRules(percent: 20))
        #expect(wide.learned.threshold(.network, key)?.boundMilli == 40_000)
        #expect(wide.thresholds == 1)
    }

    @Test(arguments: [
        #"{"kind":"threshold"}"#,
        #"{"kind":"threshold","figure":"network","unit":"GB/s","drop":5}"#,
        #"{"kind":"threshold","figure":"network","unit":"MB/s","usual":5,"drop":5}"#,
        #"{"kind":"threshold","figure":"network","unit":"GB/s","usual":5}"#,
        #"{"kind":"threshold","figure":"network","unit":"GB/s","usual":5,"drop":0}"#,
        #"{"kind":"threshold","figure":"network","unit":"GB/s","usual":-5,"drop":5}"#,
        #"{"kind":"threshold","figure":"deviceClock","unit":"MHz","usual":5,"drop":5}"#,
    ])
    func refusesWhatIsNoThreshold(line: String) {
        #expect(throws: DiagnosticList.self) { try read([line]) }
    }

    @Test func passesOverFiguresOfNewerVersions() throws {
        let line = #"{"kind":"threshold","figure":"warp","unit":"c","usual":5,"drop":5}"#
        #expect(try read([line]).thresholds == 0)
    }
}
