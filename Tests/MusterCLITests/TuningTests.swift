import Testing

/// `--tune` and `--checkpoints`: what they change, and what they refuse.
struct TuningTests {
    /// Ten hours of work on the only node, and in the middle of it ten minutes more.
    private static let trace = """
        submit_seconds,duration_seconds,gpus
        0,36000,8
        18000,600,8

        """

    private static let line = "simulate --fleet 1x8 --trace t.csv --json"

    /// Preemptions of a run.
    private func run(_ options: String) throws -> Int {
        let place = try Workplace()
        try place.write(Self.trace, "t.csv")
        let ran = try place.muster(Self.line + " " + options)
        #expect(ran.status == 0, "\(options): \(ran.talk)")
        let run = try #require((try ran.json() as? [[String: Any]])?.first)
        return try #require(run["preemptions"] as? Int)
    }

    @Test func jobsOfATraceAreStoppedOnlyWithCheckpoints() throws {
        #expect(try run("") == 0)
        #expect(try run("--checkpoints 30m/5m") == 1)
        #expect(try run("--checkpoints 30m/0s") == 1)
        #expect(try run("--checkpoints 30m/5m --policy fair") == 0)
    }

    @Test func settingsTakeEffect() throws {
        let checkpoints = "--checkpoints 30m/5m "
        #expect(try run(checkpoints + "--tune preempts=off") == 0)
        #expect(try run(checkpoints + "--tune preempts=off --tune preempts=on") == 1)
        let veterans = "--tune veteran-span=20h --tune gang-patience=20h"
        #expect(try run(checkpoints + veterans) == 0)
    }

    @Test func settingsThatOnlyGoTogetherMayComeInAnyOrder() throws {
        for order in [
            "--tune young-span=6h --tune veteran-span=12h",
            "--tune veteran-span=12h --tune young-span=6h",
        ] {
            let ran = try Workplace().muster("simulate --fleet 4x8 --jobs 20 " + order)
            #expect(ran.status == 0, "\(order): \(ran.talk)")
        }
    }

    @Test(arguments: [
        "preempts=off", "consolidates=off", "reservations=0", "reservations=1024",
        "reservations-per-tenant=0", "young-span=0s", "veteran-span=2h", "young-wait=0s",
        "minimum-run-time=0s", "loss-percent=0", "gang-patience=1m", "single-patience=1d",
        "overdue-gang-percent=100", "overdue-single-percent=0", "overdue-run-time=1h30m",
        "grace-time=0s", "cheap-restart=0s", "evictions-per-job=0", "victim-steps=0",
        "prompt-steps=0", "review-period=1s", "estimate-period=0s",
    ])
    func everySettingIsTaken(setting: String) throws {
        let ran = try Workplace().muster(
            ["simulate", "--fleet", "4x8", "--jobs", "20"]
                + ["--tune", setting])
        #expect(ran.status == 0, "\(ran.talk)")
    }

    @Test(arguments: [
        "", "=", "preempts", "nope=1", "=on", "Preempts=on", "preempts=", "preempts=yes",
        "preempts=on=off", "young-span=", "young-span=x", "young-span=-1h", "young-span=5h",
        "young-span=99999999999999999999d", "veteran-span=1h", "reservations=-1",
        "reservations=1025", "reservations=1.5", "victim-steps=99999999999", "loss-percent=-1",
        "loss-percent=1000001", "overdue-gang-percent=101", "overdue-single-percent=-1",
        "review-period=0s", "evictions-per-job=many",
    ])
    func otherSettingsAreRefused(setting: String) throws {
        let ran = try Workplace().muster(["simulate", "--tune", setting])
        #expect(ran.status == 64, "\(ran.talk)")
        #expect(ran.codes == ["M0501"])
        #expect(ran.talk.contains("'\(setting)'") && ran.talk.contains("expected: "))
        #expect(ran.out.isEmpty)
    }

    @Test(arguments: [
        "", "x", "30m", "30m/", "/5m", "/", "0s/5m", "-30m/5m", "30m/-5m", "30m/5m/1m", "30m/x",
        "x/5m",
    ])
    func otherCheckpointsAreRefused(text: String) throws {
        let place = try Workplace()
        try place.write(Self.trace, "t.csv")
        let ran = try place.muster(["simulate", "--trace", "t.csv", "--checkpoints=" + text])
        #expect(ran.status == 64, "\(ran.talk)")
        #expect(ran.codes == ["M0501"])
        #expect(ran.talk.contains("expected: "))
        #expect(ran.out.isEmpty)
    }

    @Test func checkpointsAreForTraces() throws {
        for line in ["simulate --checkpoints 30m/5m", "simulate --workload itp --checkpoints x"] {
            let ran = try Workplace().muster(line)
            #expect(ran.status == 64, "\(ran.talk)")
            #expect(ran.codes == ["M0501"])
        }
    }
}
