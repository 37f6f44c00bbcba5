import FleetModel
import Testing

@Suite struct DirectiveDigestTests {
    private static let member = MemberPlacement(node: NodeID(1), role: 0, devices: 3)
    private static let refusal = Refusal(code: .quota, unit: .gpuMilli, need: 5, have: 4)

    private static func waiting(_ change: (inout Refusal) -> Void) -> Directive {
        var refusal = refusal
        change(&refusal)
        return .wait(JobID(1), refusal)
    }

    private static func starting(_ change: (inout MemberPlacement) -> Void) -> Directive {
        var member = member
        change(&member)
        return .start(JobID(1), Attempt(1), [member])
    }

    /// Directives that differ from each other, most of them in one field.
    static let distinct: [Directive] = [
        starting { _ in }, starting { $0.node = NodeID(2) }, starting { $0.role = 1 },
        starting { $0.devices = 1 << 63 }, .start(JobID(2), Attempt(1), [member]),
        .start(JobID(1), Attempt(2), [member]), .start(JobID(1), Attempt(1), []),
        .start(JobID(1), Attempt(1), [member, member]),
        .stop(JobID(1), Attempt(1), .cancelled), .stop(JobID(1), Attempt(1), .preemption),
        .stop(JobID(1), Attempt(2), .cancelled), .stop(JobID(2), Attempt(1), .cancelled),
        waiting { _ in }, waiting { $0.code = .capacity }, waiting { $0.unit = .members },
        waiting { $0.need = 6 }, waiting { $0.have = 5 }, waiting { $0.level = LevelIndex(0) },
        waiting { $0.level = LevelIndex(1) }, waiting { $0.tenant = TenantID(0) },
        waiting { $0.tenant = TenantID(1) }, waiting { $0.job = JobID(0) },
        waiting { $0.job = JobID(1) }, .wait(JobID(2), refusal),
        .requeue(JobID(1), Attempt(1), .application), .requeue(JobID(1), Attempt(1), .node),
        .requeue(JobID(1), Attempt(2), .application), .requeue(JobID(2), Attempt(1), .application),
        .end(JobID(1), .succeeded), .end(JobID(1), .failed), .end(JobID(2), .succeeded),
        .reject(JobID(1), .duplicateJob), .reject(JobID(1), .malformed),
        .reject(JobID(2), .duplicateJob),
        .wake(at: .zero, token: 0), .wake(at: .seconds(1), token: 0), .wake(at: .zero, token: 1),
    ]

    private func digest(_ directives: [Directive]) -> UInt64 {
        var digest = DirectiveDigest()
        for directive in directives { digest.add(directive) }
        return digest.digest
    }

    @Test func everyFieldCounts() {
        let all = Self.distinct
        #expect(Set(all).count == all.count)
        #expect(Set(all.map { digest([$0]) }).count == all.count)
    }

    @Test func orderAndNumberCount() {
        let all = Self.distinct
        for (left, right) in zip(all, all.dropFirst()) {
            #expect(digest([left, right]) != digest([right, left]))
            #expect(digest([left, left]) != digest([left]))
        }
        #expect(digest([]) != digest([all[0]]))
        #expect(digest(all) == digest(all))
    }

    /// A digest that changes makes every recorded journal diverge.
    @Test func digestIsPinned() {
        #expect(StateHasher.hexadecimal(digest(Self.distinct)) == "c854d7d2bbdc9c64")
    }
}
