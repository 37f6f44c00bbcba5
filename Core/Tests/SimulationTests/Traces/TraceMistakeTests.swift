import FleetModel
import Testing

@testable import Simulation

@Suite struct TraceMistakeTests {
    private let header = "submit_seconds,duration_seconds,gpus\n"

    @Test func everyMissingColumnIsNamedAtOnce() throws {
        let found = diagnostics(readTrace("job_id,num_gpu,model_name,num_iteration\na,b,c,d\n"))
        try #require(found.count == 1)
        #expect(found[0].code == .missingColumn)
        #expect(found[0].line == 1 && found[0].file == "trace.csv")
        #expect(found[0].message.contains("'submission_time', 'duration'"))
        #expect(found[0].hint.contains("num_iteration"))
    }

    @Test func aColumnTwiceIsRefused() {
        let found = diagnostics(readTrace("submit_seconds,duration_seconds,gpus,gpus\n0,1,1,2\n"))
        #expect(found.map(\.code) == [.missingColumn])
    }

    @Test(arguments: TraceFormat.allCases.filter { $0 != .swf })
    func dropsOfEachColumnAreFound(_ format: TraceFormat) {
        for dropped in format.columns.required {
            let rest = format.columns.required.filter { $0 != dropped }
            for given in [nil, format] {
                let found = diagnostics(
                    readTrace(rest.joined(separator: ",") + "\n", format: given))
                #expect(found.map(\.code) == [.missingColumn])
                #expect(found.first?.message.contains("'\(dropped)'") == true)
            }
        }
    }

    @Test(arguments: [
        "hello,world\n1,2\n", "{\"a\": 1}\n", "\u{1F}\u{8B}\u{08}\u{00}", "\"", "1 2 3\n",
        "sn,cpu_milli,memory_mib,gpu,model\na,1,1,1,b\n",
    ])
    func unknownFormats(_ text: String) {
        let found = diagnostics(readTrace(text))
        #expect(found.map(\.code) == [.unknownFormat])
        #expect(found.first?.message.contains("\u{1F}") == false)
        #expect(found.first?.expected.contains("submission_time") == true)
    }

    @Test(arguments: ["", "\n\n", "\u{FEFF}", "submit_seconds,duration_seconds,gpus\n"])
    func emptyTraces(_ text: String) {
        #expect(diagnostics(readTrace(text)).map(\.code) == [.emptyTrace])
    }

    @Test func allMistakesAreReportedWithTheirLines() throws {
        let text =
            header + "-1,2,3\n1,-2,3\n1,2,-3\n1,2,x\n1,2\n1,2,3,4\n1,2,1.5\nx,y,z\n"
            + "\"1,2,3\n1\"1,2,3\n1,2,99999999999\n0,0,0\n"
        let found = diagnostics(readTrace(text))
        #expect(found.map(\.line) == [2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 10, 11, 12])
        #expect(found.allSatisfy { $0.code == .invalidField && !$0.expected.isEmpty })
        #expect(found[0].message == "'-1' in column 'submit_seconds' is below zero")
        #expect(found.last?.message.contains("too large") == true)
        for size in [1, 7] {
            #expect(diagnostics(readTrace([UInt8](text.utf8), chunk: size)) == found)
        }
    }

    @Test func musterFieldsAreChecked() {
        let text =
            "submit_seconds,duration_seconds,gpus,gpu_milli,limit_seconds,priority\n"
            + "0,1,2,500,,\n0,1,1,0,,\n0,1,1,1001,,\n0,1,1,,0,\n0,1,1,,-5,\n0,1,1,,,x\n"
            + "0,1,1,,,2147483648\n0,1,1,,,-2147483648\n0,1,1,500,60,-2147483647\n"
        let found = diagnostics(readTrace(text))
        #expect(found.map(\.line) == [2, 3, 4, 5, 6, 7, 8, 9])
    }

    @Test func onlyTheFirstHundredMistakesAreKept() {
        let text = header + String(repeating: "x,1,1\n", count: 1000)
        let found = diagnostics(readTrace(text))
        #expect(found.count == 101)
        #expect(found.last?.message.hasPrefix("900 more") == true)
        #expect(found[99].line == 101)
    }

    @Test func messagesQuoteNoControlCharactersAndNoLongText() {
        let long = String(repeating: "A", count: 100_000)
        let found = diagnostics(readTrace(header + "\u{1B}[31m,1,1\n\(long),1,1\n"))
        #expect(found[0].message.hasPrefix("'?[31m'"))
        #expect(found[1].message.count < 120)
    }

