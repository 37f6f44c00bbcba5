import FleetModel
import Testing

@testable import Simulation

@Suite struct TraceReaderTests {
    private let second: Int64 = 1_000_000_000

    @Test func musterFormatHasEveryColumn() throws {
        let text = """
            priority,gpus,name,submit_seconds,duration_seconds,gpu_milli,cpu_milli,memory_mib,\
            kinds,tenant,family,limit_seconds,extra
            -3,1,"a ""b"", c",10.000000001,5.5,250,4000,1024,H100|A100|,lab,llama,3600,x
            ,16,,10,,,,,,,,,
            """
        let trace = try readTrace(text).get()
        #expect(trace.format == .muster)
        try #require(trace.jobs.count == 2)
        let plain = trace.jobs[0]
        #expect(plain.line == 3)
        #expect(plain.gpus == 16 && plain.gpuMilli == 1000 && plain.durationNanoseconds == -1)
        #expect(plain.limitNanoseconds == -1 && plain.priority == 0 && plain.kinds.isEmpty)
        let full = trace.jobs[1]
        #expect(full.submitNanoseconds == 1)
        #expect(full.name == "a \"b\", c")
        #expect(full.durationNanoseconds == 5_500_000_000)
        #expect(full.gpuMilli == 250 && full.cpuMilli == 4000 && full.memoryMiB == 1024)
        #expect(full.kinds == ["H100", "A100"])
        #expect(full.tenant == "lab" && full.family == "llama" && full.priority == -3)
        #expect(full.limitNanoseconds == 3600 * second)
    }

    @Test func lineEndsAndBlankLinesDoNotMatter() throws {
        let rows =
            [["submit_seconds", "duration_seconds", "gpus", "tenant"]]
            + [["0", "1", "2", "a"], ["3", "4", "5", "b"]]
        let lines = rows.map { $0.joined(separator: ",") }
        let spaced = rows.map { $0.joined(separator: " ,\t ") }
        let quoted = rows.map { row in row.map { "\"" + $0 + "\"" }.joined(separator: " , ") }
        let plain = try readTrace(lines.joined(separator: "\n")).get().jobs
        #expect(plain.count == 2 && plain[1].tenant == "b")
        let variants: [String] = [
            lines.joined(separator: "\r\n") + "\r\n",
            "\u{FEFF}" + lines.joined(separator: "\n") + "\n",
            "\u{FEFF}" + lines.joined(separator: "\r\n"),
            lines.joined(separator: "\n") + "\n\n  \n\t\r\n",
            spaced.joined(separator: "\n"),
            quoted.joined(separator: "\n"),
        ]
        for text in variants {
            for size in [1, 2, 3, 7, 1000] {
                #expect(try readTrace([UInt8](text.utf8), chunk: size).get().jobs == plain)
            }
        }
        let blanksFirst = try readTrace("\n\r\n \n" + lines.joined(separator: "\n")).get().jobs
        #expect(blanksFirst.map(\.line) == [5, 6])
    }

    @Test func sortsStablyAndStartsAtZero() throws {
        let text = """
            submit_seconds,duration_seconds,gpus,name
            30,1,1,d
            10,1,1,a
            20,1,1,b
            20,1,1,c
            10,1,1,a2
            """
        let jobs = try readTrace(text).get().jobs
        #expect(jobs.map(\.name) == ["a", "a2", "b", "c", "d"])
        #expect(jobs.map { $0.submitNanoseconds / second } == [0, 0, 10, 10, 20])
    }

    @Test(
        arguments: [
            ("0", 0), ("2240194.0", 2_240_194_000_000_000), ("1.", 1_000_000_000),
            ("+1", 1_000_000_000),
            ("0.1", 100_000_000), ("0.000000001", 1), ("0.0000000019", 1), (".5", nil),
            ("3155760000", 3_155_760_000_000_000_000), ("3155760000.0", 3_155_760_000_000_000_000),
            ("3155760000.1", nil), ("3155760001", nil), ("99999999999999999999999999", nil),
            ("-1", nil), ("-0.5", nil), ("1e5", nil), ("nan", nil), ("inf", nil), ("0x10", nil),
            ("1.2.3", nil), ("1,5", nil), ("--1", nil), ("-", nil), ("+", nil), ("1 2", nil),
            ("１", nil), ("", nil),
        ] as [(String, Int64?)])
    func secondsAreExact(_ text: String, _ nanoseconds: Int64?) {
        let result = readTrace(
            "job_id,submission_time,num_gpu,duration\nx,0,1,\"\(text)\"\n")
        guard let nanoseconds else {
            #expect(diagnostics(result).map(\.code) == [.invalidField])
            #expect(diagnostics(result).first?.line == 2)
            return
        }
        #expect((try? result.get())?.jobs[0].durationNanoseconds == nanoseconds)
    }

