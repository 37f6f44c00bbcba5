import AgentWire
import FleetModel
import Foundation
import Fuzzing
import HealthSignals
import Testing

@Suite struct CodecTests {
    /// `MUSTER_WIRE_CASES=100` makes the random tests so many times as long.
    static let factor =
        ProcessInfo.processInfo.environment["MUSTER_WIRE_CASES"].flatMap { Int($0) } ?? 1

    @Test(arguments: UInt64(0)..<4)
    func messagesComeBackAsTheyWere(_ seed: UInt64) throws {
        var source = WireSource(seed: seed)
        for _ in 0..<100 * CodecTests.factor {
            let message = source.message()
            let bytes = message.encoded()
            let read = try AgentMessage(decoding: bytes)
            #expect(read == message)
            #expect(read.encoded() == bytes)
        }
    }

    /// A receiver that knows the first version alone is told all that this one has.
    @Test func anOlderVersionLeavesOutWhatCameLater() throws {
        var source = WireSource(seed: 11)
        for _ in 0..<50 {
            var message = source.message()
            message.version = 1
            let bytes = message.encoded()
            #expect(bytes[1] == 1)
            let read = try AgentMessage(decoding: bytes)
            for place in message.report?.devices.indices ?? 0..<0 {
                message.report?.devices[place].seat = nil
                message.report?.devices[place].fabric = nil
            }
            for place in message.report?.interfaces.indices ?? 0..<0 {
                message.report?.interfaces[place].address = nil
            }
            #expect(read == message)
            #expect(read.encoded() == bytes)
        }
        // Agents of before understand every answer.
        let answer = AgentAcknowledgement(
            stream: 3, sequence: 1, wantsWhole: false, intervalSeconds: 30)
        #expect(answer.encoded()[1] == 1)
    }

    /// What an agent of before there were two versions wrote, byte for byte.
    @Test func aMessageOfTheFirstVersionIsRead() throws {
        var message = WireSource.plain
        message.version = 1
        message.report = MachineReport()
        message.report?.devices = [
            ReportedDevice(
                index: 3, uuid: "GPU-3", boardSerial: "b", model: "m", slot: "s",
                address: PCIAddress(domain: 1, bus: 0x1A))
        ]
        let device =
            [3, 5] + Array("GPU-3".utf8) + [1, 98, 1, 109, 1, 115, 1, 1, 26, 0, 0] as [UInt8]
        let report: [UInt8] = [0, 0, 0, 1] + device + [0, 0, 0]
        let bytes = message.encoded()
        #expect(Array(bytes.suffix(report.count + 3)) == report + [1, 0, 0])
        #expect(try AgentMessage(decoding: bytes) == message)
    }

    /// Whatever a parser can make of a log goes over the wire unchanged, each kind of fault too.
    @Test func everyFaultComesBack() throws {
        var source = WireSource(seed: 5)
        var events: Set<FaultEvent> = []
        var numbered = 0
        for _ in 0..<6_000 * CodecTests.factor {
            let fault = source.fault()
            if case .event(let event) = fault.code { events.insert(event) } else { numbered += 1 }
            var writer = WireWriter()
            let record = AgentRecord(at: .zero, .fault(fault))
            record.write(to: &writer)
            #expect(writer.bytes.count <= AgentLimits.recordBytes)
            var reader = WireReader(writer.bytes)
            let read = try AgentRecord(from: &reader)
            try reader.expectEnd()
            #expect(read == record)
        }
        #expect(events.count > 25 && numbered > 1500)
    }

    /// What has no name has none in the journal either: a number below zero goes no further.
    @Test(arguments: [FaultCode.xid(-1), .sxid(.min)])
    func aFaultWithANegativeNumberIsRefused(_ code: FaultCode) throws {
        var source = WireSource(seed: 7)
        var fault = source.fault()
        fault.code = code
        var writer = WireWriter()
        AgentRecord(at: .zero, .fault(fault)).write(to: &writer)
        var reader = WireReader(writer.bytes)
        #expect(throws: WireRefusal.self) { try AgentRecord(from: &reader) }
    }

