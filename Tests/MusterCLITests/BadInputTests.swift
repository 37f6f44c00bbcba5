import FleetModel
import Foundation
import Testing

/// One mistaken input and what the program has to say to it.
struct BadInput: CustomTestStringConvertible, Sendable {
    /// What is wrong.
    var name: String
    /// The text of the file `input`.
    var text: String
    /// Arguments of `muster`.
    var line: String
    /// The exit status.
    var status: Int32 = 65
    /// The codes, in order.
    var codes: [String]
    /// What standard error contains.
    var says: [String] = []

    var testDescription: String { name }

    static func trace(
        _ name: String, _ rows: String, _ codes: [String], _ says: [String] = []
    ) -> BadInput {
        BadInput(
            name: name, text: "submit_seconds,duration_seconds,gpus\n" + rows,
            line: "simulate --fleet 4x8/2 --trace input", codes: codes, says: says)
    }

    static func scenario(
        _ name: String, _ rest: String, _ codes: [String], _ says: [String] = []
    ) -> BadInput {
        BadInput(
            name: name, text: "fleet: 4x8/2\n" + rest, line: "simulate --workload input",
            codes: codes, says: says)
    }

    static func command(_ line: String, _ code: String = "M0501", status: Int32 = 64) -> BadInput {
        BadInput(name: line, text: "", line: line, status: status, codes: [code])
    }
}

/// Mistakes of people and broken files: all of them told at once, nothing trapped or written.
struct BadInputTests {
    static let traces: [BadInput] = [
        BadInput(
            name: "missing columns", text: "submit_seconds,gpus\n0,1\n",
            line: "simulate --trace input --trace-format muster", codes: ["M0301"],
            says: ["input:1:", "'duration_seconds'", "hint: "]),
        .trace(
            "negative sizes", "0,10,-3\n1,10,1\n2,-5,1\n3,1,abc\n", ["M0302", "M0302", "M0302"],
            ["input:2:", "'-3'", "below zero", "input:4:", "input:5:", "'abc'"]),
        .trace(
            "numbers without end", "0,1,99999999999999999999\n1e9,1,1\nnan,1,1\n0,inf,1\n",
            ["M0302", "M0302", "M0302", "M0302"], ["too large"]),
        .trace("wrong field counts", "0,1\n0,1,1,1\n", ["M0302", "M0302"], ["has 2 fields"]),
        .trace("an open quote", "\"0,1,1\n", ["M0302"], ["closing quote"]),
        .trace(
            "gangs larger than the fleet", "0,10,5000\n0,10,33\n0,10,32\n", ["M0304", "M0304"],
            ["input:2:", "input:3:", "expected: at most 32", "--skip-unplaceable"]),
        BadInput(
            name: "hosts that are too small",
            text: "submit_seconds,duration_seconds,gpus,cpu_milli,memory_mib\n"
                + "0,1,0,192001,\n0,1,1,1,2097153\n0,1,32,768000,\n0,1,32,768004,\n",
            line: "simulate --fleet 4x8/2 --trace input", codes: ["M0304", "M0304", "M0304"],
            says: [
                "input:2:", "0 of the job's 1 member of 192001 mCPU", "input:3:",
                "1 × 1000 mGPU, 1 mCPU, 2097153 MiB of memory", "input:5:",
                "0 of the job's 4 members of 8 × 1000 mGPU, 192001 mCPU", "--skip-unplaceable",
            ]),
        .trace("a header alone", "", ["M0305"]),
        BadInput(
            name: "nothing", text: "", line: "simulate --trace input", codes: ["M0305"],
            says: ["input: "]),
        BadInput(
            name: "an unknown format", text: "a,b,c\n1,2,3\n", line: "simulate --trace input",
            codes: ["M0303"], says: ["input:1:", "docs/TRACE-FORMAT.md"]),
        BadInput(
            name: "no such kind", text: "submit_seconds,duration_seconds,gpus,kinds\n0,1,1,H900\n",
            line: "simulate --trace input", codes: ["M0304"], says: ["input:2:", "H900"]),
        BadInput(
            name: "more tenants than an engine takes",
            text: "submit_seconds,duration_seconds,gpus,tenant\n"
                + (0..<10_001).map { "0,1,1,t\($0)\n" }.joined(),
            line: "simulate --trace input --journal journal", codes: ["M0302"],
            says: ["10001 tenants", "at most 10000"]),
        BadInput(
            name: "GPUs of a fleet without",
            text: "submit_seconds,duration_seconds,gpus\n0,1,1\n",
            line: "simulate --trace input --fleet 4x0/2", codes: ["M0304"], says: ["1 GPU,"]),
        .trace("a line too long", String(repeating: "1", count: 2 << 20), ["M0103"], ["input:2:"]),
    ]

