import AgentWire
import FleetModel
import Testing

@testable import NodeAgent

/// Goal: messages and answers come out of a pipe as they went in, in whatever pieces, and what is
/// no frame is found at once.
@Suite struct AgentPipeTests {
    @Test(arguments: UInt64(0)..<8) func piecesArePutTogether(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var (messages, answers) = ([[UInt8]](), [(status: Int, body: [UInt8])]())
        var (one, other) = ([UInt8](), [UInt8]())
        for _ in 0..<40 {
            let bytes = (0..<random.below(700)).map { _ in UInt8(random.below(256)) }
            messages.append(bytes)
            one += AgentPipe.framed(message: bytes)
            let status = [200, 404, 503, 0, 65_535][random.below(5)]
            answers.append((status, bytes))
            other += AgentPipe.framed(status: status, answer: bytes)
        }
        func read(
            _ bytes: [UInt8], _ reader: AgentPipe.Reader
        ) throws -> [(status: Int, body: [UInt8])] {
            var (reader, rest) = (reader, bytes[...])
            var found: [(status: Int, body: [UInt8])] = []
            while !rest.isEmpty {
                let piece = rest.prefix(1 + random.below(900))
                rest = rest.dropFirst(piece.count)
                reader.take(piece)
                while let frame = try reader.next() { found.append(frame) }
            }
            return found
        }
        let readMessages = try read(one, .messages)
        #expect(readMessages.map(\.body) == messages)
        #expect(readMessages.allSatisfy { $0.status == 0 })
        let readAnswers = try read(other, .answers)
        #expect(readAnswers.map(\.body) == answers.map(\.body))
        #expect(readAnswers.map(\.status) == answers.map(\.status))
    }

    @Test func whatIsTooLongIsNoFrame() {
        var reader = AgentPipe.Reader.messages
        reader.take([0x4D, 0x75, 0x73, 0x74])
        #expect(throws: WireRefusal.self) { try reader.next() }
        var answers = AgentPipe.Reader.answers
        answers.take([0, 200, 0, 2, 0, 0])
        #expect(throws: WireRefusal.self) { try answers.next() }
    }
}