    @Test func nothingThatIsCutOffIsRead() {
        var source = WireSource(seed: 6)
        for _ in 0..<8 {
            let bytes = source.message().encoded()
            for count in 0..<bytes.count {
                #expect(throws: WireRefusal.self) {
                    try AgentMessage(decoding: Array(bytes[..<count]))
                }
            }
            #expect(throws: WireRefusal.self) { try AgentMessage(decoding: bytes + [0]) }
        }
    }

    /// Bytes that were changed are refused, or are another message's only encoding.
    @Test(arguments: UInt64(0)..<4)
    func changedBytesAreRefusedOrMeanAnother(_ seed: UInt64) {
        var source = WireSource(seed: 100 + seed)
        var taken = 0
        var refused = 0
        for _ in 0..<800 * CodecTests.factor {
            var bytes = source.message().encoded()
            for _ in 0...source.random.below(3) {
                let place = source.random.below(bytes.count)
                switch source.random.below(4) {
                case 0: bytes[place] = UInt8(source.random.below(256))
                case 1: bytes[place] = 0xFF
                case 2: bytes.remove(at: place)
                default: bytes.insert(UInt8(source.random.below(256)), at: place)
                }
            }
            do {
                let read = try AgentMessage(decoding: bytes)
                taken += 1
                #expect(read.encoded() == bytes)
            } catch {
                refused += 1
            }
        }
        #expect(taken > 20 && refused > 200)
    }

    @Test func randomBytesAreRefused() {
        var random = SplitMix(seed: 9)
        for _ in 0..<5_000 * CodecTests.factor {
            var bytes = (0..<random.below(200)).map { _ in UInt8(random.below(256)) }
            if bytes.count > 2 { (bytes[0], bytes[1]) = (0xA6, AgentLimits.version) }
            if let read = try? AgentMessage(decoding: bytes) { #expect(read.encoded() == bytes) }
            _ = try? AgentAcknowledgement(decoding: bytes)
        }
    }

    @Test func aCountOfMillionsReservesNothing() {
        let message = AgentMessage(
            node: "n", boot: BootID(), stream: 1, number: 1, sentAt: .zero)
        // The last two bytes are the numbers of records and samples.
        let bytes = Array(message.encoded().dropLast(2)) + [0xFF, 0xFF, 0xFF, 0x7F, 0]
        #expect(throws: WireRefusal.self) { try AgentMessage(decoding: bytes) }
        let many = [UInt8](repeating: 0xA6, count: AgentLimits.messageBytes + 1)
        #expect(throws: WireRefusal.self) { try AgentMessage(decoding: many) }
    }

    @Test func anotherVersionIsNamed() {
        var bytes = WireSource.plain.encoded()
        bytes[1] = 9
        #expect { try AgentMessage(decoding: bytes) } throws: { error in
            (error as? WireRefusal)?.version == 9
        }
    }

    @Test func answersComeBackAsTheyWere() throws {
        for (sequence, wants, seconds) in [
            (UInt64(0), false, UInt16(1)), (.max, true, 3600), (77, true, 30),
        ] {
            let answer = AgentAcknowledgement(
                stream: 3, sequence: sequence, wantsWhole: wants, intervalSeconds: seconds)
            #expect(try AgentAcknowledgement(decoding: answer.encoded()) == answer)
        }
        let hasty = AgentAcknowledgement(
            stream: 3, sequence: 1, wantsWhole: false, intervalSeconds: 0)
        #expect(throws: WireRefusal.self) {
            try AgentAcknowledgement(decoding: hasty.encoded())
        }
    }

    @Test func longTextsAreCutBetweenCharacters() throws {
        var writer = WireWriter()
        writer.text("語語語", limit: 7)
        var reader = WireReader(writer.bytes)
        #expect(try reader.text(limit: 7) == "語語")
    }

    @Test func bootIDs() {
        let id = BootID(text: "6e7c2a9d-0f00-4abc-8def-000000000001")
        #expect(id == BootID(high: 0x6E7C_2A9D_0F00_4ABC, low: 0x8DEF_0000_0000_0001))
        #expect(BootID(text: "") == nil)
        #expect(BootID(text: "6e7c2a9d-0f00-4abc-8def-00000000000g") == nil)
        #expect(BootID(text: "6e7c2a9d-0f00-4abc-8def-0000000000012") == nil)
    }

    @Test func aHeartbeatIsSmall() {
        #expect(WireSource.plain.encoded().count < 60)
    }
}

extension WireSource {
    /// A heartbeat.
    static var plain: AgentMessage {
        AgentMessage(
            node: "gpu-0001", boot: BootID(high: 1, low: 2), stream: 3, number: 1 << 33,
            sentAt: .seconds(1_790_000_000))
    }
}
