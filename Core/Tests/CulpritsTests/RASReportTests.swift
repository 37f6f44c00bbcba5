import FleetModel
import Testing

@testable import Culprits

@Suite struct RASReportTests {
    private func report(_ text: String) throws -> RASReport {
        guard case .ras(let report) = try EvidenceFile(Array(text.utf8), name: "ras") else {
            throw EvidenceFault(0, "it is a flight record")
        }
        return report
    }

    /// The shape of NCCL's user guide, "RAS".
    static let json = """
        {"nccl_version": "2.29.1", "timestamp": "2025-12-19 13:06:53",
         "communicators_count": 2, "communicators": [
          {"hash": "0xae94", "secondary_hash": "0xb7:0xb8", "size": 2, "ranks_count": 1,
           "missing_ranks_count": 1, "ranks": [
             {"rank": 0, "host": "10.0.0.1", "pid": 70, "cuda_dev": 0, "nvml_dev": 0,
              "status": {"init_state": 0, "async_error": 6, "abort_flag": false},
              "collective_counts": {"Broadcast": 1, "AllReduce": 40}}],
           "missing_ranks": [
             {"rank": 1, "host": "10.0.0.2", "pid": 81, "cuda_dev": 1, "nvml_dev": 1,
              "status": {"unresponsive": true, "considered_dead": true}}]},
          {"hash": "0xffff", "size": 8, "ranks_count": 6, "missing_ranks_count": 2, "ranks": [],
           "missing_ranks": [
             {"rank": 5, "host": "10.0.0.2", "pid": 81,
              "status": {"unresponsive": true, "considered_dead": false}},
             {"rank": 6, "host": "10.0.0.3", "pid": 90,
              "status": {"unresponsive": false, "considered_dead": false}}]}],
         "ras": {"collection_time_sec": 0.002, "timeouts_count": 1}}
        """

    @Test func readsJSON() throws {
        let report = try report(RASReportTests.json)
        #expect(report.version == "2.29.1")
        #expect(report.size == 8)
        #expect(
            report.communicators[0].ranks == [
                RASRank(rank: 0, host: "10.0.0.1", launched: 41, error: 6)
            ])
        // The same process in both, by its rank in the larger; who answers is not lost.
        #expect(
            report.lost == [RASProcess(rank: 5, host: "10.0.0.2", process: 81, isDead: true)])
    }

    @Test func readsTextOfALostProcess() throws {
        let report = try report(
            """
            Job summary
            ===========

              Nodes  Processes         GPUs  Processes     GPUs
            (total)   per node  per process    (total)  (total)
                  4          8            1         32       32

            Communicators... (2.05s)
            =============

            Group     Comms     Nodes     Ranks     Ranks     Ranks    Status  Errors
                #  in group  per comm  per node  per comm  in group
                0         1         4       7-8        32        32   RUNNING  INCOMPLETE

            Errors
            ======

            DEAD
              1 job process is considered dead (unreachable via the RAS network)
              Process 3487984 on node 172.16.64.213 managing GPU 5

            #0-0 (cf264af53edbe986) INCOMPLETE
              Missing communicator data from 1 rank
              The missing rank: 21

            Warnings
            ========

            TIMEOUT
              Encountered 2 communication timeouts while gathering communicator data
            """)
        #expect(report.size == 32)
        #expect(report.communicators.map(\.missing) == [[21]])
        #expect(
            report.lost
                == [RASProcess(rank: 21, host: "172.16.64.213", process: 3_487_984, isDead: true)])
    }

    @Test func readsTextOfARankThatIsBehind() throws {
        let report = try report(
            """
            Group     Comms      Nodes     Ranks     Ranks     Ranks   Status  Errors
                #  in group   per comm  per node  per comm  in group
                0         1          2         4         8         8  RUNNING  MISMATCH

            Warnings
            ========

            #0-0 (78db921d1c117b4a) MISMATCH
              Communicator ranks have different AllReduce operation counts
              7 ranks have launched up to operation 64
              Rank 7 has launched up to operation 60 -- GPU 3 managed by process 165 on node node1
            """)
        let communicator = try #require(report.communicators.first)
        #expect(communicator.launchedByMost == 64 && communicator.size == 8)
        #expect(
            communicator.ranks == [RASRank(rank: 7, host: "node1", launched: 60, error: 0)])
    }

    @Test func readsTextOfRanksBelowTheirCount() throws {
        let report = try report(
            """
            Group     Comms     Nodes     Ranks     Ranks     Ranks    Status  Errors
                0         1         4         8        32        32   RUNNING  MISMATCH
            #0-0 (27a079b828ff1a75) MISMATCH
              Communicator ranks have different collective operation counts
              30 ranks have launched up to operation 6650
              2 ranks have launched up to operation 6649
              Rank 0 -- GPU 0 managed by process 483072 on node 172.16.64.210
              Rank 2 -- GPU 2 managed by process 483074 on node 172.16.64.210
            """)
        #expect(report.communicators[0].launchedByMost == 6650)
        #expect(report.communicators[0].ranks.map(\.launched) == [6649, 6649])
        #expect(report.communicators[0].ranks.map(\.rank) == [0, 2])
    }
}
