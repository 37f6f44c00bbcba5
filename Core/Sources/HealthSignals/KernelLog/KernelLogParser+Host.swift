extension KernelLogParser {
    /// Lines about the host: memory, processors, the kernel itself. False when it is none of them.
    mutating func parseHost(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) -> Bool {
        switch line[0] {
        case UInt8(ascii: "O"), UInt8(ascii: "M"), UInt8(ascii: "o"):
            return parseMemory(line, header, &faults)
        case UInt8(ascii: "E"): return parseEDAC(line, header, &faults)
        case UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "m"):
            return parseMachineCheck(line, header, &faults)
        case UInt8(ascii: "K"):
            guard line.has("Kernel panic - ") else { return false }
            tell(.kernelPanic, header, line, &faults)
        case UInt8(ascii: "w"):
            guard line.has("watchdog: BUG: ") else { return false }
            tell(.kernelLockup, header, line, &faults)
        case UInt8(ascii: "I"):
            if line.has("I/O error, dev ") {
                tell(.diskError, header, line, &faults)
            } else {
                guard line.has("INFO: task "), line.find(" blocked for more than ") != nil else {
                    return false
                }
                tell(.kernelLockup, header, line, &faults)
            }
        case UInt8(ascii: "B"):
            guard line.has("Buffer I/O error on dev") else { return false }
            tell(.diskError, header, line, &faults)
        case UInt8(ascii: "C"):
            guard line.has("CPU"), line.find("temperature above threshold") != nil else {
                return false
            }
            tell(.cpuThermal, header, line, &faults)
        default: return false
        }
        return true
    }

    /// The OOM killer, and pages that main memory lost.
    private mutating func parseMemory(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) -> Bool {
        if line.has("Memory failure: ") {
            tell(.memoryPageLost, header, line, &faults)
            return true
        }
        let kills = line.has("Out of memory: ") || line.has("Memory cgroup out of memory: ")
        guard kills || line.has("oom-kill:") || line.has("oom_reaper: reaped ") else {
            return false
        }
        var fault = LogFault(.event(.outOfMemory))
        fault.isDetail = !kills
        fault.process = killed(line)
        tell(fault, header, line, &faults)
        return true
    }

    /// `Killed process 123 (python)`, `Killed process 123, UID 48, (httpd)`, `task=node,pid=8639`.
    private func killed(_ line: LogBytes) -> FaultedProcess? {
        var at: Int?
        for words in ["ed process ", "Kill process ", ",pid="] as [StaticString] {
            guard at == nil else { break }
            at = line.find(words).map { $0 + words.utf8CodeUnitCount }
        }
        guard let at, let (id, next) = line.decimal(at: at) else { return nil }
        var process = FaultedProcess(id: id)
        if let open = line.find(byte: 40, from: next, before: next + 32),
            let close = line.find(byte: 41, from: open)
        {
            process.name = line.text(from: open + 1, to: close, limit: FaultLimits.nameBytes)
        } else if let task = line.find(",task=") {
            let end = line.find(byte: UInt8(ascii: ","), from: task + 6) ?? line.count
            process.name = line.text(from: task + 6, to: end, limit: FaultLimits.nameBytes)
        }
        return process
    }

    /// `EDAC MC0: 1 UE memory read error on …`. At the machine's start it tells what there is.
    private mutating func parseEDAC(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) -> Bool {
        guard line.has("EDAC MC"), let colon = line.find(": ", from: 7, before: 16),
            let (_, next) = line.decimal(at: colon + 2)
        else { return line.has("EDAC ") }
        if line.has(" CE ", at: next) {
            tell(.memoryCorrected, header, line, &faults)
        } else if line.has(" UE ", at: next) {
            tell(.memoryUncorrected, header, line, &faults)
        }
        return true
    }

    /// `mce: [Hardware Error]: CPU 3: Machine Check Exception: 5 Bank 7: …`,
    /// `{1}[Hardware Error]: event severity: fatal`, `[Hardware Error]: Corrected error, …`.
    private mutating func parseMachineCheck(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) -> Bool {
        guard let at = line.find("[Hardware Error]: ", from: 0, before: 40) else { return false }
        let rest = line.from(at + 18)
        let isCorrected =
            rest.has("Corrected error") || rest.has("Machine check events logged")
            || rest.has("event severity: corrected")
            || (rest.has("CPU ") && rest.find("Machine Check: ") != nil)
        let isUncorrected =
            rest.has("Uncorrected") || rest.has("event severity: fatal")
            || (rest.has("CPU ") && KernelLogParser.isUncorrectedCheck(rest))
        if isUncorrected {
            tell(.machineCheck, header, rest, &faults)
        } else if rest.has("event severity: recoverable") {
            tell(.machineCheckRecoverable, header, rest, &faults)
        } else if isCorrected {
            tell(.machineCheckCorrected, header, rest, &faults)
        }
        return true
    }

    /// `CPU 3: Machine Check Exception: 5 Bank 7: be00000000800400`; without `Exception` it is any
    /// error that was logged, and bit 61 of the bank's status (UC) says whether it was corrected
    /// (Linux, `__print_mce` in arch/x86/kernel/cpu/mce/core.c; Intel SDM 3B, 17.3.2.2).
    private static func isUncorrectedCheck(_ text: LogBytes) -> Bool {
        guard let at = text.find("Machine Check") else { return false }
        if text.has("Machine Check Exception", at: at) { return true }
        guard let bank = text.find(" Bank ", from: at),
            let colon = text.find(": ", from: bank), colon + 2 < text.count,
            let digit = LogBytes.hexDigit(text[colon + 2])
        else { return false }
        return digit & 2 != 0
    }

    /// `nvidia-peermem nv_get_p2p_free_callback:127 ERROR detected invalid context, …`.
    mutating func parsePeerMemory(
        _ line: LogBytes, _ header: LineHeader, _ faults: inout [LogFault]
    ) {
        guard line.find(" ERROR ") != nil else { return }
        tell(.peerMemory, header, line, &faults)
    }
}
