/// One sign of trouble in the log of a job's process: NCCL, PyTorch, CUDA.
///
/// Who reports is mostly a victim. What a sign says about where the cause is stands in ``points``.
public struct FrameworkFault: Hashable, Sendable {
    /// What it is.
    public var kind: FrameworkFaultKind
    /// The rank that said it, if the line has one.
    public var rank: Int32?
    /// The rank that another rank's line names.
    public var otherRank: Int32?
    /// The process group's number.
    public var group: Int32?
    /// The number of the collective operation.
    public var sequence: Int64?
    /// The collective operation: `ALLREDUCE`.
    public var operation = ""
    /// The timeout that passed.
    public var timeoutMilliseconds: Int64?
    /// How long the operation ran.
    public var ranMilliseconds: Int64?
    /// The last operation that was enqueued.
    public var lastEnqueued: Int64?
    /// The last operation that was completed.
    public var lastCompleted: Int64?
    /// The status of a failed completion, or the vendor's number of an error.
    public var status: Int32?
    /// The vendor's error of a failed completion.
    public var vendorError: Int32?
    /// The peer: an address with its port, as NCCL prints it.
    public var peer = ""
    /// The rest of the line, at most ``FaultLimits/textBytes`` of it.
    public var text = ""

    init(_ kind: FrameworkFaultKind) { self.kind = kind }

    /// Where the cause is to be looked for first.
    public var points: CausePointer { kind.points }
}

/// Where a sign says that the cause is.
public enum CausePointer: String, CaseIterable, Hashable, Sendable {
    /// Here: this process's device or node.
    case here
    /// At the other end: a peer that went away, or the network to it.
    case elsewhere
    /// In the application.
    case application
    /// It does not say.
    case nowhere
}

/// The signs that are known.
public enum FrameworkFaultKind: String, CaseIterable, Hashable, Sendable {
    /// The watchdog saw a collective operation run out of time.
    case collectiveTimeout
    /// The last operations that were enqueued and completed, as the watchdog tells them.
    case collectiveProgress
    /// The watchdog itself did not get on.
    case watchdogStuck
    /// A rank was told to write its flight record, because of a timeout.
    case dumpSignal
    /// NCCL: a CUDA call failed.
    case ncclUnhandledCudaError
    /// NCCL: a system call failed.
    case ncclSystemError
    /// NCCL: a mistake inside.
    case ncclInternalError
    /// NCCL: a wrong argument.
    case ncclInvalidArgument
    /// NCCL: used in a wrong way.
    case ncclInvalidUsage
    /// NCCL: the other end failed or is not reached.
    case ncclRemoteError
    /// NCCL: a network adapter reports a failed completion.
    case networkCompletion
    /// NCCL: a network adapter reports a fatal event.
    case networkFatalEvent
    /// NCCL: the other end closed a connection.
    case connectionClosed
    /// CUDA: an uncorrectable memory error.
    case cudaUncorrectableECC
    /// CUDA: an NVLink error.
    case cudaLinkError
    /// CUDA: an error of the hardware's stack, or a launch that failed without a reason.
    case cudaLaunchFailure
    /// CUDA: a launch that ran out of time.
    case cudaLaunchTimeout
    /// CUDA: the device is gone, busy or not to be had.
    case cudaNoDevice
    /// CUDA: an illegal or misaligned address, an illegal instruction, an assertion.
    case cudaApplicationError
    /// CUDA: device memory ran out.
    case cudaOutOfMemory
    /// CUDA: an error that is none of these.
    case cudaUnknownError

    /// NCCL's number of a result; nil for what is none.
    public var ncclResult: Int32? {
        switch self {
        case .ncclUnhandledCudaError: 1
        case .ncclSystemError: 2
        case .ncclInternalError: 3
        case .ncclInvalidArgument: 4
        case .ncclInvalidUsage: 5
        case .ncclRemoteError: 6
        default: nil
        }
    }

    /// Where the cause is to be looked for first.
    public var points: CausePointer {
        switch self {
        case .cudaUncorrectableECC, .cudaLinkError, .cudaNoDevice, .networkFatalEvent,
            .cudaLaunchTimeout:
            .here
        case .ncclRemoteError, .networkCompletion, .connectionClosed: .elsewhere
        case .cudaApplicationError, .cudaOutOfMemory, .ncclInvalidArgument, .ncclInvalidUsage:
            .application
        case .collectiveTimeout, .collectiveProgress, .watchdogStuck, .dumpSignal,
            .ncclUnhandledCudaError, .ncclSystemError, .ncclInternalError, .cudaLaunchFailure,
            .cudaUnknownError:
            .nowhere
        }
    }
}
