import BackendConformance
import ControlPlane
import Culprits
import FleetModel
import HealthSignals
import LocalBackend
import Testing

/// Goal: what a hung program leaves is read when its attempt ends, and reported before that.
@Suite struct EvidenceTests {
    private static let entry =
        #"{\"process_group\": [\"0\", \"w\"], \"collective_seq_id\": 7, \"pg_id\": 0, "#
        + #"\"profiling_name\": \"nccl:all_reduce\", \"state\": \"started\"}"#
    private static let head =
        #"{\"version\": \"2.10\", \"pg_config\": {\"0\": {\"ranks\": \"[0, 1, 2, 3]\"}}, "#

    private func evidence(_ shell: String) async throws -> AttemptEvidence? {
        var found: AttemptEvidence?
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(try Stage.job(shell, "members: 4"))
            session.backend.execute(.start(gang))
            try await session.book.wait(for: .failed, of: gang.job)
            var hasFailed = false
            for report in session.book.all {
                if case .failed = report { hasFailed = true }
                guard case .evidence(gang.job, gang.attempt, let told) = report else { continue }
                #expect(!hasFailed)
                found = told
            }
            await session.backend.stop()
        }
        return found
    }

    @Test func readsDumpsAndLogs() async throws {
        // All but rank 2 come to the operation; the first to give up says so, when all have left
        // their dumps: its end is the end of the others.
        let told = try await evidence(
            "file=$TORCH_FR_DUMP_TEMP_FILE$RANK; entries=\"\(EvidenceTests.entry)\"; "
                + "if [ $RANK = 2 ]; then entries=; fi; "
                + "echo \"\(EvidenceTests.head)\\\"entries\\\": [$entries]}\" > $file; "
                + "echo nonsense > $MUSTER_EVIDENCE_DIR/other; touch left-$RANK; "
                + "for rank in 0 1 2 3; do until [ -e left-$rank ]; do sleep 0.05; done; done; "
                + "echo '[rank0]: Watchdog caught collective operation timeout: "
                + "WorkNCCL(SeqNum=7, OpType=ALLREDUCE, Timeout(ms)=600000) ran for 600029 ms'; "
                + "exit 1")
        let evidence = try #require(told)
        #expect(evidence.evidence.records.map(\.rank) == [0, 1, 2, 3])
        #expect(evidence.signs.contains { $0.fault.kind == .collectiveTimeout })
        let finding = HangCase(endedAt: .seconds(1), evidence: evidence.evidence).judge()
        guard case .named(let suspects, .missingAtFront) = finding.verdict else {
            Issue.record("\(finding)")
            return
        }
        #expect(suspects.map(\.rank) == [2])
    }

    @Test func saysNothingWhereNothingWasLeft() async throws {
        #expect(try await evidence("echo all is well; exit 1") == nil)
    }
}
