import AgentWire
import FleetModel
import HealthSignals
import Testing

@testable import NodeAgent

/// Goal: a part of the machine that does not answer costs nobody else's values, is not asked again
/// soon, and never by a second process while the first one is held.
@Suite struct PassWatchTests {
    private let all = ["a", "b", "c", "d"]

    /// A process asks these parts, and all of them answer.
    private func answer(_ watch: inout PassWatch, _ parts: [String], at now: Instant) {
        for part in parts {
            watch.asking(part, now: now)
            _ = watch.answered(part, now: now)
        }
    }

    @Test func aWholePass() {
        var watch = PassWatch()
        #expect(watch.isOver && watch.lateAt == .never)
        watch.begin(all, now: .zero)
        #expect(watch.start(now: .zero) == all)
        #expect(watch.start(now: .zero) == [])
        answer(&watch, all, at: .seconds(1))
        #expect(!watch.isOver && watch.lateAt == .seconds(11))
        #expect(watch.ended() == .done)
        #expect(watch.isOver && watch.start(now: .seconds(1)) == [])
    }

    @Test func whatHeldSeveralPartsIsOver() {
        var watch = PassWatch()
        var now = Instant.zero
        watch.begin(all, now: now)
        for part in ["a", "b", "c"] {
            #expect(watch.start(now: now).first == part)
            watch.asking(part, now: now)
            now = now + PassWatch.patience
            #expect(watch.late(now: now) == .at(part))
            watch.released(part)
        }
        #expect(watch.start(now: now) == ["d"])
        answer(&watch, ["d"], at: now)
        #expect(watch.ended() == .done && watch.isOver)
        // The first answers, so the next is asked in the same pass; it does not.
        now = now + .seconds(30)
        watch.begin(all, now: now)
        #expect(watch.start(now: now) == ["d", "a"])
        answer(&watch, ["d", "a"], at: now)
        #expect(watch.ended() == .done && !watch.isOver)
        #expect(watch.start(now: now) == ["b"])
        watch.asking("b", now: now)
        #expect(watch.late(now: now + PassWatch.patience) == .at("b") && watch.isOver)
        watch.released("b")
        // All are well: all are asked in one pass.
        now = now + .seconds(1000)
        watch.begin(all, now: now)
        #expect(watch.start(now: now) == ["a", "d", "c"])
        answer(&watch, ["a", "d", "c"], at: now)
        #expect(watch.ended() == .done)
        #expect(watch.start(now: now) == ["b"])
        answer(&watch, ["b"], at: now)
        #expect(watch.ended() == .done && watch.isOver)
        #expect(all.allSatisfy { !watch.isSilent($0) })
    }

    @Test func aPartThatIsLate() {
        var watch = PassWatch()
        watch.begin(all, now: .zero)
        #expect(watch.start(now: .zero) == all)
        answer(&watch, ["a"], at: .zero)
        watch.asking("b", now: .seconds(1))
        #expect(watch.late(now: .seconds(10)) == nil)
        #expect(watch.late(now: .seconds(11)) == .at("b"))
        #expect(watch.late(now: .seconds(11)) == nil)
        #expect(watch.isSilent("b") && !watch.isOver)
        // Those behind it are asked by another process.
        #expect(watch.start(now: .seconds(11)) == ["c", "d"])
        answer(&watch, ["c", "d"], at: .seconds(11))
        #expect(watch.ended() == .done && watch.isOver)
        // Held: not asked however late it is.
        watch.begin(all, now: .seconds(100_000))
        #expect(watch.start(now: .seconds(100_000)) == ["a", "c", "d"])
        answer(&watch, ["a", "c", "d"], at: .seconds(100_000))
        #expect(watch.ended() == .done)
        // Let go: asked again, behind those that answer.
        watch.released("b")
        watch.begin(all, now: .seconds(100_030))
        #expect(watch.start(now: .seconds(100_030)) == ["a", "c", "d", "b"])
        watch.asking("b", now: .seconds(100_030))
        let isNews = watch.answered("b", now: .seconds(100_030))
        #expect(isNews && !watch.isSilent("b"))
        let isNewsAgain = watch.answered("b", now: .seconds(100_030))
        #expect(!isNewsAgain)
    }

    @Test func pausesBecomeLonger() {
        var watch = PassWatch()
        var now = Instant.zero
        var asked: [Int64] = []
        while now < .seconds(20_000) {
            watch.begin(["a"], now: now)
            if watch.start(now: now) == ["a"] {
                asked.append(now.nanoseconds / 1_000_000_000)
                watch.asking("a", now: now)
                now = now + PassWatch.patience
                #expect(watch.late(now: now) == .at("a"))
                watch.released("a")
            }
            now = now + .seconds(10)
        }
        let pauses = zip(asked, asked.dropFirst()).map { $1 - $0 - 10 }
        #expect(pauses.prefix(8) == [20, 40, 80, 160, 320, 640, 1280, 2560])
        #expect(pauses.dropFirst(8).allSatisfy { $0 == 3600 } && pauses.count > 10)
    }

