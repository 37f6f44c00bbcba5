import FleetModel
import KubernetesJSON
import Testing

@testable import KubernetesClient

@Suite struct ReflectorRunTests {
    private func run() -> ReflectorRun {
        var options = ReflectorOptions()
        (options.pauseMilliseconds, options.longestPauseMilliseconds) = (100, 1_000)
        var run = ReflectorRun(options: options, seed: 1)
        run.resourceVersion = "5"
        return run
    }

    private func end(_ reason: WatchEnd.Reason, events: Int = 0) -> WatchEnd {
        WatchEnd(reason: reason, resourceVersion: "5", events: events)
    }

    private let broken = OperatingError(.noKubernetes, "no answer")

    @Test func aWatchWhoseTimeIsOverGoesOnAtOnce() {
        var run = run()
        #expect(run.after(end(.finished), isCalm: true) == ReflectorRun.Step())
        #expect(run.after(end(.finished, events: 3), isCalm: false) == ReflectorRun.Step())
        #expect(run.resourceVersion == "5")
        #expect(run.after(end(.finished), isCalm: false).pauseMilliseconds > 0)
    }

    @Test func aForgottenVersionLeadsToANewList() {
        for refusal in [APIRefusal(status: 410), APIRefusal(status: 0, reason: "Expired")] {
            var run = run()
            let step = run.after(end(.refused(refusal), events: 9), isCalm: false)
            #expect(run.resourceVersion == nil)
            #expect(step.pauseMilliseconds > 0)
        }
    }

    @Test func listsThatAreForgottenAtOnceGetRarer() {
        var run = run()
        let pauses = (0..<200).map { _ in
            run.resourceVersion = "5"
            return run.after(
                end(.refused(APIRefusal(status: 410)), events: 1), isCalm: false
            ).pauseMilliseconds
        }
        #expect(pauses.suffix(100).reduce(0, +) > 40_000)
    }

    @Test func aBrokenConnectionGoesOnWhereItWas() {
        var run = run()
        for _ in 0..<50 {
            let step = run.after(end(.broken(broken), events: 1), isCalm: false)
            #expect(run.resourceVersion == "5")
            #expect(step.pauseMilliseconds <= 200)
        }
        for _ in 0..<7 { _ = run.after(end(.broken(broken)), isCalm: false) }
        #expect(run.resourceVersion == "5")
        _ = run.after(end(.broken(broken)), isCalm: false)
        #expect(run.resourceVersion == nil)
    }

    @Test func whatTheServerAsksForIsTheLeast() {
        var run = run()
        let refusal = APIRefusal(status: 429, retryAfterSeconds: 7)
        #expect(run.after(end(.refused(refusal)), isCalm: false).pauseMilliseconds == 7_000)
        #expect(run.resourceVersion == "5")
    }

    @Test func watchesEndAtDifferentTimes() {
        var run = run()
        let lengths = (0..<200).map { _ in run.watchSeconds() }
        #expect(lengths.allSatisfy { (300...600).contains($0) })
        #expect(Set(lengths).count > 50)
    }

    @Test func listsAreReadAndNothingElsePassesForOne() throws {
        let page = try ListPage<Strict>(
            json: Array(
                #"{"kind":"List","items":[{"size":1},{"size":"x","metadata":{"name":"b"}},"#
                    .utf8)
                + Array(#"{"size":2}],"metadata":{"continue":"c","resourceVersion":"9"}}"#.utf8))
        #expect(page.items.map(\.size) == [1, 2])
        #expect(page.unreadable.map(\.identity?.name) == ["b"])
        #expect(page.next == "c" && page.resourceVersion == "9")
        #expect(throws: JSONFault.self) { try ListPage<Strict>(json: Array("{}".utf8)) }
        #expect(throws: JSONFault.self) {
            try ListPage<Strict>(json: Array(#"{"items":[]}"#.utf8))
        }
        let none = #"{"items":null,"metadata":{"resourceVersion":"1"}}"#
        #expect(try ListPage<Strict>(json: Array(none.utf8)).items.isEmpty)
    }

    @Test func refusalsAreReadWithTheirCauses() throws {
        let text = #"""
            {"kind":"Status","status":"Failure","message":"m","reason":"TooManyRequests","code":429,
            "details":{"retryAfterSeconds":5,"causes":[{"reason":"DisruptionBudget"}]}}
            """#
        let refusal = try StatusObject(json: Array(text.utf8)).refusal
        #expect(refusal.isDisruptionBudget && refusal.isBusy)
        #expect(refusal.retryAfterSeconds == 5)
        #expect(refusal.message == "m")
    }
}
