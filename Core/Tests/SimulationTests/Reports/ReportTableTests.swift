import Testing

@testable import Simulation

@Suite struct ReportTableTests {
    private func widest(_ text: String) -> Int {
        text.split(separator: "\n").map { TerminalText.width(String($0)) }.max() ?? 0
    }

    @Test func oneRunByHand() {
        let table = ReportTable(width: 72, isUnicode: false)
        #expect(table.text([ReportSamples.byHandReport()]) == Self.golden)
    }

    @Test func runsStandSideBySideWhereTheyFit() {
        let runs = ["fifo", "first-fit", "easy", "fair"].map { policy in
            ReportSamples.week(policy: policy, seed: 1, backfills: policy != "fifo", jobCount: 300)
        }
        let wide = ReportTable(width: 80).text(runs)
        #expect(widest(wide) <= 80)
        #expect(wide.split(separator: "\n").count { $0.contains("makespan") } == 1)
        let narrow = ReportTable(width: 40).text(runs)
        #expect(widest(narrow) <= 40)
        #expect(narrow.split(separator: "\n").count { $0.contains("makespan") } == 4)
    }

    @Test(arguments: [0, 20, 24, 33, 40, 71, 72, 80, 200])
    func neverExceedsTheTerminal(width: Int) {
        var report = ReportSamples.byHandReport()
        report.identity.workload = String(repeating: "長い名前", count: 30)
        report.identity.policy = String(repeating: "policy", count: 20)
        let text = ReportTable(width: width).text([report, ReportSamples.byHandReport()])
        #expect(widest(text) <= max(20, width))
        #expect(widest(ReportTable(width: width).text([report])) <= max(20, width))
    }

    @Test func coloursOnlyWhenAsked() {
        let runs = [
            ReportSamples.week(policy: "fifo", seed: 1, backfills: false, jobCount: 900),
            ReportSamples.week(policy: "easy", seed: 1, backfills: true, jobCount: 900),
        ]
        let plain = ReportTable(width: 80).text(runs)
        let coloured = ReportTable(width: 80, isColoured: true).text(runs)
        #expect(!plain.contains("\u{1B}"))
        #expect(coloured.contains("\u{1B}[32m"))
        let bare = coloured.replacing(/\u{1B}\[[0-9]+m/, with: "")
        #expect(bare == plain)
    }

    @Test func namesCannotControlTheTerminal() {
        var report = ReportSamples.byHandReport()
        report.identity.workload = "a\u{1B}[2Jb\u{7}\u{202E}\n\u{9B}c"
        report.identity.policy = "\u{1B}]0;x\u{7}"
        report.identity.durations = "\r\u{8}"
        report.domainsPerGang[0].level = "\u{1B}[31m"
        let text = ReportTable(width: 80).text([report])
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 })
        #expect(!text.unicodeScalars.contains { (0x7F...0x9F).contains($0.value) })
        #expect(text.contains("a?[2Jb???"))
        #expect(!text.contains("\u{202E}"))
    }

    @Test func nothingToShow() {
        #expect(ReportTable().text([]) == "")
    }

    @Test func sparklines() {
        #expect(Sparkline.text([0, 1, 4, 8, 9, -1], maximum: 8) == " ▁▄██ ")
        #expect(Sparkline.text([0.01, 8], maximum: 8, isUnicode: false) == "_#")
        #expect(Sparkline.text([1, 2], maximum: 0) == "  ")
        #expect(Sparkline.text([], maximum: 1) == "")
    }

    @Test func labelsTellRunsApart() {
        var runs = ["fifo", "easy"].map { ReportSamples.byHandReport(policy: $0) }
        #expect(RunReport.labels(of: runs) == ["fifo", "easy"])
        runs[1].identity = runs[0].identity
        runs[1].identity.placement = "fgd"
        #expect(RunReport.labels(of: runs) == ["fifo/default", "fifo/fgd"])
        runs[1].identity = runs[0].identity
        #expect(RunReport.labels(of: runs) == ["1 fifo/default", "2 fifo/default"])
    }

    @Test func terminalText() {
        #expect(TerminalText.width("a長🦫e\u{301}") == 6)
        #expect(TerminalText.truncated("長い名前", to: 8) == "長い名前")
        #expect(TerminalText.truncated("長い名前", to: 7) == "長い名…")
        #expect(TerminalText.truncated("長い名前", to: 6) == "長い…")
        #expect(TerminalText.truncated("abc", to: 0) == "")
        #expect(TerminalText.right("é", 3) == "  é")
        #expect(TerminalText.left("abcd", 3) == "abcd")
    }

    private static let golden = """
        by hand on 4x2/2: 4 nodes, 8 GPUs

          policy                                fifo
        Run
          placement                          default
          durations                             none
          seed                  18446744073709551615
        Jobs
          submitted                                5
          started                                  3
          finished                                 3
          failed                                   1
          cancelled                                1
          refused                                  1
          preemptions                              1
        First reason to wait
          capacity                                 2
          pool                                     1
        GPUs
          allocation                          63.7 %
          GPU-hours in use                      0.23
          GPU-hours waited for                  0.18
          GPU-hours lost                        0.02
          makespan                            2m 40s
        Time the fleet was
          idle                                37.5 %
          healthy                              0.0 %
          congested                           31.2 %
          starving                            31.2 %
        Domains per gang
          leaf                                  1.67
          host                                  2.67
        Simulation
          inputs                                  14
          decisions                                9
          real time                            0.25s
          peak memory                         12 MiB
        Times                jobs    mean  median    90 %    99 %  highest
          wait                  3     17s      0s     50s     50s      50s
          wait, 1 GPU           1      0s      0s      0s      0s       0s
          wait, 2-7 GPUs        1      0s      0s      0s      0s       0s
          wait, 8 GPUs          1     50s     50s     50s     50s      50s
          submission to end     3  1m 37s  1m 40s  2m 40s  2m 40s   2m 40s
          slowdown (10 min)     3    1.00    1.00    1.00    1.00     1.00

        GPUs in use over time
          fifo: 0 to 8 GPUs, 3m 10s
          ::::::=======.__-################+:::::::::::::::::::.
        GPUs waited for over time
          fifo: 0 to 12 GPUs, 3m 10s
          +++++++++++++###*----------------_

        State hash
          fifo  000000000000beef

        """
}