    @Test(
        arguments: [
            ("1970-01-01 00:00:00", 0), ("1970-01-02T00:00:01", 86_401),
            (
                "2000-02-29 12:00:00",
                951_825_600
            ), ("2017-09-04 10:30:41", 1_504_521_041),
            (
                "2016-12-31 23:59:59",
                1_483_228_799
            ), ("2017-02-29 00:00:00", nil), ("2017-13-01 00:00:00", nil),
            ("2017-00-01 00:00:00", nil), ("2017-04-31 00:00:00", nil),
            ("2017-04-00 00:00:00", nil),
            ("2017-04-01 24:00:00", nil), ("2017-04-01 00:60:00", nil),
            ("2017-04-01 00:00:60", nil),
            ("1969-12-31 23:59:59", nil), ("2070-01-01 00:00:00", nil), ("2017-04-01", nil),
            ("2017-04-01 00:00:00Z", nil), ("2017/04/01 00:00:00", nil), ("None", nil), ("", nil),
            ("9999-12-31 23:59:59", nil), ("-017-04-01 00:00:00", nil),
        ] as [(String, Int64?)])
    func wallClocks(_ text: String, _ seconds: Int64?) {
        let header = "timestamp,duration,num_gpus,cluster\n1970-01-01 00:00:00,1,1,a\n"
        let result = readTrace(header + text + ",1,1,a\n")
        guard let seconds else {
            #expect(diagnostics(result).map(\.code) == [.invalidField])
            #expect(diagnostics(result).first?.line == 3)
            return
        }
        #expect((try? result.get())?.jobs[1].submitNanoseconds == seconds * second)
    }

    @Test func civilDatesFollowTheCalendar() {
        var expected: Int64 = 0
        for year in Int64(1970)...2400 {
            for month in Int64(1)...12 {
                #expect(CivilDate.daysSince1970(year: year, month: month, day: 1) == expected)
                expected += CivilDate.days(inMonth: month, of: year)
            }
        }
        #expect(expected == 157_420)
    }

    @Test func openbTimesAndShares() throws {
        let header =
            "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,"
            + "deletion_time,scheduled_time\n"
        let rows = """
            a,1000,2048,1,460,,LS,Running,10,110,60
            b,1000,2048,0,0,,BE,Pending,20,120,
            c,1000,2048,2,1000,V100M16|V100M32,BE,Running,30,,35
            """
        let jobs = try readTrace(header + rows).get().jobs
        #expect(jobs[0].durationNanoseconds == 50 * second)
        #expect(jobs[1].durationNanoseconds == 100 * second)
        #expect(jobs[2].durationNanoseconds == -1)
        #expect(jobs.map(\.gpuMilli) == [460, 1000, 1000])
        #expect(jobs[2].kinds == ["V100M16", "V100M32"])
        let bad = """
            a,1000,2048,1,0,,LS,Running,10,110,60
            b,1000,2048,1,1001,,LS,Running,10,110,60
            c,-1,2048,1,1000,,LS,Running,10,110,60
            d,1,2048,1,1000,,LS,Running,10,50,60
            e,1,1099511627777,1,1000,,LS,Running,10,70,60
            """
        let found = diagnostics(readTrace(header + bad))
        #expect(found.map(\.line) == [2, 3, 4, 5, 6])
        #expect(found.allSatisfy { $0.code == .invalidField && !$0.expected.isEmpty })
    }

    @Test func standardWorkloadFormat() throws {
        let text = """
            ; Version: 2.2
            ; UnixStartTime: 0
              1  100  5  600  4  -1  -1  8  3600  2048  1  7  1  3  1 -1 -1 -1
              2  110  5  600  4  -1  -1 -1    -1    -1  1 -1 -1 -1 -1 -1 -1 -1
            ; a comment in between
              3  120  5   -1  4  -1  -1  8  3600    -1  5  7  1  3  1 -1 -1 -1
              4  130  5  600  0  -1  -1 -1  3600    -1  5  7  1  3  1 -1 -1 -1
              5  140  5  600  4  -1  -1  8  3600    -1  2  7  1  3  1 -1 -1 -1
              6  150  5    0  4 12.5 -1.00 8  3600   1  0  7  1  3  1 -1 -1 -1
            """
        let trace = try readTrace(text).get()
        #expect(trace.format == .swf)
        #expect(trace.skippedRows == 3)
        #expect(trace.jobs.map(\.name) == ["1", "2", "6"])
        #expect(trace.jobs.map(\.gpus) == [8, 4, 8])
        #expect(trace.jobs.map(\.line) == [3, 4, 9])
        #expect(trace.jobs.map(\.memoryMiB) == [16, 0, 1])
        let hour = 3600 * second
        #expect(trace.jobs.map(\.limitNanoseconds) == [hour, -1, hour])
        #expect(trace.jobs.map(\.tenant) == ["user-7", "", "user-7"])
        #expect(trace.jobs.map(\.family) == ["app-3", "", "app-3"])
        #expect(trace.jobs.map { $0.submitNanoseconds / second } == [0, 10, 50])
        let bare = text.split(separator: "\n").filter { !$0.hasPrefix(";") }
        #expect(try readTrace(bare.joined(separator: "\n")).get().jobs.count == 3)
    }

    @Test func standardWorkloadFormatMistakes() {
        let text = """
            ;
            1 -1 5 600 4 -1 -1 8 3600 -1 1 7 1 3 1 -1 -1 -1
            2 0 5 -2 4 -1 -1 8 3600 -1 1 7 1 3 1 -1 -1 -1
            3 0 5 600 x -1 -1 8 3600 -1 1 7 1 3 1 -1 -1 -1
            4 0 5 600 4 -1 -1 8 3600
            5 0 5 600 4 -1 -1 6400000 3600 1099511627776 1 7 1 3 1 -1 -1 -1
            6 0 5 600 4 -1 -1 8 3600 -1 1 99999999999999999999999 1 3 1 -1 -1 -1
            """
        let found = diagnostics(readTrace(text))
        #expect(found.map(\.line) == [2, 3, 4, 5, 6, 7])
        #expect(found.allSatisfy { $0.code == .invalidField })
        let skipped = "; \n1 0 5 -1 4 -1 -1 8 3600 -1 5 7 1 3 1 -1 -1 -1\n"
        #expect(diagnostics(readTrace(skipped)).map(\.code) == [.emptyTrace])
    }
}
