import FleetModel
import Health
import Testing

@testable import HealthControl

/// Goal: nobody is taken for silent because the control plane could not hear, and who is silent is
/// found all the same.
@Suite struct HearingTests {
    /// A control plane and its agents in virtual time, second by second.
    private struct World {
        var engine: HealthEngine
        var hearing: Hearing
        var now = Instant.seconds(1_764_000_000)
        var random = SplitMix(seed: 7)
        /// When each agent says something next, and whether it does at all.
        var next: [Int64]
        var lives: [Bool]
        /// How many messages in a thousand are taken in; the others are lost.
        var heard = 1000
        /// Whether what the ears say is passed on.
        var excuses = true
        var wake: Instant?

        init(_ agents: Int) {
            var policy = HealthPolicy()
            policy.arrival.new = .admit
            policy.suspicion.testsIdleSuspects = false
            engine = HealthEngine(policy: policy)
            hearing = Hearing(at: now)
            var seeds = SplitMix(seed: 3)
            next = (0..<agents).map { _ in Int64(seeds.below(30)) }
            lives = [Bool](repeating: true, count: agents)
            for node in 0..<agents {
                tell(.arrived(NodeID(node), Arrival(report: HardwareReport(devices: []))))
            }
        }

        mutating func tell(_ input: HealthInput) {
            var answer: [HealthDirective] = []
            engine.apply(input, at: now, into: &answer)
            for case .wake(let at, _) in answer { wake = at }
        }

        /// One round of the driver.
        private mutating func take() {
            let span = hearing.listen(at: now)
            if excuses, span > .zero { tell(.deaf(span)) }
            for node in next.indices {
                next[node] -= 1
                guard next[node] <= 0 else { continue }
                next[node] = 29 + Int64(random.below(3))
                guard lives[node], random.below(1000) < heard else { continue }
                hearing.note(NodeID(node), at: now)
                let silence = engine.silence(of: NodeID(node), at: now)
                if silence.map({ $0 >= .seconds(45) }) ?? true { tell(.heard(NodeID(node))) }
            }
            if let at = wake, at <= now { tell(.wake(token: 0)) }
            hearing.clear(at: now)
        }

        mutating func run(_ seconds: Int) {
            for _ in 0..<seconds {
                now = now + .seconds(1)
                take()
            }
        }

        /// The process does not run.
        mutating func stop(_ seconds: Int64) {
            now = now + .seconds(seconds)
            for node in next.indices { next[node] -= seconds }
        }

        var silent: [Int] {
            engine.nodes.compactMap { node in
                node.flatMap { $0.silenceTold > 0 ? $0.id.index : nil }
            }
        }
    }

    @Test func whoHearsOneMessageInFourCallsNobodySilent() {
        var world = World(600)
        world.run(120)
        world.heard = 265
        world.run(900)
        #expect(world.silent == [])
        #expect(world.hearing.deafSince != nil)
        // Some die meanwhile: they are found when it hears well again.
        for node in 0..<5 { world.lives[node] = false }
        world.run(300)
        world.heard = 1000
        world.run(400)
        #expect(world.silent == [0, 1, 2, 3, 4])
        #expect(world.hearing.deafSince == nil)
    }

    /// What the test before stands against: the same without ears.
    @Test func withoutThisManyWereSilentByMistake() {
        var world = World(600)
        world.excuses = false
        world.run(120)
        world.heard = 265
        world.run(900)
        #expect(world.silent.count > 60)
    }

    @Test(arguments: [20, 90, 130, 170, 179, 400, 4000] as [Int64])
    func aProcessThatStoodStillCallsNobodySilent(_ seconds: Int64) {
        var world = World(64)
        world.run(200)
        world.lives[9] = false
        world.run(60)
        world.stop(seconds)
        world.run(3)
        #expect(world.silent == [])
        world.run(300)
        #expect(world.silent == [9])
    }

    @Test func whoStandsStillAgainAndAgainCallsNobodySilent() {
        var world = World(64)
        world.run(200)
        for _ in 0..<40 {
            world.stop(29)
            world.run(1)
        }
        world.run(20)
        #expect(world.silent == [])
    }

    @Test func aRackThatDiesIsFoundThoughManyFallSilentAtOnce() {
        var world = World(64)
        world.run(200)
        for node in 0..<32 { world.lives[node] = false }
        world.run(300)
        #expect(world.silent == Array(0..<32))
        #expect(world.hearing.deafSince == nil)
        // They come back, late as they are: those that do not are still found.
        for node in 0..<31 { world.lives[node] = true }
        world.lives[40] = false
        world.run(400)
        #expect(world.silent == [31, 40])
    }

    @Test func oneThatComesAndGoesDoesNotHideOthers() {
        var world = World(5)
        world.run(200)
        world.lives[0] = false
        for _ in 0..<6 {
            world.lives[1] = false
            world.run(80)
            world.lives[1] = true
            world.run(35)
        }
        #expect(world.silent == [0])
    }

    @Test func whoHearsNobodyOfManyIsDeafAndOfFewIsNot() {
        var many = World(64)
        many.run(200)
        for node in 0..<64 { many.lives[node] = false }
        many.run(600)
        #expect(many.silent == [] && many.hearing.deafSince != nil)
        for node in 1..<64 { many.lives[node] = true }
        many.run(300)
        #expect(many.silent == [0])
        var few = World(4)
        few.run(200)
        for node in 0..<4 { few.lives[node] = false }
        few.run(300)
        #expect(few.silent == [0, 1, 2, 3])
    }

    @Test func whoIsStartedWhileItIsStarvedCallsNobodySilent() {
        var world = World(600)
        world.run(120)
        // The control plane was down, and comes back with a fifth of what it needs.
        world.stop(2000)
        world.tell(.resumed)
        world.hearing = Hearing(at: world.now, heard: (0..<600).map { NodeID($0) })
        world.heard = 265
        world.run(900)
        #expect(world.silent == [])
    }

    /// The engine's clock stands while it is told nothing: what is heard meanwhile counts.
    @Test(arguments: [1, 2, 4, 64]) func aFleetWhereNothingElseHappensIsHeard(_ agents: Int) {
        var world = World(agents)
        world.run(1000)
        #expect(world.silent == [] && world.hearing.deafSince == nil)
        world.lives[0] = false
        world.run(300)
        #expect(world.silent == [0])
    }

    @Test func whatIsGoneIsNotWaitedFor() {
        var hearing = Hearing(at: .seconds(0))
        for node in 0..<20 { hearing.note(NodeID(node), at: .seconds(1)) }
        for node in 0..<20 { hearing.forget(NodeID(node)) }
        hearing.clear(at: .seconds(1000))
        #expect(hearing.listen(at: .seconds(1001)) == .zero)
        #expect(hearing.deafSince == nil)
    }

    @Test func aClockThatRunsFastMakesNobodyDeaf() {
        var hearing = Hearing(at: .seconds(0), pace: 60)
        hearing.note(NodeID(0), at: .seconds(0))
        hearing.clear(at: .seconds(0))
        #expect(hearing.listen(at: .seconds(60)) == .zero)
        #expect(hearing.listen(at: .seconds(400)) == .seconds(340))
    }
}