    static let documents: [BadInput] = [
        .scenario(
            "jobs beyond the fleet",
            """
            jobs:
              - {name: a, members: 9, gpus: 8, runTime: 1h}
              - {name: b, gpus: 9, runTime: 1h}
              - {name: c, members: -1, gpus: 8, runTime: 1h}
            """, ["M0304", "M0304", "M0204"], ["input:3:", "input:4:", "input:5:", "'-1'"]),
        .scenario(
            "levels",
            """
            jobs:
              - {name: a, members: 2, gpus: 8, runTime: 1h, topology: {required: galaxy}}
              - {name: b, members: 3, gpus: 8, runTime: 1h, topology: {required: leaf}}
            """, ["M0205", "M0304"], ["galaxy", "one of leaf, host", "in one leaf"]),
        .scenario(
            "a cycle of dependencies",
            """
            jobs:
              - {name: a, gpus: 1, runTime: 1h, dependsOn: [b]}
              - {name: b, gpus: 1, runTime: 1h, dependsOn: [a]}
            """, ["M0207"], ["input:3:", "expected: ", "hint: "]),
        .scenario(
            "a cycle of tenants",
            """
            tenants:
              - {name: a, parent: b}
              - {name: b, parent: a}
            jobs: [{name: a, gpus: 1, runTime: 1h}]
            """, ["M0207"], ["input:3:", "above itself"]),
        .scenario(
            "guarantees above capacity",
            """
            tenants:
              - {name: x, quota: {GPU: {guaranteed: 20}}}
              - {name: y, quota: {GPU: {guaranteed: 20}}}
            jobs: [{name: a, tenant: x, gpus: 1, runTime: 1h}]
            """, ["M0208"], ["40 GPU", "at most 32", "hint: "]),
        .scenario(
            "unknown kinds and tenants",
            """
            tenants: [{name: x}]
            jobs:
              - {name: a, tenant: x, gpus: 1, accelerators: [H900], runTime: 1h}
              - {name: b, tenant: zz, gpus: 1, runTime: 1h}
            """, ["M0205", "M0205"], ["H900", "zz"]),
        .scenario("what is no YAML", "jobs:\n\t- {name: a", ["M0201"], ["input:3:"]),
        .scenario(
            "depth", "jobs: " + String(repeating: "[", count: 20_000), ["M0201"], ["64 levels"]),
        BadInput(
            name: "parts that are not there",
            text: "fleet: one.yaml\ntenants: two.yaml\njobs: three.yaml\n",
            line: "simulate --workload input", status: 66, codes: ["M0101", "M0101", "M0101"],
            says: ["input:1:", "'one.yaml'", "'two.yaml'", "'three.yaml'"]),
        BadInput(
            name: "an empty fleet", text: "", line: "simulate --fleet input", codes: ["M0201"]),
        BadInput(
            name: "empty tenants", text: "", line: "simulate --tenants input", codes: ["M0201"]),
        BadInput(
            name: "no journal", text: "what a day", line: "replay input", codes: ["M0401"],
            says: ["MUSTERJ1"]),
        BadInput(name: "an empty journal", text: "", line: "replay input", codes: ["M0402"]),
    ]

