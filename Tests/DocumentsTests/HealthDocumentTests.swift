import FleetModel
import Health
import Qualification
import Testing

@testable import Documents

/// Goal: a health file says what the policy says, and every mistake is named where it stands.
@Suite struct HealthDocumentTests {
    private func read(_ text: String) -> Result<HealthPolicy, DiagnosticList> {
        HealthDocument.read(SourceText(text, file: "health.yaml"))
    }

    @Test func whatIsNotNamedIsAsByDefault() throws {
        #expect(try read("historyKept: 16").get() == HealthPolicy())
    }

    @Test func everySectionIsRead() throws {
        let policy = try read(
            """
            arrival: {new: admit, knownBadRenamed: qualify, level: hour, proofLifetime: 2d}
            breakers: {fleetMilli: 30, window: 30m, reset: manual, attemptReset: 12h}
            repair:
              shrinksNodes: false
              drainPatience: never
              drainGrace: 0
              strongest: reboot
              tries: {reboot: 3}
              levels: {reset: fifteenMinutes}
              testTimeouts: {hour: 5h}
              repairTimeouts: {replace: 30d}
            suspicion:
              silence: 5m
              longSilence: 1h
              peerShareMilli: 70
              lemon: {threshold: 120, outages: {weight: 9, cap: 3}}
            network: {arrival: true, repair: true, heldMilli: 50, patience: 2h}
            decisionsKept: 100
            """
        ).get()
        #expect(policy.arrival.new == .admit && policy.arrival.knownBadRenamed == .qualify)
        #expect(policy.arrival.level == .hour && policy.arrival.proofLifetime == .seconds(172_800))
        #expect(policy.breakers.fleetMilli == 30 && policy.breakers.window == .seconds(1800))
        #expect(policy.breakers.reset == .manual)
        #expect(policy.breakers.attemptReset == .after(.seconds(43_200)))
        #expect(!policy.repair.shrinksNodes && policy.repair.drainPatience == nil)
        #expect(policy.repair.drainGrace == .zero && policy.repair.strongest == .reboot)
        #expect(policy.repair.tries[Int(FaultAction.reboot.rawValue)] == 3)
        #expect(policy.repair.levels[Int(FaultAction.reset.rawValue)] == .fifteenMinutes)
        #expect(policy.repair.testTimeouts[3] == .seconds(18_000))
        #expect(policy.repair.repairTimeouts[6] == .seconds(2_592_000))
        #expect(policy.suspicion.silence == .seconds(300))
        #expect(policy.suspicion.peerShareMilli == 70)
        #expect(policy.suspicion.lemon.threshold == 120)
        #expect(policy.suspicion.lemon.signals[3] == LemonWeight(weight: 9, cap: 3))
        #expect(policy.decisionsKept == 100)
        #expect(policy.network.arrival && policy.network.repair && !policy.network.idle)
        #expect(policy.network.heldMilli == 50 && policy.network.patience == .seconds(7200))
    }

    @Test func allMistakesAreNamedAtOnceWithTheirLines() throws {
        let result = read(
            """
            arrival:
              new: perhaps
              knownBad: admit
            breakers:
              fleetMilli: 2000
              windw: 1h
            repair:
              asks: 0
              levels: {reset: seconds}
            network: {heldMilli: 1001}
            """)
        guard case .failure(let list) = result else {
            Issue.record("a wrong file was read")
            return
        }
        let found = list.diagnostics.map { "\($0.line) \($0.message)" }
        #expect(found.contains { $0.hasPrefix("2 ") && $0.contains("'new' is 'perhaps'") })
        #expect(found.contains("3 'arrival.knownBad' is admit"))
        #expect(found.contains("5 'breakers.fleetMilli' is 2000"))
        #expect(found.contains { $0.hasPrefix("6 unknown key 'windw'") })
        #expect(found.contains("8 'repair.asks' is 0"))
        #expect(found.contains { $0.hasPrefix("9 'repair.levels[4]'") })
        #expect(found.contains("10 'network.heldMilli' is 1001"))
        #expect(list.diagnostics.allSatisfy { $0.file == "health.yaml" })
    }

