import FleetModel
import Journal
import Testing

/// Goal: a directive comes out of an outbox as it went in, and nothing else does.
@Suite struct DirectiveCodecTests {
    private static let kinds = 10

    @Test func everyDirectiveComesBack() throws {
        for seed in UInt64(0)..<300 {
            for kind in 0..<Self.kinds {
                let directive = RandomDirectives.directive(kind: kind, seed: seed)
                let bytes = try DirectiveCodec.bytes(of: directive)
                #expect(try DirectiveCodec.directive(from: bytes) == directive)
            }
        }
    }

    @Test func everyValueOfEverySmallSetComesBack() throws {
        var directives: [Directive] = []
        directives += StopReason.allCases.map { .stop(JobID(1), Attempt(2), $0) }
        directives += FailureCause.allCases.map { .requeue(JobID(1), Attempt(2), $0) }
        directives += JobOutcome.allCases.map { .end(JobID(1), $0) }
        directives += RejectionReason.allCases.map { .reject(JobID(1), $0) }
        for unit in RefusalUnit.allCases {
            directives += RefusalCode.allCases.map {
                .wait(JobID(1), Refusal(code: $0, unit: unit, need: 3, have: -2))
            }
        }
        directives += EstimateBasis.allCases.map {
            .estimate(
                JobID(1),
                StartEstimate(earliest: .zero, likely: .seconds(1), latest: .never, basis: $0))
        }
        for directive in directives {
            let bytes = try DirectiveCodec.bytes(of: directive)
            #expect(try DirectiveCodec.directive(from: bytes) == directive)
        }
    }

    /// What decodes is exactly what would have been written.
    @Test func oneValueHasOneEncoding() throws {
        var random = SplitMix(seed: 4)
        for seed in UInt64(0)..<200 {
            for kind in 0..<Self.kinds {
                var bytes = try DirectiveCodec.bytes(
                    of: RandomDirectives.directive(kind: kind, seed: seed))
                bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
                guard let read = try? DirectiveCodec.directive(from: bytes) else { continue }
                #expect(try DirectiveCodec.bytes(of: read) == bytes)
            }
        }
    }

    @Test func everyTruncationAndEveryByteTooMuchIsFound() throws {
        for kind in 0..<Self.kinds {
            let bytes = try DirectiveCodec.bytes(
                of: RandomDirectives.directive(kind: kind, seed: 77))
            for length in 0..<bytes.count {
                #expect(throws: DirectiveError.self) {
                    try DirectiveCodec.directive(from: Array(bytes[..<length]))
                }
            }
            #expect(throws: DirectiveError.self) {
                try DirectiveCodec.directive(from: bytes + [0])
            }
        }
    }

    @Test(arguments: [
        [0], [11], [255],  // no such directive
        [1, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],  // more members than bytes
        [2, 0, 2, 5], [4, 0, 2, 6], [5, 0, 5], [6, 0, 5],  // beyond the last case
        [3, 0, 11, 0, 0, 0, 0, 0, 0], [3, 0, 0, 5, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0, 2, 0, 0],
        [10, 0, 3, 0, 0, 0], [10, 0, 0, 4, 2, 0],  // no such basis; out of order
        [5, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0],  // an id beyond 31 bits
    ])
    func nonsenseIsRefused(bytes: [Int]) {
        #expect(throws: DirectiveError.self) {
            try DirectiveCodec.directive(from: bytes.map { UInt8($0) })
        }
    }

    @Test func anIdBelowZeroIsRefused() {
        #expect(throws: DirectiveError.self) {
            try DirectiveCodec.bytes(of: .end(JobID(rawValue: -1), .failed))
        }
    }

    @Test func bytesAreThoseOfTheDescription() throws {
        let start = Directive.start(
            JobID(300), Attempt(1),
            [MemberPlacement(node: NodeID(7), role: 0, devices: .max)])
        #expect(try DirectiveCodec.bytes(of: start) == [1, 0xAC, 2, 2, 1, 7, 0, 1])
        #expect(
            try DirectiveCodec.bytes(of: .wake(at: .zero, token: -1)) == [7, 0, 1])
    }

    /// A property added to one of these fails here until the codec holds it.
    @Test func theCodecHoldsEveryProperty() {
        func names(_ value: Any) -> [String] {
            Mirror(reflecting: value).children.map { $0.label! }
        }
        #expect(
            names(MemberPlacement(node: NodeID(0), role: 0, devices: 0))
                == ["node", "role", "devices"])
        #expect(
            names(Refusal(code: .quota, unit: .jobs, need: 0, have: 0))
                == ["code", "unit", "need", "have", "level", "tenant", "job"])
        #expect(
            names(
                StartEstimate(earliest: .zero, likely: .zero, latest: .zero, basis: .history))
                == ["earliest", "likely", "latest", "basis"])
    }
}

/// Directives with every field at random.
enum RandomDirectives {
    static func directive(kind: Int, seed: UInt64) -> Directive {
        var random = RandomInputs(seed: SplitMix.mix(seed) &+ UInt64(kind))
        func number() -> Int64 { Int64(bitPattern: random.word()) }
        func small() -> Int32 { Int32(truncatingIfNeeded: number()) }
        func id<ID: DenseID>() -> ID { ID(rawValue: small() & .max) }
        func pick<Value>(_ values: [Value]) -> Value { values[random.below(values.count)] }
        func members() -> [MemberPlacement] {
            (0..<random.below(4)).map { _ in
                MemberPlacement(node: id(), role: small(), devices: random.word())
            }
        }
        switch kind {
        case 0: return .start(id(), Attempt(small()), members())
        case 1: return .stop(id(), Attempt(small()), pick(StopReason.allCases))
        case 2:
            return .wait(
                id(),
                Refusal(
                    code: pick(RefusalCode.allCases), unit: pick(RefusalUnit.allCases),
                    need: number(), have: number(),
                    level: pick([nil, LevelIndex(random.below(256))]), tenant: pick([nil, id()]),
                    job: pick([nil, id()])))
        case 3: return .requeue(id(), Attempt(small()), pick(FailureCause.allCases))
        case 4: return .end(id(), pick(JobOutcome.allCases))
        case 5: return .reject(id(), pick(RejectionReason.allCases))
        case 6: return .wake(at: random.instant(), token: number())
        case 7: return .shrink(id(), Attempt(small()), Resize(small()), members())
        case 8: return .grow(id(), Attempt(small()), Resize(small()), members())
        default:
            let times = [random.instant(), random.instant(), random.instant()].sorted()
            return .estimate(
                id(),
                StartEstimate(
                    earliest: times[0], likely: times[1], latest: times[2],
                    basis: pick(EstimateBasis.allCases)))
        }
    }
}
