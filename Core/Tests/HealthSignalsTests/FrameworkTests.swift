import HealthSignals
import Testing

/// The logs of processes: NCCL, PyTorch, CUDA; and exit codes.
@Suite struct FrameworkTests {
    func fault(_ line: String) -> FrameworkFault? {
        var parser = FrameworkLogParser()
        return parser.parse(line)
    }

    @Test func aCollectiveThatRanOutOfTime() {
        let found = fault(
            """
            [rank12]:[E1127 10:00:00.123456789 ProcessGroupNCCL.cpp:629] [Rank 12] Watchdog \
            caught collective operation timeout: WorkNCCL(SeqNum=123, OpType=ALLREDUCE, \
            NumelIn=1, NumelOut=1, Timeout(ms)=600000) ran for 600029 milliseconds before \
            timing out.
            """
        )
        #expect(found?.kind == .collectiveTimeout)
        #expect(found?.rank == 12)
        #expect(found?.sequence == 123)
        #expect(found?.operation == "ALLREDUCE")
        #expect(found?.timeoutMilliseconds == 600_000)
        #expect(found?.ranMilliseconds == 600_029)
        #expect(found?.points == .nowhere)
    }

    @Test func whatTheWatchdogKnowsOfTheLastWork() {
        let found = fault(
            """
            [rank0]:[E1127 10:00:00.1 ProcessGroupNCCL.cpp:1870] [PG ID 2 PG GUID \
            0(default_pg) Rank 0] Exception (either an error or timeout) detected by watchdog\
             at work: 5, last enqueued NCCL work: 7, last completed NCCL work: -1.
            """
        )
        #expect(found?.kind == .collectiveProgress)
        #expect(found?.lastEnqueued == 7)
        #expect(found?.lastCompleted == -1)
        #expect(found?.sequence == 5)
        #expect(found?.group == 2)
        #expect(found?.rank == 0)
    }

    /// A line and the sign in it.
    static let lines: [(String, FrameworkFaultKind?)] = [
        (
            """
            [rank3]:[F1127] [PG ID 0 PG GUID 0 Rank 3] ProcessGroupNCCL's watchdog got stuck \
            for 480 seconds without making progress
            """,
            .watchdogStuck
        ),
        (
            """
            [rank3]: [Rank 3] Received a dump signal due to a collective timeout from rank 5 \
            and we will try our best to dump
            """,
            .dumpSignal
        ),
        (
            """
            node1:12:34 [3] transport/net_ib.cc:123 NCCL WARN NET/IB : Got completion from \
            peer 10.0.0.1<4321> with status=12 opcode=0 len=0 vendor err 129 (Send)
            """,
            .networkCompletion
        ),
        (
            """
            node1:12:34 [3] NCCL WARN NET/IB : mlx5_3:1 async fatal event: local catastrophic\
             error
            """,
            .networkFatalEvent
        ),
        (
            """
            node1:12:34 [3] NCCL WARN socketProgress: Connection closed by remote peer \
            node2<4711>
            """,
            .connectionClosed
        ),
        ("node1:12:34 [3] NCCL WARN Cuda failure 'out of memory'", .cudaOutOfMemory),
        ("node1:12:34 [0] NCCL INFO Launch mode Parallel", nil),
        ("node1:12:34 [0] NCCL WARN some hint about settings", nil),
        (
            """
            torch.distributed.DistBackendError: NCCL error in: x.cpp:1, ncclRemoteError: A \
            call failed
            """,
            .ncclRemoteError
        ),
        (
            "ncclSystemError: System call (e.g. socket, malloc) or external library call failed",
            .ncclSystemError
        ),
        ("ncclInternalError: Internal check failed.", .ncclInternalError),
        ("ncclUnhandledCudaError: Call to CUDA function failed.", .ncclUnhandledCudaError),
        (
            "ncclInvalidUsage: This usually reflects invalid usage of NCCL library.",
            .ncclInvalidUsage
        ),
        ("ncclInvalidArgument: Invalid value for an argument.", .ncclInvalidArgument),
        ("RuntimeError: CUDA error: uncorrectable ECC error encountered", .cudaUncorrectableECC),
        (
            "RuntimeError: CUDA error: uncorrectable NVLink error detected during the execution",
            .cudaLinkError
        ),
        (
            "RuntimeError: CUDA error: an illegal memory access was encountered",
            .cudaApplicationError
        ),
        ("RuntimeError: CUDA error: device-side assert triggered", .cudaApplicationError),
        ("RuntimeError: CUDA error: unspecified launch failure", .cudaLaunchFailure),
        ("RuntimeError: CUDA error: the launch timed out and was terminated", .cudaLaunchTimeout),
        (
            "RuntimeError: CUDA error: all CUDA-capable devices are busy or unavailable",
            .cudaNoDevice
        ),
        ("RuntimeError: CUDA error: invalid device ordinal", .cudaApplicationError),
        ("RuntimeError: CUDA error: something new", .cudaUnknownError),
        (
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
            .cudaOutOfMemory
        ),
        ("Initializing TorchBackend in DeepSpeed with backend nccl", nil),
        ("using CUDA 12.4", nil), ("", nil),
    ]

    @Test(arguments: lines.indices)
    func sign(_ index: Int) {
        #expect(fault(Self.lines[index].0)?.kind == Self.lines[index].1, "\(Self.lines[index].0)")
    }

    @Test func partsOfWarnings() {
        let completion = fault(Self.lines[2].0)
        #expect(completion?.peer == "10.0.0.1<4321>")
        #expect(completion?.status == 12)
        #expect(completion?.vendorError == 129)
        #expect(completion?.points == .elsewhere)
        let old = fault(
            """
            a:1:2 [0] NCCL WARN NET/IB : Got completion from peer 10.1.2.3<12345> with error \
            5, opcode 0, len 0, vendor err 244
            """
        )
        #expect(old?.status == 5 && old?.vendorError == 244)
        #expect(fault(Self.lines[1].0)?.otherRank == 5)
        #expect(fault(Self.lines[0].0)?.ranMilliseconds == 480_000)
        #expect(fault(Self.lines[4].0)?.peer == "node2<4711>")
    }

    @Test func exits() {
        let cases: [(ProcessExit, ExitClass)] = [
            (ProcessExit(code: 0), .completed), (ProcessExit(code: 1), .application(code: 1)),
            (ProcessExit(code: 93), .doNotRestart),
            (ProcessExit(code: 137, ranOutOfMemory: true), .outOfMemory),
            (ProcessExit(code: 137), .stopped(signal: 9)),
            (ProcessExit(code: -9), .stopped(signal: 9)),
            (ProcessExit(code: 143), .stopped(signal: 15)),
            (ProcessExit(code: 139), .crashed(signal: 11)),
            (ProcessExit(code: 0, signal: 6), .crashed(signal: 6)),
            (ProcessExit(code: 127), .infrastructure(code: 127)),
            (ProcessExit(code: 255), .infrastructure(code: 255)),
            (ProcessExit(code: .min), .application(code: .min)),
            (ProcessExit(code: .max), .application(code: .max)),
            (ProcessExit(code: 128), .application(code: 128)),
        ]
        for (exit, expected) in cases { #expect(ExitClass(exit) == expected, "\(exit)") }
        #expect(ExitClass(ProcessExit(code: 1)).meaning == nil)
        #expect(ExitClass(ProcessExit(code: 139)).meaning == "it crashed with signal 11")
        #expect(
            FrameworkFaultKind.allCases.compactMap(\.ncclResult).sorted() == [1, 2, 3, 4, 5, 6])
    }
}
