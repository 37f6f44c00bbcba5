import Foundation
import Testing

/// Outputs are whole or absent, and never in the way of something else.
struct OutputTests {
    private static let run = "simulate --fleet 2x8/2 --jobs 30"

    @Test(arguments: ["--html", "--journal"])
    func placesThatCannotBeWrittenAreTold(option: String) throws {
        let place = try Workplace()
        for (path, words) in [
            ("absent/file", "No such file"), (".", "directory"), ("/proc/absent", "cannot create"),
        ] {
            let ran = try place.muster(["simulate", "--jobs", "30", option, path])
            #expect(ran.status == 73, "\(path)")
            #expect(ran.codes == ["M0101"])
            #expect(ran.talk.contains(words) && ran.talk.contains("expected: "), "\(ran.talk)")
            #expect(ran.out.isEmpty)
        }
        #expect(place.names.isEmpty)
    }

    @Test(arguments: ["--html", "--journal"])
    func aFullDiskEndsTheCommand(option: String) throws {
        let place = try Workplace()
        let ran = try place.muster(Self.run + " \(option) /dev/full")
        #expect(ran.status == 74)
        #expect(ran.codes == ["M0101"])
        #expect(ran.talk.contains("No space left"))
    }

    /// Under a limit of a process of its own: one of the tests' would be everybody's.
    @Test(arguments: ["--html", "--journal"])
    func aWriteThatFailsHalfwayLeavesWhatWasThere(option: String) throws {
        let place = try Workplace()
        try place.write("old", "kept")
        for file in ["new", "kept"] {
            // With the signal passed over, a write beyond the limit fails as on a full disk.
            let ran = try place.shell(
                "trap '' XFSZ; ulimit -f 2; $muster \(Self.run) \(option) \(file) > /dev/null")
            #expect(ran.status == 74)
            #expect(ran.codes == ["M0101"])
            #expect(ran.talk.contains("cannot write the file: File too large"), "\(ran.talk)")
        }
        #expect(place.names == ["kept"] && place.bytes("kept") == Array("old".utf8))
    }

    @Test(arguments: ["", " --json"])
    func aFullStandardOutputIsTold(extra: String) throws {
        let ran = try Workplace().shell("$muster \(Self.run)\(extra) > /dev/full")
        #expect(ran.status == 74)
        #expect(ran.talk.hasPrefix("standard output: error M0101: "))
        #expect(ran.talk.contains("expected: "))
    }

    @Test func aReaderThatLeavesEndsTheCommandQuietly() throws {
        let place = try Workplace()
        // Servers of other tests pass the signal over, and programs inherit that.
        let killed = try place.shell(
            "env --default-signal=PIPE $muster \(Self.run) --json | true; exit ${PIPESTATUS[0]}")
        #expect([0, 128 + SIGPIPE].contains(killed.status))
        #expect(killed.talk.isEmpty)
        let told = try place.shell(
            "trap '' PIPE; $muster \(Self.run) --json | true; exit ${PIPESTATUS[0]}")
        #expect([0, 74].contains(told.status))
        #expect(told.talk.isEmpty)
    }

    @Test func closedStreamsAreNotTakenByFiles() throws {
        let place = try Workplace()
        #expect(try place.shell("$muster \(Self.run) --journal a >&-").status == 74)
        #expect(try place.shell("$muster \(Self.run) --journal b --html c 2>&-").status == 0)
        #expect(try place.shell("$muster simulate --trace - <&-").status == 74)
        for name in ["a", "b"] { #expect(try place.muster("replay \(name)").status == 0) }
    }

    @Test func aFailedRunLeavesTheOldFilesAlone() throws {
        let place = try Workplace()
        try place.write("old", "page")
        try place.write("old", "journal")
        try place.write("submit_seconds,duration_seconds,gpus\n0,1,999\n", "bad.csv")
        let ran = try place.muster("simulate --trace bad.csv --html page --journal journal")
        #expect(ran.status == 65)
        #expect(place.bytes("page") == Array("old".utf8))
        #expect(place.bytes("journal") == Array("old".utf8))
        #expect(place.names == ["bad.csv", "journal", "page"])
    }

    @Test func aKilledRunLeavesNothingUnderTheFinalName() throws {
        let place = try Workplace()
        let ran = try place.shell(
            "$muster simulate --jobs 40000 --journal journal --html page > /dev/null & "
                + "for i in $(seq 2400); do "
                + "[ -e journal.partial ] && [ -e page.partial ] && break; sleep 0.1; done; "
                + "kill -9 $!; wait $!; exit $?")
        #expect(ran.status == 128 + SIGKILL)
        #expect(place.names == ["journal.partial", "page.partial"])
        let again = try place.muster(Self.run + " --journal journal --html page")
        #expect(again.status == 0)
        #expect(place.names == ["journal", "page"])
        #expect(try place.muster("replay journal").status == 0)
    }

    @Test func filesDoNotComeIntoEachOthersWay() throws {
        let place = try Workplace()
        let trace = "submit_seconds,duration_seconds,gpus\n0,1,1\n"
        try place.write(trace, "trace.csv")
        for line in [
            "--html one --journal one", "--trace trace.csv --html trace.csv",
            "--trace trace.csv --journal ./trace.csv", "--html -", "--journal -",
            "--trace - --fleet -",
        ] {
            let ran = try place.muster("simulate " + line)
            #expect(ran.status == 64, "\(line)")
            #expect(ran.codes == ["M0501"], "\(line)")
            #expect(ran.talk.contains("expected: "), "\(line)")
        }
        #expect(try place.muster("simulate --jobs 5 --html one --journal ./one").status == 73)
        #expect(place.names == ["trace.csv"])
        #expect(place.bytes("trace.csv") == Array(trace.utf8))
    }
}
