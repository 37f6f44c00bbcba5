import Foundation
import Testing

/// A test of a node on its way to a server.
struct QualifyTests {
    private static let run = "{\"kind\":\"run\"}\n{\"kind\":\"verdict\"}\n"

    private static func taken(
        _ outcome: String, isLoaded: Bool = true, isProof: Bool, checks: String = "[]",
        state: String, held: String = "null"
    ) -> String {
        """
        {"operations":[3],"outcome":"\(outcome)","level":"15m","loaded":\(isLoaded),
         "components":[],"devices":[],"failedDevices":[],"failedChecks":\(checks),
         "isProof":\(isProof),"health":{"node":"gpu-7","state":"\(state)","held":\(held),
         "unhealthy":[],"devices":[],"operations":[]}}
        """
    }

    private func stub(_ answer: String, status: Int = 202) throws -> ClientStub {
        let stub = try ClientStub([
            Answers.rule("POST", "/v1/nodes/gpu-7/qualification", status: status, answer)
        ])
        try stub.place.write(QualifyTests.run, "run.ndjson")
        return stub
    }

    @Test func sendsTheLinesAsTheyAre() throws {
        let stub = try stub(
            QualifyTests.taken("passed", isProof: true, state: "inService"))
        let ran = try stub.muster("qualify gpu-7 --result run.ndjson")
        #expect(ran.status == 0, "\(ran.talk)")
        #expect(
            ran.out == "gpu-7: passed at level 15m, under load\ngpu-7 is in service\n")
        let request = try #require(try stub.requests().first)
        #expect(request.headers["content-type"] == "application/x-ndjson")
        #expect(request.body == QualifyTests.run)
    }

    /// What `muster check across` prints of three nodes, two of one name.
    private static let across = """
        {"kind":"run","host":"gpu-7"}
        {"kind":"result","check":"disk"}
        {"kind":"verdict"}
        {"kind":"run","host":"gpu-8"}
        {"kind":"verdict"}
        {"kind":"run","host":"gpu-8"}
        {"kind":"verdict"}
        {"kind":"pair"}
        {"kind":"across"}

        """

    @Test func ofSeveralRunsThatOfTheNodeIsSent() throws {
        let stub = try stub(QualifyTests.taken("passed", isProof: true, state: "inService"))
        try stub.place.write(QualifyTests.across, "across.ndjson")
        #expect(try stub.muster("qualify gpu-7 --result across.ndjson").status == 0)
        let request = try #require(try stub.requests().first)
        #expect(
            request.body
                == QualifyTests.across.split(separator: "\n").prefix(3)
                .map { $0 + "\n" }.joined())
        for (host, words) in [
            ("gpu-8", "there are 2 runs of 'gpu-8'"), ("gpu-9", "there is no run of 'gpu-9'"),
        ] {
            let ran = try stub.muster("qualify gpu-7 --result across.ndjson --host \(host)")
            #expect(ran.status == 65 && ran.talk.contains(words), "\(ran.talk)")
        }
        #expect(try stub.muster("qualify gpu-7 --result run.ndjson --host gpu-7").status == 65)
    }

    @Test func saysWhatIsMissing() throws {
        let weak = try stub(
            QualifyTests.taken(
                "passed", isLoaded: false, isProof: false, state: "proving"))
        #expect(
            try weak.muster("qualify gpu-7 --result run.ndjson").out
                == "gpu-7: passed at level 15m, nothing under load; this proves too little\n"
                + "gpu-7 is proving\n")
        let failed = try stub(
            QualifyTests.taken(
                "failed", isProof: false, checks: #"["disk","nccl"]"#, state: "quarantined",
                held: #""everything was tried""#))
        #expect(
            try failed.muster("qualify gpu-7 --result run.ndjson").out
                == "gpu-7: failed at level 15m, under load: disk, nccl\n"
                + "gpu-7 is quarantined: everything was tried\n")
        let json = try failed.muster("qualify gpu-7 --result run.ndjson --json")
        #expect(try (json.json() as? [String: Any])?["outcome"] as? String == "failed")
    }

    @Test func refusalsAreTold() throws {
        let stub = try stub(Answers.error("M0616", "nothing waits for it"), status: 409)
        let ran = try stub.muster("qualify gpu-7 --result run.ndjson")
        #expect(ran.status == 65 && ran.codes == ["M0616"] && ran.out.isEmpty)
        #expect(try stub.muster("qualify gpu-7 --result nowhere").status == 66)
        #expect(try stub.muster("qualify gpu-7").status == 64)
    }

    @Test func verdictsOfHealthValidationAreLookedAtAndSent() throws {
        let stub = try ClientStub([
            Answers.rule(
                "POST", "/v1/nodes/gpu-7/health-validation", status: 202,
                """
                {"severity":"CRITICAL","isSuspicious":true,"xids":[79],"components":[
                 {"category":"xid","severity":"CRITICAL","checks":["gpu_xid_79"],
                  "entities":["GPU-7"]}],
                 "health":{"node":"gpu-7","state":"suspect","unhealthy":[],"devices":[],
                 "operations":[]}}
                """)
        ])
        let verdict = #"{"overall_severity": "CRITICAL"}"#
        try stub.place.write(verdict, "verdict.json")
        let ran = try stub.muster("qualify gpu-7 --health-validation verdict.json")
        #expect(ran.status == 0, "\(ran.talk)")
        #expect(
            ran.out == """
                gpu-7: Health Validation says CRITICAL; the node is suspect for it
                  xid CRITICAL: gpu_xid_79 (GPU-7)
                gpu-7 is suspect

                """)
        #expect(try stub.requests().first?.body == verdict)
        try stub.place.write(
            #"{"overall_severity": "FINE", "affected_components": [1]}"#, "bad.json")
        let bad = try stub.muster("qualify gpu-7 --health-validation bad.json")
        #expect(bad.status == 65)
        #expect(bad.talk.contains("'FINE'") && bad.talk.contains("not an object"))
        #expect(try stub.muster("qualify gpu-7").status == 64)
        let both = "qualify gpu-7 --health-validation verdict.json --result verdict.json"
        #expect(try stub.muster(both).status == 64)
        #expect(try stub.requests().count == 1)
    }

    private static let thresholds = """
        {"dropPercent":5,"machinesNeeded":5,"kinds":[{"model":"NVIDIA H100 80GB HBM3",
         "driver":"580.1","fabric":"400 Gb/sec","figures":[
         {"figure":"hostToDevice","unit":"GB/s","limit":"least","machines":8,"worse":1,
          "dropPercent":5,"best":52.5,"bestMachines":6,"isHeld":false,
          "learned":{"bound":49.4,"source":"learned","agreeing":7,"usual":52},
          "published":{"bound":48,"source":"published: somebody"}},
         {"figure":"roundTrip","unit":"us","limit":"most","machines":9,"worse":3,
          "dropPercent":10,"best":20,"bestMachines":5,"isHeld":true,
          "learned":{"bound":24.2,"source":"learned earlier","agreeing":0},"published":null},
         {"figure":"flushMedian","unit":"us","limit":"most","machines":2,"worse":0,
          "dropPercent":5,"isHeld":false,"learned":null,"published":null}]}]}
        """

    @Test func thresholdsHaveWhatWasLearnedBesideWhatIsPublished() throws {
        let stub = try ClientStub([
            Answers.rule(
                "GET", "/v1/health/thresholds", status: 200, QualifyTests.thresholds)
        ])
        let ran = try stub.muster("health thresholds")
        #expect(ran.status == 0, "\(ran.talk)")
        for words in [
            "NVIDIA H100 80GB HBM3, 580.1, 400 Gb/sec", "≥ 49.4 GB/s", "7 of 8", "≥ 48.0 GB/s",
            "2, too few agree", "20.0 holds    ≤ 24.2 us",
        ] {
            #expect(ran.out.contains(words), "\(words) in \(ran.out)")
        }
    }

    /// What a control plane has learned serves without one: the file is read by `muster check`.
    @Test func thresholdsAreExportedForMachinesWithoutAServer() throws {
        let stub = try ClientStub([
            Answers.rule(
                "GET", "/v1/health/thresholds", status: 200, QualifyTests.thresholds)
        ])
        let ran = try stub.muster("health thresholds --export fleet.ndjson")
        #expect(ran.status == 0 && ran.out.isEmpty, "\(ran)")
        #expect(ran.talk.contains("fleet.ndjson: 2 thresholds"), "\(ran.talk)")
        let text = try String(
            contentsOfFile: stub.place.path("fleet.ndjson"), encoding: .utf8)
        let kind =
            #"{"kind":"threshold","model":"NVIDIA H100 80GB HBM3","driver":"580.1","#
            + #""fabric":"400 Gb/sec","#
        #expect(
            text == kind + #""figure":"hostToDevice","unit":"GB/s","machines":7,"usual":52,"#
                + #""best":52.5,"bestMachines":6,"drop":5}"# + "\n"
                + kind + #""figure":"roundTrip","unit":"us","machines":0,"best":20,"#
                + #""bestMachines":5,"drop":10}"# + "\n")
        let check = ["check", "--level", "quick", "--only", "versions", "--baseline"]
        let checked = try stub.muster(check + ["fleet.ndjson"])
        #expect(checked.status == 75 && !checked.talk.contains("teaches"), "\(checked)")
        try stub.place.write(text.replacingOccurrences(of: #""us""#, with: #""ms""#), "bad.ndjson")
        let bad = try stub.muster(check + ["bad.ndjson"])
        #expect(bad.status == 65 && bad.talk.contains("bad.ndjson:2: error M0302"), "\(bad)")
    }

    @Test func otherDropsAreTriedAndNothingElseIsAsked() throws {
        let stub = try ClientStub([
            Answers.rule(
                "GET", "/v1/health/thresholds?drop=8%2CdiskWrite%3D15", status: 200,
                QualifyTests.thresholds)
        ])
        try stub.place.write("thresholds: {drop: 8%, figures: {diskWrite: 15%}}", "health.yaml")
        let tried = try stub.muster("health thresholds health.yaml")
        #expect(tried.status == 0 && tried.out.contains("WORSE"), "\(tried)")
        #expect(tried.out.contains("0 of 9  10 %      3"), "\(tried)")
        #expect(try stub.muster("health thresholds --drop 8,diskWrite=15").status == 0)
        #expect(try stub.requests().count == 2)
        try stub.place.write("thresholds: {drop: 80%}", "health.yaml")
        let bad = try stub.muster("health thresholds health.yaml")
        #expect(bad.status == 65 && bad.talk.contains("health.yaml:1"), "\(bad)")
        #expect(try stub.muster("health thresholds --drop 0").status == 64)
        #expect(try stub.muster("health thresholds health.yaml --drop 5").status == 64)
        #expect(try stub.requests().count == 2)
    }

    @Test func whatIsUsualNowIsSaidToCount() throws {
        let stub = try ClientStub([
            Answers.rule(
                "POST", "/v1/health/thresholds/relearn", status: 202, QualifyTests.thresholds)
        ])
        let ran = try stub.muster([
            "health", "relearn", "NVIDIA H100", "--figure", "network", "--values", "--reason",
            "new",
        ])
        #expect(ran.status == 0 && ran.out.contains("hostToDevice"), "\(ran)")
        let body = try #require(try stub.requests().first).json()
        #expect(
            body as? [String: String] == [
                "model": "NVIDIA H100", "figure": "network", "forget": "values", "reason": "new",
            ])
    }
}
