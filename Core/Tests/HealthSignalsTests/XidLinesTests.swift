import Foundation
import HealthSignals
import Testing

/// Every line of the public collection of XIDs and SXIDs.
@Suite struct XidLinesTests {
    struct Sample: Decodable {
        var kind: String
        var code: Int32
        var line: String

        var expected: FaultCode { kind == "sxid" ? .sxid(code) : .xid(code) }

        /// The address by another way than the parser's.
        var address: PCIAddress? {
            guard let match = line.firstMatch(of: /\((?:PCI:)?([0-9a-f]+):([0-9a-f]+):([0-9a-f]+)/)
            else { return nil }
            var address = PCIAddress(
                domain: UInt32(match.1, radix: 16) ?? 0, bus: UInt8(match.2, radix: 16) ?? 0,
                device: UInt8(match.3, radix: 16) ?? 0)
            if let function = line.firstMatch(of: /\([^)]*\.([0-7])\)/) {
                address.function = UInt8(function.1) ?? 0
            }
            return address
        }
    }

    static func samples() throws -> [Sample] {
        let text = try SignalSamples.log("xid/xid_lines.jsonl") ?? ""
        return try text.split(separator: "\n").map {
            try JSONDecoder().decode(Sample.self, from: Data($0.utf8))
        }
    }

    @Test func everyLineHasItsCodeAndDevice() throws {
        var unknown: Set<FaultCode> = []
        for sample in try Self.samples() {
            let faults = parse(sample.line)
            #expect(faults.count == 1, "\(sample.line)")
            guard let fault = faults.first else { continue }
            #expect(fault.code == sample.expected, "\(sample.line)")
            #expect(fault.device == sample.address, "\(sample.line)")
            #expect(sample.address != nil, "\(sample.line)")
            if FaultCatalogue.row(for: fault.code) == nil { unknown.insert(fault.code) }
        }
        // Codes that no catalogue has are kept as what they are.
        let known: Set<FaultCode> = [
            .sxid(11111), .sxid(12033), .sxid(20123), .sxid(26006), .sxid(26007), .sxid(26008),
            .sxid(28006), .sxid(99999),
        ]
        #expect(unknown.isSubset(of: known))
    }

    @Test func everyLineSaysWhatItSaysOfItsGravity() throws {
        for sample in try Self.samples() {
            guard let fault = parse(sample.line).first else { continue }
            if sample.line.contains("Nonfatal") || sample.line.contains("Non-fatal") {
                #expect(fault.declared == .nonFatal, "\(sample.line)")
            } else if sample.line.contains(", Fatal") || sample.line.contains(" Fatal ") {
                #expect(fault.declared == .fatal, "\(sample.line)")
            }
            let decision = FaultCatalogue.baseDecision(for: fault)
            if fault.code == .sxid(20034) || fault.code == .sxid(24007), !fault.isDetail {
                #expect(decision.takesOutOfService, "\(sample.line)")
                #expect(decision.action == .resetLinkedDevices)
            }
            if fault.declared == .nonFatal, case .sxid = fault.code {
                #expect(!decision.takesOutOfService, "\(sample.line)")
            }
            if let rule = NVLinkRule.matching(fault) {
                #expect(decision.takesOutOfService == (rule.outcome == .reset), "\(sample.line)")
                // The table decides, also where a line says otherwise: such lines are few.
                let isExpected = rule.isFatal == (fault.declared == .fatal)
                let isKnown = rule.unit == "RLW_REMAP" && fault.words[1] == 0x40
                #expect(isExpected || isKnown, "\(sample.line)")
            }
            if fault.code == .xid(154) {
                let isReset = sample.line.contains("to 0x1")
                #expect(decision.action == (isReset ? .resetDevice : .drainAndReset))
            }
        }
    }

    /// Which lines of links the decode table leaves alone is as important as which it decodes.
    @Test func linkLinesAreDecoded() throws {
        var decoded = 0
        var left: [String] = []
        for sample in try Self.samples() where (144...150).contains(sample.code) {
            guard let fault = parse(sample.line).first else { continue }
            if NVLinkRule.matching(fault) != nil { decoded += 1 } else { left.append(sample.line) }
        }
        guard decoded > 0 else { return }
        // Two with a unit and registers of which the workbook says nothing, three cut short.
        #expect(left.count == 5, "\(left)")
        #expect(decoded == 70)
    }

    /// The same line in every form in which a machine may hand it over.
    @Test func everyFormOfALineTellsTheSame() throws {
        let headers = [
            "6,1234,5678901,-;", "4,99,1,-,caller=T77;", "<4>", "<6>[   12.345678] ",
            "[  123.456789] ", "[  123.456789][ T1234] ", "[Sun Feb 23 16:24:18 2025] ",
            "kern  :warn  : 2025-01-21T04:41:44,285060+00:00 ",
            "kern  :err   : [   12.345678] ", "Nov 27 10:00:00 gpu-0231 kernel: ",
            "Nov  7 10:00:00 gpu-0231 kernel: [  123.456789] ",
            "2025-01-21T04:41:44.285060+00:00 gpu-0231 kernel: ",
            "2025-01-21T04:41:44,285060+00:00 ", "<4>Nov 27 10:00:00 gpu-0231 kernel: ",
            "[Feb23 16:24] ", "[  +0.000012] ", "[<    0.000012>] ",
            "[  123.456789] gpu-0231 kernel: ", "[  123.456789] Gpu kernel: ",
            "<4>1 2025-01-21T04:41:44.285060+00:00 gpu-0231 kernel - - - ",
            "<4>1 2025-01-21T04:41:44Z gpu-0231 kernel - - [meta sequenceId=\"1\"] ",
        ]
        for sample in try Self.samples() {
            let bare = parse(sample.line)
            for header in headers {
                for end in ["", "\n", "\r\n", "\r"] {
                    var faults = parse(header + sample.line + end)
                    for index in faults.indices { faults[index].uptime = nil }
                    #expect(faults == bare, "\(header)\(sample.line)")
                }
            }
        }
    }

    /// What a program says through syslog about the kernel is hearsay.
    @Test func hearsayIsNotBelieved() throws {
        for sample in try Self.samples() {
            for header in [
                "Nov 27 10:00:00 gpu-0231 train[123]: ", "Nov 27 10:00:00 gpu-0231 train: ",
                "2025-01-21T04:41:44.285060+00:00 gpu-0231 train[123]: ",
                "Nov 27 10:00:00 gpu-0231 train[123]: <0>",
                "Nov 27 10:00:00 gpu-0231 train[123]: Nov 27 10:00:00 gpu-0231 kernel: ",
                "Nov 27 10:00:00 gpu-0231 train[123]: kern  :warn  : ",
                "<4>1 2025-01-21T04:41:44.285060+00:00 gpu-0231 train 123 - - ",
                "<0>1 2025-01-21T04:41:44Z host train 123 - - <0>",
                "saw ", "python: ", "train kernel: ",
            ] {
                #expect(parse(header + sample.line).isEmpty, "\(header)\(sample.line)")
            }
            // Through /dev/kmsg it takes root; it is told, and marked.
            let injected = parse("12,1234,5678901,-;" + sample.line)
            #expect(injected.first?.isFromUserSpace == true)
            #expect(injected.first?.code == sample.expected)
        }
    }
}
