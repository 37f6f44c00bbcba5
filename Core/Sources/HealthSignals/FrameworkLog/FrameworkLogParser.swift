/// Reads the log of a job's process one line at a time, and says which signs of trouble it has:
/// NCCL's and PyTorch's, CUDA's. Any bytes; a line without a sign costs no memory; no state between
/// lines, so that lines of several ranks may come mixed.
public struct FrameworkLogParser: Sendable {
    /// Lines that were read.
    public private(set) var lines: UInt64 = 0

    /// A parser that has read nothing.
    public init() {}

    /// Reads one line, with or without its line end; nil when it has no sign.
    public mutating func parse(_ line: UnsafeRawBufferPointer) -> FrameworkFault? {
        lines &+= 1
        return FrameworkLine(LogBytes(line)).fault()
    }

    /// Reads one line from an array.
    public mutating func parse(_ line: [UInt8]) -> FrameworkFault? {
        line.withUnsafeBytes { parse($0) }
    }

    /// Reads one line of text.
    public mutating func parse(_ line: String) -> FrameworkFault? {
        var line = line
        return line.withUTF8 { parse(UnsafeRawBufferPointer($0)) }
    }
}

/// One line of a process's log.
struct FrameworkLine {
    let line: LogBytes

    init(_ line: LogBytes) { self.line = line }

    /// The sign in the line. One pass finds the words that all signs have; only then is more read.
    func fault() -> FrameworkFault? {
        var at = 0
        // A second warning in one line is not looked at, so that a line's cost has a bound.
        var mayWarn = true
        while at < line.count {
            switch line[at] {
            case UInt8(ascii: "N"):
                if line.has("NCCL's watchdog got stuck for ", at: at) { return stuck(at) }
                if mayWarn, line.has("NCCL WARN ", at: at) {
                    mayWarn = false
                    if let fault = warning(at) { return fault }
                }
            case UInt8(ascii: "n"):
                if line.has("nccl", at: at), let kind = result(named: at) {
                    return complete(FrameworkFault(kind), from: at)
                }
            case UInt8(ascii: "C"):
                if let fault = cudaFault(at) { return fault }
            case UInt8(ascii: "W"):
                if line.has("Watchdog caught collective", at: at) { return timeout(at) }
            case UInt8(ascii: "R"):
                if line.has("Received a dump signal", at: at) { return dumpSignal(at) }
            case UInt8(ascii: "l"):
                if line.has("last enqueued NCCL work: ", at: at) { return progress(at) }
            default: break
            }
            at += 1
        }
        return nil
    }

    private func stuck(_ at: Int) -> FrameworkFault {
        var fault = FrameworkFault(.watchdogStuck)
        if let (seconds, _) = line.decimal(at: at + 30) {
            fault.ranMilliseconds = Int64(seconds) * 1000
        }
        return complete(fault, from: at)
    }

    /// `NCCL WARN NET/IB : Got completion from peer … with status=12 opcode=0 vendor err 129`.
    private func warning(_ at: Int) -> FrameworkFault? {
        if let found = line.find("Got completion from peer ", from: at) {
            var fault = FrameworkFault(.networkCompletion)
            let peer = found + 25
            let end = line.find(byte: 32, from: peer, before: peer + 80) ?? line.count
            fault.peer = line.text(from: peer, to: end, limit: FaultLimits.nameBytes)
            fault.status = number(after: ["status=", "with error ", "status "], from: end)
            fault.vendorError = number(
                after: ["vendor err ", "vendor_err=", "vendor_err "], from: end)
            return complete(fault, from: found)
        }
        if line.find("async fatal event", from: at) != nil {
            return complete(FrameworkFault(.networkFatalEvent), from: at)
        }
        if let found = line.find("Connection closed by remote peer", from: at) {
            var fault = FrameworkFault(.connectionClosed)
            let peer = found + 33
            let end = line.find(byte: 32, from: peer, before: peer + 80) ?? line.count
            fault.peer = line.text(from: peer, to: end, limit: FaultLimits.nameBytes)
            return complete(fault, from: found)
        }
        return nil
    }

    /// `ncclRemoteError: …` and the like.
    private func result(named at: Int) -> FrameworkFaultKind? {
        if line.has("ncclRemoteError", at: at) { return .ncclRemoteError }
        if line.has("ncclSystemError", at: at) { return .ncclSystemError }
        if line.has("ncclInternalError", at: at) { return .ncclInternalError }
        if line.has("ncclUnhandledCudaError", at: at) { return .ncclUnhandledCudaError }
        if line.has("ncclInvalidArgument", at: at) { return .ncclInvalidArgument }
        if line.has("ncclInvalidUsage", at: at) { return .ncclInvalidUsage }
        return nil
    }