    @Test func aLineMayHaveOneMiBAndNoMore() {
        let limit = 1 << 20
        func text(_ length: Int) -> [UInt8] {
            let prefix = [UInt8]((header + "0,1,1,").utf8)
            let start = prefix.count - header.utf8.count
            return prefix + [UInt8](repeating: 0x41, count: length - start)
                + [UInt8]("\n5,1,1\n".utf8)
        }
        for size in [4097, 1 << 16, 1 << 22] {
            let fits = diagnostics(readTrace(text(limit), chunk: size))
            #expect(fits.map(\.code) == [.invalidField])
            let found = diagnostics(readTrace(text(limit + 1), chunk: size))
            #expect(found.map(\.code) == [.lineTooLong])
            #expect(found.map(\.line) == [2])
        }
    }

    @Test func anEndlessLineIsRefusedInBoundedMemory() {
        let chunk = [UInt8](repeating: 0x41, count: 1 << 20)
        var reader = TraceReader(file: "a")
        reader.feed([UInt8](header.utf8))
        for _ in 0..<2048 { reader.feed(chunk[0..<1024].withUnsafeBytes { Array($0) }) }
        for _ in 0..<8 { reader.feed(chunk) }
        #expect(reader.wantsMore)
        reader.feed([UInt8]("\nx,1,1".utf8))
        let found = diagnostics(reader.finish())
        #expect(found.map(\.code) == [.lineTooLong, .invalidField])
        #expect(found.map(\.line) == [2, 3])

        var headless = TraceReader(file: "a")
        for _ in 0..<3 { headless.feed(chunk) }
        headless.feed([UInt8]("\n1\n".utf8))
        #expect(!headless.wantsMore)
        #expect(diagnostics(headless.finish()).map(\.code) == [.lineTooLong])
    }

    @Test func formatNames() {
        #expect((try? TraceFormat.from(name: "openb").get()) == .openb)
        let found = diagnostics(TraceFormat.from(name: "csv"))
        #expect(found.map(\.code) == [.unknownFormat])
        #expect(found[0].expected == "one of itp, philly, openb, swf, muster")
    }

    @Test func nodeListMistakes() {
        let text =
            "model,sn,cpu_milli,memory_mib,gpu\nT4,a,1,1,1\nT4,a,1,1,1\nT4,b,1,1,65\nT4,c,-1,1,1\n"
            + "T4,,1,1,1\nT4,d\n,e,1,1,0\n"
        var reader = OpenbNodeReader(file: "nodes.csv")
        reader.feed([UInt8](text.utf8))
        let found = diagnostics(reader.finish())
        #expect(found.map(\.line) == [3, 4, 5, 6, 7])
        #expect(found[0].code == .duplicateName)
        var empty = OpenbNodeReader(file: "nodes.csv")
        empty.feed([UInt8]("sn,gpu\n".utf8))
        #expect(diagnostics(empty.finish()).map(\.code) == [.missingColumn])
        #expect(!OpenbNodeReader.recognises([UInt8]("sn,gpu\n".utf8)))
        #expect(OpenbNodeReader.recognises([UInt8](text.utf8)))
    }

    /// Random bytes, and random edits of a good file, end in jobs or in diagnostics, never a trap.
    @Test func randomBytes() {
        let good = [UInt8]((header + "0,1,2\n\"3\",4.5,6\n7,8,9\n").utf8)
        var random = SplitMix(seed: 7)
        let letters = [UInt8]("0123456789,\"\n\r.-+ ;\t".utf8)
        for _ in 0..<3000 {
            var bytes = good
            for _ in 0...random.below(4) {
                let at = random.below(bytes.count)
                switch random.below(3) {
                case 0: bytes[at] = letters[random.below(letters.count)]
                case 1: bytes.remove(at: at)
                default: bytes.insert(UInt8(random.below(256)), at: at)
                }
            }
            let whole = readTrace(bytes)
            let pieces = readTrace(bytes, chunk: 1 + random.below(5))
            #expect(diagnostics(whole) == diagnostics(pieces))
            if case .success(let trace) = whole {
                #expect(trace.jobs.allSatisfy { $0.submitNanoseconds >= 0 && $0.gpus >= 0 })
            }
        }
    }
}