    static let commands: [BadInput] = [
        .command("simulate --policy nope"), .command("simulate --policy fair,fair"),
        .command("simulate --policy fair,"), .command("simulate --placement fair"),
        .command("simulate --durations x"), .command("simulate --until x"),
        .command("simulate --until 99999999999999999999d"),
        .command("simulate --decision-cost x"), .command("simulate --decision-cost ns"),
        .command("simulate --decision-cost 99999999999999ns"),
        .command("simulate --jobs 0"), .command("simulate --jobs=-5"),
        .command("simulate --jobs 99999999"), .command("simulate --load 0"),
        .command("simulate --load 1001"), .command("simulate --fleet 1x0/1"),
        .command("simulate --trace input --workload itp"), .command("simulate --workload nope"),
        .command("simulate --journal x --policy fair,fifo"),
        .command("simulate --trace input --trace-format nope", "M0303"),
        .command("simulate --fleet 100001x8/16", "M0209"),
        .command("simulate --fleet 0x8/1", "M0209"), .command("simulate --fleet 64x8/0", "M0209"),
        .command("simulate --fleet 64x8/", "M0209"), .command("simulate --fleet 64", "M0209"),
        .command("simulate --fleet 64x65", "M0209"), .command("simulate --fleet 64x-1", "M0209"),
        .command("simulate --fleet 64x8/16/2/3/4", "M0209"),
        .command("simulate --fleet 99999999999999999999x8", "M0209"),
        .command("fill --fleet 4x8 --trace input --seeds 5-1"),
        .command("fill --fleet 4x8 --trace input --seeds 1,,2"),
        .command("fill --fleet 4x8 --trace input --seeds 0-18446744073709551615"),
        .command("fill --fleet 4x8 --trace input --placement fgd,fgd"),
        .command("fill --fleet 4x8 --trace input --placement nope"),
        BadInput(
            name: "a fill without GPUs", text: "submit_seconds,duration_seconds,gpus\n0,1,1\n",
            line: "fill --fleet 4x0 --trace input", status: 64, codes: ["M0501"]),
        .command("simulate --trace absent", "M0101", status: 66),
        .command("simulate --fleet absent.yaml", "M0101", status: 66),
        .command("simulate --tenants absent.yaml", "M0101", status: 66),
        .command("simulate --workload absent.yaml", "M0101", status: 66),
        .command("simulate --trace .", "M0101", status: 66),
        .command("simulate --fleet .", "M0101", status: 66),
        .command("simulate --workload .", "M0101", status: 66),
        .command("replay absent", "M0101", status: 66), .command("replay .", "M0101", status: 66),
    ]

    @Test(arguments: traces + documents + commands)
    func isTold(bad: BadInput) throws {
        let place = try Workplace()
        try place.write(bad.text, "input")
        expect(bad, try place.muster(bad.line), place)
    }

