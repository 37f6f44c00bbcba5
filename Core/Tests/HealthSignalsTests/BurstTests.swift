import FleetModel
import HealthSignals
import Testing

/// What bursts of faults mean.
@Suite struct BurstTests {
    @Test func theFirstHardwareFaultExplainsTheRest() {
        let told = verdicts([
            (1, xid(31, at: "0000:18:00")), (2, xid(79, at: "0000:3b:00")),
            (3, xid(45, at: "0000:3b:00")), (4, xid(43, at: "0000:5d:00")),
            (5, xid(31, at: "0000:5d:00")), (6, xid(94, at: "0000:3b:00")),
        ])
        #expect(told.map(\.stage) == [.urgent, .final])
        let verdict = told[1]
        #expect(verdict.root == .xid(79))
        #expect(verdict.part.device?.text == "0000:3b:00.0")
        #expect(verdict.action == .rebootNode && verdict.severity == .fatal)
        #expect(verdict.rule == .catalogue(.xid(79)))
        #expect(verdict.catalogueVersion == FaultCatalogue.version)
        #expect(verdict.faults == 6)
        let parts = verdict.parts
        #expect(parts.map { $0.part.device?.bus } == [0x3b, 0x18, 0x5d])
        // What came before the hardware's fault is not its doing, what came after is.
        #expect(parts[1].rule == .catalogue(.xid(31)))
        #expect(parts[2].rule == .follows(.xid(79)))
        #expect(parts.map(\.takesOutOfService) == [true, false, false])
        #expect(
            verdict.inputs.map(\.fault.code) == [
                .xid(31), .xid(79), .xid(45), .xid(43), .xid(31), .xid(94),
            ])
    }

    @Test func threeMinutesOfSilenceEndABurst() {
        var bursts = FaultBursts()
        var told: [FaultVerdict] = []
        bursts.note(xid(94), at: .seconds(10), into: &told)
        #expect(bursts.wakeAt == .seconds(190))
        bursts.note(xid(94), at: .seconds(189), into: &told)
        #expect(told.isEmpty && bursts.wakeAt == .seconds(369))
        bursts.advance(to: .seconds(368), into: &told)
        #expect(told.isEmpty)
        bursts.note(xid(79), at: .seconds(369), into: &told)
        #expect(told.map(\.stage) == [.final, .urgent])
        #expect(told.map(\.burst) == [1, 2])
        #expect(
            told[0].faults == 2 && told[0].opened == .seconds(10) && told[0].last == .seconds(189))
        bursts.advance(to: .seconds(549), into: &told)
        #expect(told.count == 3 && bursts.wakeAt == nil)
    }

    @Test func urgentOnesAreToldOnceAndAgainWhenStronger() {
        let told = verdicts([
            (1, xid(48)), (2, xid(48)), (3, xid(95)), (4, xid(63)), (5, xid(79)), (6, xid(79)),
        ])
        #expect(told.map(\.stage) == [.urgent, .urgent, .urgent, .final])
        #expect(told.map(\.action) == [.resetDevice, .drainAndReset, .rebootNode, .rebootNode])
        #expect(told.map(\.root) == [.xid(48), .xid(48), .xid(48), .xid(48)])
        #expect(told.last?.rule == .catalogue(.xid(79)))
    }

    @Test func theDriversOwnVerdictIsAboveTheTable() {
        func recovery(_ text: String, at device: String = "0000:3b:00") -> LogFault {
            parse(
                """
                NVRM: Xid (PCI:\(device)): 154, GPU recovery action changed from 0x0 (None) \
                to \(text)
                """
            )[0]
        }
        var told = verdicts([(1, xid(48)), (2, recovery("0x2 (Node Reboot Required)"))])
        #expect(told.map(\.action) == [.resetDevice, .rebootNode, .rebootNode])
        #expect(told.last?.rule == .recoveryVerdict(.rebootNode))
        #expect(told.last?.root == .xid(48))
        // The latest counts, and *none* takes nothing back.
        told = final(
            verdicts([
                (1, xid(31)), (2, recovery("0x4 (Drain and Reset)")),
                (3, recovery("0x1 (GPU Reset Required)")), (4, recovery("0x0 (None)")),
            ]))
        #expect(told.map(\.action) == [.resetDevice])
        #expect(told.map(\.root) == [.xid(31)])
        #expect(told[0].takesOutOfService)
        // It is about one device.
        told = final(
            verdicts([(1, xid(94)), (2, recovery("0x1 (GPU Reset Required)", at: "0000:5d:00"))]))
        #expect(
            told[0].parts.map(\.takesOutOfService) == [false, true]
                || told[0].parts.map(\.takesOutOfService) == [true, false])
        #expect(told[0].parts.first { !$0.takesOutOfService }?.root == .xid(94))
        // Errors of links that hang on it.
        let link = parse(
            """
            NVRM: Xid (PCI:0000:3b:00): 145, RLW_SRC_TRACK Nonfatal XC1 i0 Link 12 \
            (0x040988e2 0x00000008 0x0 0x0 0x0 0x0)
            """
        )[0]
        told = final(verdicts([(1, link)]))
        #expect(told.map(\.action) == [.restartApplication])
        told = final(verdicts([(1, link), (2, recovery("0x1 (GPU Reset Required)"))]))
        #expect(told.map(\.action) == [.resetDevice])
    }

    @Test func aMemoryErrorWithARemapping() {
        for (codes, action) in [
            ([48], FaultAction.resetDevice), ([48, 63], .drainAndReset),
            ([63, 48], .drainAndReset),
            ([64, 48], .drainAndReset), ([64], .resetDevice), ([63], .none),
        ] as [([Int32], FaultAction)] {
            let told = final(
                verdicts(codes.enumerated().map { (Int64($0.offset), xid($0.element)) }))
            #expect(told.map(\.action) == [action], "\(codes)")
        }
    }

    @Test func removedChannelsAlone() {
        var told = verdicts([(1, xid(45)), (2, xid(45)), (3, xid(45, at: "0000:5d:00"))])
        #expect(told.map(\.stage) == [.final])
        #expect(told[0].action == .restartFabricManager && told[0].severity == .warning)
        #expect(told[0].rule == .unexplainedRemoval && !told[0].takesOutOfService)
        told = final(verdicts([(1, xid(45)), (2, xid(31))]))
        #expect(told[0].root == .xid(31) && told[0].action == .restartApplication)
    }

    @Test func unknownCodesAreToldAndHarmNobody() {
        let told = verdicts([(1, xid(4711)), (2, LogFault(.sxid(99_999)))])
        #expect(told.map(\.stage) == [.final])
        #expect(told[0].severity == .unknown && told[0].action == .unknown)
        #expect(told[0].rule == .unknownCode(.xid(4711)) && !told[0].takesOutOfService)
        #expect(told[0].inputs.count == 2)
    }

    @Test func exceptionsThatRepeatOnTheSameEngine() {
        func exception(_ cluster: Int, at device: String = "0000:3b:00") -> LogFault {
            xid(13, at: device, "Graphics SM Warp Exception on (GPC \(cluster), TPC 3, SM 0): x")
        }
        // Twice in one burst is once.
        var told = final(verdicts([(1, exception(1)), (2, exception(1))]))
        #expect(told.map(\.action) == [.restartApplication])
        // Twice in a day.
        told = final(verdicts([(1, exception(1)), (4000, exception(1))]))
        #expect(told.map(\.action) == [.restartApplication, .diagnose])
        #expect(told[1].rule == .repetition(.xid(13), count: 2) && !told[1].takesOutOfService)
        // On another place, or after more than a day.
        told = final(verdicts([(1, exception(1)), (4000, exception(2)), (90_500, exception(1))]))
        #expect(
            told.map(\.action) == [.restartApplication, .restartApplication, .restartApplication])
        // On another device as well: the application wanders.
        told = final(
            verdicts([
                (1, exception(1)), (2, exception(1, at: "0000:5d:00")), (4000, exception(1)),
            ]))
        #expect(told.map(\.action) == [.restartApplication, .restartApplication])
    }

    @Test func pageFaultsThatRepeat() {
        let told = final(verdicts([(1, xid(31)), (80_000, xid(31)), (80_001, xid(43))]))
        #expect(told.map(\.action) == [.restartApplication, .diagnose])
        #expect(told[1].root == .xid(31))
    }

    @Test func linksThatRepeat() {
        func fault(_ link: Int, _ word: String) -> LogFault {
            xid(
                74,

                """
                NVLink: fatal error detected on link \(link)(0x0, 0x0, \(word), 0x0, 0x0, \
                0x0, 0x0)
                """
            )
        }
        var told = final(verdicts([(1, fault(3, "0x10000")), (1000, fault(3, "0x10000"))]))
        #expect(told.map(\.action) == [.none, .inspect])
        #expect(told.map(\.takesOutOfService) == [false, true])
        told = final(verdicts([(1, fault(3, "0x10000")), (1000, fault(4, "0x10000"))]))
        #expect(told.map(\.takesOutOfService) == [false, false])
        told = final(verdicts([(1, fault(3, "0x0")), (1000, fault(3, "0x0"))]))
        #expect(told.map(\.severity) == [.warning, .critical])
    }

    @Test func repairsThatDoNotHelp() {
        let told = final(verdicts((0..<6).map { (Int64($0) * 3600, xid(119)) }))
        #expect(
            told.map(\.action) == [
                .resetDevice, .resetDevice, .resetDevice, .resetDevice, .contactProvider,
                .contactProvider,
            ])
        #expect(told[4].rule == .repeatedRepairs(count: 5))
    }

    @Test func noiseDoesNotKeepAVerdictBack() {
        var faults: [(seconds: Int64, fault: LogFault)] = [(0, xid(79))]
        for minute in 1...100 { faults.append((Int64(minute) * 60, xid(45, at: "0000:5d:00"))) }
        let told = verdicts(faults)
        #expect(told.map(\.stage) == [.urgent, .final, .final, .final, .final])
        #expect(told[1].root == .xid(79))
        // The rest of the same trouble is still explained by its beginning.
        for verdict in told[2...] {
            #expect(verdict.rule == .follows(.xid(79)) && verdict.severity == .info)
        }
    }

    /// What was cut off explains nothing once there was a silence.
    @Test func anExplanationEnds() {
        var faults: [(seconds: Int64, fault: LogFault)] = [(0, xid(79))]
        for minute in 1...30 { faults.append((Int64(minute) * 60, xid(45))) }
        faults.append((1979, xid(31)))
        let told = final(verdicts(faults))
        #expect(told.map(\.rule) == [.catalogue(.xid(79)), .follows(.xid(79))])
        faults[faults.count - 1].seconds = 1981
        let later = final(verdicts(faults))
        #expect(
            later.map(\.rule) == [.catalogue(.xid(79)), .follows(.xid(79)), .catalogue(.xid(31))])
    }

    /// A weak signal of a link is no fault of its own when the device at its other end is gone.
    @Test func linksOfPeersOfALostDevice() {
        func link(_ word: String, at device: String) -> LogFault {
            let words = "(\(word), 0x0, 0x0, 0x0, 0x0, 0x0, 0x0)"
            return xid(74, at: device, "NVLink: fatal error detected on link 3\(words)")
        }
        let told = final(
            verdicts([
                (1, xid(79)), (2, link("0x200000", at: "0000:5d:00")),
                (3, link("0x100", at: "0000:5e:00")),
            ]))
        #expect(told[0].parts.map(\.takesOutOfService) == [true, false, true])
        #expect(told[0].parts[1].rule == .follows(.xid(79)))
        let alone = final(verdicts([(1, link("0x200000", at: "0000:5d:00"))]))
        #expect(alone[0].takesOutOfService && alone[0].action == .inspect)
    }

    @Test func aClockThatJumps() {
        var bursts = FaultBursts()
        var told: [FaultVerdict] = []
        bursts.note(xid(94), at: .seconds(1000), into: &told)
        bursts.note(xid(94), at: .seconds(10), into: &told)
        bursts.note(xid(94), at: Instant(nanoseconds: .min), into: &told)
        #expect(told.isEmpty && bursts.wakeAt == .seconds(1180))
        bursts.note(xid(94), at: .never, into: &told)
        #expect(told.map(\.faults) == [3])
        bursts.note(xid(79), at: .seconds(5), into: &told)
        bursts.advance(to: .never, into: &told)
        #expect(told.last?.stage == .final)
    }

    /// Bounds hold, whatever comes: devices without number, codes without number.
    @Test func boundsHold() {
        var bursts = FaultBursts()
        var told: [FaultVerdict] = []
        var generator = SplitMix(seed: 7)
        for index in 0..<20_000 {
            var fault = LogFault(.xid(Int32(generator.below(400))))
            fault.device = PCIAddress(domain: UInt32(generator.below(3000)), bus: 1)
            fault.link = Int32(generator.below(40))
            bursts.note(fault, at: .seconds(Int64(index / 100)), into: &told)
        }
        bursts.advance(to: .never, into: &told)
        for verdict in told {
            #expect(verdict.parts.count <= FaultLimits.parts)
            #expect(verdict.inputs.count <= FaultLimits.inputs)
        }
        #expect(told.last?.faults == 20_000)
        #expect((told.last?.omitted ?? 0) > 0)
    }

    /// What has to go first is never pushed out by noise that came before.
    @Test func noiseMakesRoom() {
        var faults: [(seconds: Int64, fault: LogFault)] = []
        for code in 300..<400 { faults.append((1, xid(Int32(code)))) }
        faults.append((2, xid(79)))
        let told = final(verdicts(faults))
        #expect(told[0].root == .xid(79) && told[0].action == .rebootNode)
        #expect(told[0].inputs.contains { $0.fault.code == .xid(79) })
    }

    @Test func identityAfterTheFault() {
        let told = final(
            verdicts(lines: [
                "NVRM: Xid (PCI:0000:9b:00): 79", "NVRM: GPU at PCI:0000:9b:00: GPU-aaaa",
                "NVRM: GPU Board Serial Number: 165",
            ]))
        #expect(told[0].part.identity == DeviceIdentity(uuid: "GPU-aaaa", serial: "165"))
        #expect(told[0].parts[0].part.identity == told[0].part.identity)
        // Names alone are no trouble.
        #expect(verdicts(lines: ["NVRM: GPU at PCI:0000:9b:00: GPU-aaaa"]).isEmpty)
    }
}