    @Test func dropsAreReadAndTheirMistakesNamed() throws {
        func file(_ text: String) -> Result<HealthFile, DiagnosticList> {
            HealthDocument.file(SourceText(text, file: "health.yaml"))
        }
        let drops = try file("thresholds: {drop: 8%, figures: {diskWrite: 15%}}").get().drops
        #expect(drops == DropRules(text: "8,diskWrite=15"))
        #expect(try file("historyKept: 16").get().drops == DropRules())
        let result = file(
            """
            thresholds:
              drop: 5
              figures:
                diskWrite: 60%
                deviceClock: 5%
                network: half
            repair: {asks: 0}
            """)
        guard case .failure(let list) = result else {
            Issue.record("taken")
            return
        }
        #expect(list.diagnostics.map(\.line).sorted() == [2, 4, 5, 6, 7], "\(list.diagnostics)")
        for text in ["thresholds: 5%", "thresholds: {figures: 5%}", "thresholds: {drops: 5%}"] {
            #expect(throws: DiagnosticList.self) { try file(text).get() }
        }
    }

    @Test func anEmptyFileIsNoPolicy() {
        #expect(throws: DiagnosticList.self) { try read("- a").get() }
    }
}

/// Goal: a health file says how many spares each pool has, and every mistake of it stands where it
/// was made.
@Suite struct SpareDocumentTests {
    private func file(_ text: String) -> Result<HealthFile, DiagnosticList> {
        HealthDocument.file(SourceText(text, file: "health.yaml"))
    }

    @Test func numbersAndSharesAreRead() throws {
        let spares = try file(
            """
            spares:
              h100: {keep: 4%, gangs: 64}
              b200: {keep: 2.5%, gangs: 256}
              a100: {keep: 3, gangs: 16}
            """
        ).get().spares
        #expect(
            spares == [
                PoolSpares(pool: "h100", policy: SparePolicy(.share(milli: 40), leastGPUs: 64)),
                PoolSpares(pool: "b200", policy: SparePolicy(.share(milli: 25), leastGPUs: 256)),
                PoolSpares(pool: "a100", policy: SparePolicy(.nodes(3), leastGPUs: 16)),
            ])
        #expect(try file("historyKept: 16").get().spares == [])
    }

    @Test func allMistakesOfSparesAreNamedAtOnce() throws {
        let result = file(
            """
            spares:
              a: {keep: 60%, gangs: 64}
              b: {keep: 0, gangs: 64}
              c: {keep: 2.55%, gangs: 1}
              d: {gangs: 64}
              e: {keep: 1, size: 3}
              f: 4%
              g: {keep: many, gangs: few}
            suspicion: {silence: soon}
            """)
        guard case .failure(let list) = result else {
            Issue.record("taken")
            return
        }
        #expect(
            list.diagnostics.map(\.line).sorted() == [2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9],
            "\(list.diagnostics)")
        let first = try #require(list.diagnostics.min { $0.line < $1.line })
        #expect(first.file == "health.yaml" && first.message.contains("'keep' is '60%'"))
        #expect(first.expected.contains("at most 50%"))
    }

    @Test(arguments: ["spares: 4%", "spares: [h100]", "spares:"])
    func whatIsNoMappingIsRefused(text: String) {
        guard case .failure(let list) = file(text) else {
            Issue.record("taken: \(text)")
            return
        }
        #expect(list.diagnostics.count == 1 && list.diagnostics[0].line == 1)
    }

    @Test func aPoolThatIsThereTwiceIsRefused() {
        let text = "spares:\n  h100: {keep: 1, gangs: 8}\n  h100: {keep: 2, gangs: 8}"
        guard case .failure = file(text) else {
            Issue.record("taken")
            return
        }
    }
}