    private func expect(_ bad: BadInput, _ ran: Ran, _ place: Workplace) {
        #expect(ran.status == bad.status, "\(ran.talk)")
        #expect(ran.codes == bad.codes, "\(ran.talk)")
        for words in bad.says { #expect(ran.talk.contains(words), "\(words) in \(ran.talk)") }
        let expectations = ran.talk.split(separator: "\n").count { $0.hasPrefix("    expected: ") }
        #expect(expectations == bad.codes.count, "\(ran.talk)")
        #expect(ran.out.isEmpty)
        #expect(place.names == ["input"])
        for code in Set(ran.codes) {
            let page = Program.repository + "/docs/errors/\(code).md"
            #expect(FileManager.default.fileExists(atPath: page), "\(page)")
        }
    }

    @Test func brokenGzipIsTold() throws {
        let place = try Workplace()
        try place.write("submit_seconds,duration_seconds,gpus\n0,1,1\n", "a")
        #expect(try place.shell("gzip a").status == 0)
        let whole = try #require(place.bytes("a.gz"))
        var flipped = whole
        flipped[whole.count - 6] ^= 1
        let broken = [
            Array(whole.dropLast()), Array(whole.prefix(20)), Array(whole.prefix(2)), [],
            flipped, whole + Array("more".utf8),
        ]
        for bytes in broken {
            try place.write(bytes, "b.gz")
            for line in ["simulate --trace b.gz", "simulate --fleet b.gz"] {
                let ran = try place.muster(line)
                #expect(ran.status == 65, "\(line), \(bytes.count) bytes")
                #expect(ran.codes == ["M0102"], "\(line), \(bytes.count) bytes: \(ran.talk)")
                #expect(ran.talk.contains("expected: ") && ran.talk.contains("hint: "))
            }
        }
    }

    /// A line is given up after its first MiB, so more megabytes would only take longer.
    @Test func aLineOfManyMegabytesIsToldFromAPipeAndFromGzip() throws {
        let place = try Workplace()
        let zeros = "head -c 30000000 /dev/zero"
        for line in [
            "(echo submit_seconds,duration_seconds,gpus; \(zeros)) | $muster simulate --trace -",
            "\(zeros) | gzip -1 | $muster simulate --trace -",
        ] {
            let ran = try place.shell(line)
            #expect(ran.status == 65)
            #expect(ran.codes == ["M0103"], "\(ran.talk)")
        }
    }

    @Test func noiseIsToldWhereverItIsGiven() throws {
        let place = try Workplace()
        var random = SplitMix(seed: 9)
        for _ in 0..<8 {
            try place.write((0..<3000).map { _ in UInt8(random.below(256)) }, "noise")
            for line in [
                "simulate --trace noise", "simulate --fleet noise", "simulate --tenants noise",
                "simulate --workload noise", "replay noise", "fill --fleet 4x8 --trace noise",
            ] {
                let ran = try place.muster(line)
                #expect(ran.status == 65, "\(line): \(ran.talk)")
                #expect(!ran.codes.isEmpty)
                #expect(!ran.talk.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
            }
        }
    }

    @Test func unplaceableJobsMayBeCountedInstead() throws {
        let place = try Workplace()
        try place.write(
            "submit_seconds,duration_seconds,gpus\n0,10,5000\n0,10,1\n0,1,200003\n", "t.csv")
        let ran = try place.muster("simulate --trace t.csv --skip-unplaceable --json")
        #expect(ran.status == 0)
        let run = try #require((try ran.json() as? [[String: Any]])?.first)
        #expect(run["refused"] as? Int == 2)
        #expect(run["finished"] as? Int == 1)
    }

    @Test func jobsOfKindsThatTheFleetLacksAreRefusedAndDoNotRunElsewhere() throws {
        let place = try Workplace()
        try place.write(
            "submit_seconds,duration_seconds,gpus,kinds\n0,9,1,H900\n0,9,1,GPU|H900\n0,9,0,H900\n",
            "t.csv")
        let ran = try place.muster("simulate --fleet 2x8 --trace t.csv --skip-unplaceable --json")
        let run = try #require((try ran.json() as? [[String: Any]])?.first)
        #expect(run["refused"] as? Int == 1)
        #expect(run["finished"] as? Int == 2)
    }

    @Test func podsThatDoNotFitFailAFillAsItsProtocolSays() throws {
        let place = try Workplace()
        try place.write("submit_seconds,duration_seconds,gpus\n0,1,99\n0,1,8\n", "pods.csv")
        let ran = try place.muster("fill --fleet 4x8 --trace pods.csv --seeds 1 --json")
        #expect(ran.status == 0, "\(ran.talk)")
        let rule = try #require((try ran.json() as? [[String: Any]])?.first)
        let seed = try #require((rule["seeds"] as? [[String: Any]])?.first)
        #expect(try #require(seed["failures"] as? Int) >= 1)
    }

    @Test(arguments: ["1x1/1", "3x7/2/2/2", "64x8", "4x64/100000", "1000x64/16"])
    func fleetsAtTheirLimitsRun(fleet: String) throws {
        let ran = try Workplace().muster("simulate --fleet \(fleet) --jobs 30 --policy fair,easy")
        #expect(ran.status == 0, "\(ran.talk)")
    }
}