    @Test func thereIsABoundOnWhatIsHeld() {
        let parts = (0..<40).map { "part \($0)" }
        var watch = PassWatch()
        var now = Instant.zero
        watch.begin(parts, now: now)
        var count = 0
        while let next = watch.start(now: now).first {
            watch.asking(next, now: now)
            now = now + PassWatch.patience
            #expect(watch.late(now: now) == .at(next))
            count += 1
        }
        #expect(count == PassWatch.held && watch.isFull && watch.isOver)
        watch.begin(parts, now: now)
        #expect(watch.start(now: now) == [] && watch.isOver)
        watch.released("part 3")
        watch.begin(parts, now: now + .seconds(3600))
        let next = watch.start(now: now + .seconds(3600))
        #expect(next.count == 25 && next.last == "part 3" && next.first == "part 16")
    }

    @Test func oneOfTheSilentIsAskedAtATime() {
        var watch = PassWatch()
        watch.begin(all, now: .zero)
        _ = watch.start(now: .zero)
        for (place, part) in ["c", "b"].enumerated() {
            watch.asking(part, now: .zero)
            #expect(watch.late(now: .seconds(10 + Int64(place))) == .at(part))
            watch.released(part)
            watch.begin(all, now: .zero)
            _ = watch.start(now: .zero)
        }
        watch.failed()
        // The one whose pause was over first, and then the other one.
        watch.begin(all, now: .seconds(40))
        #expect(watch.start(now: .seconds(40)) == ["a", "d", "c"])
        watch.asking("c", now: .seconds(40))
        #expect(watch.late(now: .seconds(50)) == .at("c"))
        watch.released("c")
        watch.begin(all, now: .seconds(60))
        #expect(watch.start(now: .seconds(60)) == ["a", "d", "b"])
    }

    @Test func whatIsGoneIsForgotten() {
        var watch = PassWatch()
        watch.begin(["a"], now: .zero)
        _ = watch.start(now: .zero)
        watch.asking("a", now: .zero)
        #expect(watch.late(now: .seconds(10)) == .at("a"))
        // Taken out while its process is held: as soon as that is gone nothing is remembered.
        watch.begin([], now: .seconds(20))
        #expect(watch.isSilent("a") && watch.isOver)
        watch.released("a")
        watch.begin([], now: .seconds(30))
        #expect(!watch.isSilent("a"))
    }

    @Test func aProcessThatEndsByItself() {
        var watch = PassWatch()
        watch.begin(all, now: .zero)
        _ = watch.start(now: .zero)
        answer(&watch, ["a"], at: .zero)
        watch.asking("b", now: .zero)
        // Nobody knows why: it is no silence, and the others are asked.
        #expect(watch.ended() == .at("b"))
        #expect(!watch.isSilent("b") && watch.start(now: .zero) == ["c", "d"])
        // One that comes to nothing is not tried again and again.
        #expect(watch.ended() == .unasked)
        #expect(watch.isOver)
        watch.begin(all, now: .zero)
        _ = watch.start(now: .zero)
        #expect(watch.late(now: .seconds(10)) == .unasked)
        #expect(watch.isOver && all.allSatisfy { !watch.isSilent($0) })
        watch.begin(all, now: .zero)
        _ = watch.start(now: .zero)
        watch.failed()
        #expect(watch.isOver)
    }

    @Test func framesInAnyPieces() throws {
        let key = SampleKey(.named("mlx5_0/1"), .counter("state"))
        let all: [PassFrame] = [
            .asking(0), .told(0, []), .asking(PassFrame.parts - 1), .told(3, [AgentSample(key, 4)]),
        ]
        let bytes = all.flatMap { $0.encoded() }
        for parts in 1...bytes.count {
            var frames = PipeFrames<PassFrame>()
            var read: [PassFrame] = []
            for start in stride(from: 0, to: bytes.count, by: parts) {
                read += try frames.take(Array(bytes[start..<min(bytes.count, start + parts)]))
            }
            #expect(read == all)
        }
        for body: [UInt8] in [[2, 0], [0, 0x80, 8], [0], [0, 1, 1], [1, 0, 1]] {
            #expect(throws: WireRefusal.self) { try PassFrame(decoding: body) }
        }
    }
}
