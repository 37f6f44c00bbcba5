import AgentWire
import FleetModel
import NodeAgent
import Testing

@Suite struct SpillTests {
    private let boot = BootID(high: 3, low: 4)

    private func record(_ number: UInt8) -> [UInt8] {
        var writer = WireWriter()
        AgentRecord(at: .zero, .devicesSilent(last: number)).write(to: &writer)
        return writer.bytes
    }

    /// Any beginning of the file is a state that there was.
    @Test func aCutFileIsAnEarlierState() throws {
        var queue = RecordQueue(stream: 5, nextSequence: 9)
        var file = SpillImage.encoded(queue, run: 2, boot: boot, position: .beginning)
        let beginning = file.count
        var states: [(bytes: Int, first: UInt64, next: UInt64)] = [(beginning, 9, 9)]
        for number in UInt8(0)..<40 {
            if number % 5 == 4 {
                queue.acknowledge(queue.nextSequence - 2)
                file += SpillImage.encoded(.acknowledged(sequence: queue.firstSequence - 1))
            } else {
                let sequence = queue.append(record(number))
                file += SpillImage.encoded(
                    .record(
                        sequence: sequence, position: .kernel(boot, sequence: UInt64(number)),
                        bytes: record(number)))
            }
            states.append((file.count, queue.firstSequence, queue.nextSequence))
        }
        for count in 0...file.count {
            let image = SpillImage(Array(file[..<count]))
            guard let state = states.last(where: { $0.bytes <= count }) else {
                #expect(image == nil)
                continue
            }
            #expect(image?.queue.firstSequence == state.first)
            #expect(image?.queue.nextSequence == state.next)
        }
        let image = try #require(SpillImage(file))
        #expect(image.run == 2 && image.boot == boot && image.queue.stream == 5)
        #expect(image.position == .kernel(boot, sequence: 38))
        let again = SpillImage(
            SpillImage.encoded(image.queue, run: 3, boot: boot, position: image.position))
        #expect(again?.queue.first(99) == image.queue.first(99) && again?.run == 3)
        #expect(again?.position == image.position)
    }

    @Test func damageEndsTheFileThere() {
        var random = SplitMix(seed: 3)
        let queue = RecordQueue(stream: 5)
        var file = SpillImage.encoded(queue, run: 1, boot: boot, position: .beginning)
        let beginning = file.count
        for number in UInt64(1)...8 {
            file += SpillImage.encoded(
                .record(sequence: number, position: .beginning, bytes: record(UInt8(number))))
        }
        for _ in 0..<3000 {
            var bytes = file
            let place = random.below(bytes.count)
            bytes[place] ^= UInt8(1 << random.below(8))
            let image = SpillImage(bytes)
            if place < beginning { continue }
            let records = image?.queue.first(99) ?? []
            // What is read is what was written, up to the damage.
            #expect(records.count < 8)
            for (index, record) in records.enumerated() {
                #expect(record.body == .devicesSilent(last: UInt8(index + 1)))
            }
        }
        for _ in 0..<2000 {
            _ = SpillImage((0..<random.below(300)).map { _ in UInt8(random.below(256)) })
        }
    }
}

@Suite struct RecordQueueTests {
    @Test func placesStayWhatTheyAre() {
        var queue = RecordQueue(stream: 1)
        for _ in 0..<5 { queue.append([1]) }
        queue.acknowledge(3)
        #expect(queue.firstSequence == 4 && queue.count == 2 && queue.nextSequence == 6)
        queue.acknowledge(2)
        #expect(queue.count == 2)
        // More than there was ever: not this queue's answer.
        queue.acknowledge(6)
        #expect(queue.count == 2)
        queue.acknowledge(5)
        #expect(queue.count == 0 && queue.nextSequence == 6)
    }
}
