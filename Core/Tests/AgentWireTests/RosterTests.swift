import AgentWire
import FleetModel
import Testing

@Suite struct RosterTests {
    private func message(
        _ node: String = "a", stream: UInt64 = 7, number: UInt64, first: UInt64 = 1,
        records: Int = 0, whole: Bool = false
    ) -> AgentMessage {
        var message = AgentMessage(
            node: node, boot: BootID(), stream: stream, number: number, sentAt: .seconds(1000))
        message.firstSequence = first
        message.records = (0..<records).map {
            AgentRecord(at: .seconds(990), .devicesSilent(last: UInt8(Int(first) + $0)))
        }
        message.report = whole ? MachineReport() : nil
        message.isWhole = whole
        return message
    }

    /// The places of the records that an event list tells, by the number that they carry.
    private func records(_ reception: AgentReception?) -> [UInt8] {
        reception?.events.compactMap {
            guard case .record(let record) = $0, case .devicesSilent(let last) = record.body
            else { return nil }
            return last
        } ?? []
    }

    @Test func recordsCountOnce() throws {
        var roster = AgentRoster()
        let first = try #require(
            roster.receive(message(number: 1, records: 3), at: .seconds(10)))
        #expect(records(first) == [1, 2, 3])
        #expect(first.acknowledgement.sequence == 3)
        roster.commit(first)
        // The answer was lost: the agent sends them again, and one more.
        let again = try #require(
            roster.receive(message(number: 2, records: 4), at: .seconds(11)))
        #expect(records(again) == [4])
        roster.commit(again)
        #expect(records(roster.receive(message(number: 2, records: 4), at: .seconds(12))) == [])
    }

    @Test func whatWasNotCommittedWasNotTaken() throws {
        let roster = AgentRoster()
        let lost = roster.receive(message(number: 1, records: 2), at: .seconds(10))
        #expect(records(lost) == [1, 2])
        let again = roster.receive(message(number: 2, records: 2), at: .seconds(11))
        #expect(records(again) == [1, 2])
    }

    @Test func marksCarryOverARestart() throws {
        var roster = AgentRoster()
        let taken = try #require(
            roster.receive(message(number: 1, records: 2, whole: true), at: .seconds(10)))
        #expect(!taken.acknowledgement.wantsWhole)
        roster.commit(taken)
        let restarted = AgentRoster([try #require(roster.mark(of: "a"))])
        let again = try #require(
            restarted.receive(message(number: 2, records: 3), at: .seconds(20)))
        #expect(records(again) == [3])
        // What the state was is not in a mark, so it is asked for.
        #expect(again.acknowledgement.wantsWhole)
    }

    @Test func whatIsMissingIsTold() throws {
        var roster = AgentRoster()
        roster.commit(
            try #require(roster.receive(message(number: 1, records: 2), at: .seconds(1))))
        let late = try #require(
            roster.receive(message(number: 2, first: 6, records: 1), at: .seconds(2)))
        #expect(late.events.contains(.lost(3)))
        #expect(records(late) == [6])
        // A stream that nobody knows has no beginning that could be missing.
        let other = roster.receive(
            message(stream: 8, number: 1, first: 6, records: 1), at: .seconds(2))
        #expect(other?.events.contains { if case .lost = $0 { true } else { false } } == false)
    }

    @Test func aLateMessageChangesNoState() throws {
        var roster = AgentRoster()
        roster.commit(
            try #require(roster.receive(message(number: 5, whole: true), at: .seconds(1))))
        let late = try #require(
            roster.receive(message(number: 4, records: 1, whole: true), at: .seconds(2)))
        #expect(records(late) == [1])
        #expect(late.events.count == 2 && late.events.last == .heard)
        #expect(!late.acknowledgement.wantsWhole)
    }

    @Test func aStreamThatWasLeftIsStillKnown() throws {
        var roster = AgentRoster()
        for stream in UInt64(1)...4 {
            let next = roster.receive(
                message(stream: stream, number: 1, records: 2, whole: true), at: .seconds(1))
            roster.commit(try #require(next))
        }
        let late = try #require(
            roster.receive(message(stream: 2, number: 1, records: 2), at: .seconds(2)))
        #expect(records(late) == [])
        #expect(!late.acknowledgement.wantsWhole)
        roster.commit(late)
        #expect(roster.mark(of: "a")?.streams.map(\.stream) == [1, 2, 3, 4])
        let fifth = roster.receive(message(stream: 5, number: 1), at: .seconds(3))
        #expect(fifth?.mark.streams.map(\.stream) == [2, 3, 4, 5])
    }

    @Test func timesAreTheReceivers() throws {
        var wrong = message(number: 1, records: 3)
        wrong.sentAt = .seconds(-5_000_000)
        wrong.records[0].at = .seconds(-5_000_060)
        wrong.records[1].at = .seconds(5)
        wrong.records[2].at = Instant(nanoseconds: .min)
        let taken = try #require(AgentRoster().receive(wrong, at: .seconds(1_000_000)))
        let times = taken.events.compactMap {
            if case .record(let record) = $0 { record.at } else { nil }
        }
        #expect(times[0] == .seconds(1_000_000 - 60))
        #expect(times[1] == .seconds(1_000_000))
        #expect(times[2].nanoseconds == 1_000_000_000_000_000 - AgentLimits.recordAge)
        wrong.sentAt = Instant(nanoseconds: .max)
        #expect(AgentRoster().receive(wrong, at: Instant(nanoseconds: .min)) != nil)
    }

    @Test func memoryIsBounded() throws {
        var roster = AgentRoster(room: 3)
        for (time, node) in ["a", "b", "c"].enumerated() {
            let next = roster.receive(message(node, number: 1), at: .seconds(Int64(time)))
            roster.commit(try #require(next))
        }
        #expect(roster.receive(message("d", number: 1), at: .seconds(86_000)) == nil)
        #expect(roster.receive(message("b", number: 2), at: .seconds(86_000)) != nil)
        // A node that has been silent for a day makes way.
        let later = try #require(
            roster.receive(message("d", number: 1), at: .seconds(86_401)))
        roster.commit(later)
        #expect(roster.count == 3 && roster.mark(of: "a") == nil && roster.mark(of: "d") != nil)
        roster.forget("b")
        #expect(roster.count == 2 && roster.mark(of: "c") != nil && roster.mark(of: "d") != nil)
    }

    @Test func ofTooManyMarksTheNewestAreKept() {
        let marks = (0..<5).map {
            AgentMark(node: "n\($0)", streams: [], heardAt: .seconds(Int64($0)))
        }
        let roster = AgentRoster(marks, room: 2)
        #expect((0..<5).filter { roster.mark(of: "n\($0)") != nil } == [3, 4])
    }
}
