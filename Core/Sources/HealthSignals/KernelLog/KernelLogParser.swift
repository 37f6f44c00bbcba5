import FleetModel
import Journal

/// Reads the kernel's log (and what network daemons and the Fabric Manager log) one line at a time,
/// and says which faults its lines tell.
///
/// Takes the forms of `/dev/kmsg`, dmesg, syslog and journald, and bare text; any bytes, of any
/// length. Shapes of the kernel are believed only in lines of the kernel's own log: what a program
/// logs through syslog is hearsay. Whoever reads the journal should ask it for
/// `_TRANSPORT=kernel`, because in its text a program can call itself `kernel`.
///
/// The state is bounded (``FaultLimits``): who sits at which address, the last fault of each
/// switch, and a sentence that goes over three lines. A line without a fault costs no memory.
public struct KernelLogParser: Sendable {
    /// What was read.
    public struct Counts: Hashable, Sendable {
        /// Lines.
        public var lines: UInt64 = 0
        /// Faults that they told.
        public var faults: UInt64 = 0
        /// Lines that look like faults and are known to mean nothing, such as floods of refused
        /// register accesses on restricted functions of network cards.
        public var noise: UInt64 = 0
    }

    /// What was read so far.
    public internal(set) var counts = Counts()
    /// Who sits at which address, the latest last.
    var identities: [KnownDevice] = []
    /// The last fault of each switch, so that its `Data` lines are understood.
    var switchFaults: [LogFault] = []
    /// The GPU of a sentence that goes over several lines, and how many more it may have.
    var unfinished: UnfinishedSentence?

    /// A parser that has read nothing.
    public init() {}

    /// Reads one line, with or without its line end, and appends the faults that it tells.
    public mutating func parse(_ line: UnsafeRawBufferPointer, into faults: inout [LogFault]) {
        counts.lines &+= 1
        var text = LogBytes(line)
        let header = LineHeader.strip(&text)
        guard text.count > 0 else { return }
        guard header.mayBeKernel else {
            parseDaemon(text, header, &faults)
            return
        }
        switch text[0] {
        case UInt8(ascii: "N"):
            if text.has("NVRM: ") {
                parseDriver(text.from(6), header, &faults)
            } else if text.has("NETDEV WATCHDOG: ") || text.has("NMI watchdog: ") {
                parseWatchdog(text, header, &faults)
            }
        case UInt8(ascii: "n"):
            if text.has("nvidia-nvswitch") {
                parseSwitch(text.from(15), header, &faults)
            } else if text.has("nvidia-peermem") || text.has("nvidia_peermem") {
                parsePeerMemory(text, header, &faults)
            } else {
                parseDevice(text, header, &faults)
            }
        case UInt8(ascii: "O"), UInt8(ascii: "M"), UInt8(ascii: "o"), UInt8(ascii: "K"),
            UInt8(ascii: "E"), UInt8(ascii: "["), UInt8(ascii: "{"), UInt8(ascii: "I"),
            UInt8(ascii: "C"), UInt8(ascii: "B"), UInt8(ascii: "w"):
            if !parseHost(text, header, &faults) { parseDevice(text, header, &faults) }
        case UInt8(ascii: "m"):
            if !(text.has("mce: ") && parseHost(text, header, &faults)) {
                parseDevice(text, header, &faults)
            }
        default: parseDevice(text, header, &faults)
        }
    }

    /// Reads one line from an array.
    public mutating func parse(_ line: [UInt8], into faults: inout [LogFault]) {
        line.withUnsafeBytes { parse($0, into: &faults) }
    }

    /// Reads one line of text.
    public mutating func parse(_ line: String, into faults: inout [LogFault]) {
        var line = line
        line.withUTF8 { parse(UnsafeRawBufferPointer($0), into: &faults) }
    }

    /// Completes a fault with what is known of its line and device, and appends it.
    mutating func tell(
        _ fault: LogFault, _ header: LineHeader, _ text: LogBytes, _ faults: inout [LogFault]
    ) {
        var fault = fault
        if fault.text.isEmpty {
            fault.text = text.text(from: 0, to: .max, limit: FaultLimits.textBytes)
        }
        fault.isFromUserSpace = header.source == .kernelLogUser
        if header.uptimeMicroseconds >= 0 {
            let (nanoseconds, overflow) =
                header.uptimeMicroseconds.multipliedReportingOverflow(by: 1000)
            if !overflow { fault.uptime = TimeSpan(nanoseconds: nanoseconds) }
        }
        if fault.identity == nil, let device = fault.device {
            fault.identity = identities.last { $0.device == device }?.identity
        }
        counts.faults &+= 1
        faults.append(fault)
    }

    /// Tells an event whose only parts are its device and its text.
    mutating func tell(
        _ event: FaultEvent, device: PCIAddress? = nil, _ header: LineHeader, _ text: LogBytes,
        _ faults: inout [LogFault]
    ) {
        tell(LogFault(.event(event), device: device), header, text, &faults)
    }

    /// Keeps who sits at an address; the oldest is forgotten beyond ``FaultLimits/identities``.
    mutating func keep(_ identity: DeviceIdentity, of device: PCIAddress) {
        var known = DeviceIdentity()
        if let index = identities.firstIndex(where: { $0.device == device }) {
            known = identities.remove(at: index).identity
            // Another UUID is another GPU, whose serial number is not known yet.
            if !identity.uuid.isEmpty, identity.uuid != known.uuid { known = DeviceIdentity() }
        }
        known.merge(identity)
        if identities.count >= FaultLimits.identities { identities.removeFirst() }
        identities.append(KnownDevice(device: device, identity: known))
    }
}

/// Who sits at an address.
struct KnownDevice: Hashable {
    var device: PCIAddress
    var identity: DeviceIdentity
}

/// A sentence that goes over several lines.
struct UnfinishedSentence: Hashable {
    /// The GPU that it is about.
    var device: PCIAddress
    /// Lines that it may still have.
    var lines: Int
}

extension KernelLogParser {
    /// Whether a line tells a fault, or something that lines after it are understood by. What is
    /// neither can be passed over without a difference.
    public func isOfUse(_ line: String) -> Bool {
        var reader = self
        var faults: [LogFault] = []
        reader.parse(line, into: &faults)
        return !faults.isEmpty || reader.identities != identities
            || reader.switchFaults != switchFaults || reader.unfinished != unfinished
    }
}