    /// `CUDA error: …`, `Cuda failure …`, `CUDA out of memory`.
    private func cudaFault(_ at: Int) -> FrameworkFault? {
        if line.has("CUDA out of memory", at: at) {
            return complete(FrameworkFault(.cudaOutOfMemory), from: at)
        }
        guard
            line.has("CUDA error", at: at) || line.has("CUDA failure", at: at)
                || line.has("Cuda failure", at: at)
        else { return nil }
        return complete(FrameworkFault(cudaKind(line.from(at))), from: at)
    }

    private func cudaKind(_ text: LogBytes) -> FrameworkFaultKind {
        if text.find("uncorrectable ECC") != nil { return .cudaUncorrectableECC }
        if text.find("uncorrectable NVLink") != nil { return .cudaLinkError }
        if text.find("out of memory") != nil { return .cudaOutOfMemory }
        if text.find("launch timed out") != nil { return .cudaLaunchTimeout }
        if text.find("hardware stack error") != nil || text.find("launch failure") != nil {
            return .cudaLaunchFailure
        }
        if text.find("no CUDA-capable device") != nil || text.find("busy or unavailable") != nil
            || text.find("GPU is lost") != nil
        {
            return .cudaNoDevice
        }
        if text.find("illegal memory access") != nil || text.find("misaligned address") != nil
            || text.find("illegal instruction") != nil || text.find("assert") != nil
            || text.find("invalid argument") != nil || text.find("invalid configuration") != nil
            || text.find("invalid device ordinal") != nil || text.find("device not ready") != nil
        {
            return .cudaApplicationError
        }
        return .cudaUnknownError
    }

    /// `Watchdog caught collective operation timeout: WorkNCCL(SeqNum=123, OpType=ALLREDUCE, …,
    /// Timeout(ms)=600000) ran for 600029 milliseconds before timing out.`
    private func timeout(_ at: Int) -> FrameworkFault {
        var fault = FrameworkFault(.collectiveTimeout)
        fault.sequence = long(after: "SeqNum=", from: at)
        fault.timeoutMilliseconds = long(after: "Timeout(ms)=", from: at)
        fault.ranMilliseconds = long(after: "ran for ", from: at)
        if let found = line.find("OpType=", from: at) {
            let end = line.find(byte: UInt8(ascii: ","), from: found) ?? line.count
            fault.operation = line.text(from: found + 7, to: end, limit: FaultLimits.nameBytes)
        }
        return complete(fault, from: at)
    }

    /// `last enqueued NCCL work: 7, last completed NCCL work: 4.`
    private func progress(_ at: Int) -> FrameworkFault {
        var fault = FrameworkFault(.collectiveProgress)
        fault.lastEnqueued = signed(at + 25)
        if let found = line.find("last completed NCCL work: ", from: at) {
            fault.lastCompleted = signed(found + 26)
        }
        // The work at which the watchdog saw it, where the line has that too.
        fault.sequence = long(after: "at work: ", from: 0)
        return complete(fault, from: at)
    }

    /// `Received a dump signal due to a collective timeout from rank 3 and we will try …`.
    private func dumpSignal(_ at: Int) -> FrameworkFault {
        var fault = FrameworkFault(.dumpSignal)
        if let found = line.find("from rank ", from: at) {
            fault.otherRank = line.decimal(at: found + 10)?.value
        }
        return complete(fault, from: at)
    }

    /// Adds rank, group and text.
    private func complete(_ fault: FrameworkFault, from at: Int) -> FrameworkFault {
        var fault = fault
        if fault.rank == nil {
            fault.rank = number(after: ["[rank", "[Rank ", " Rank "], from: 0)
        }
        if fault.group == nil { fault.group = number(after: ["[PG ID ", "[PG "], from: 0) }
        fault.text = line.text(from: at, to: .max, limit: FaultLimits.textBytes)
        return fault
    }

    private func number(after words: [StaticString], from offset: Int) -> Int32? {
        for words in words {
            guard let at = line.find(words, from: offset) else { continue }
            if let (value, _) = line.decimal(at: at + words.utf8CodeUnitCount) { return value }
        }
        return nil
    }

    private func long(after words: StaticString, from offset: Int) -> Int64? {
        line.find(words, from: offset).flatMap {
            line.long(at: $0 + words.utf8CodeUnitCount)?.value
        }
    }

    private func signed(_ at: Int) -> Int64? {
        guard line[at] == UInt8(ascii: "-") else { return line.long(at: at)?.value }
        return line.long(at: at + 1).map { -$0.value }
    }
}
