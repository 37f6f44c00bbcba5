import FleetModel
import Testing

@Suite struct QuantityTests {
    @Test func instantsSaturate() {
        #expect(Instant.never + .seconds(1) == .never)
        #expect(Instant.never + .zero == .never)
        #expect(Instant.seconds(1) + TimeSpan(nanoseconds: .max) == .never)
        let last = Instant(nanoseconds: .max - 1)
        #expect(last + TimeSpan(nanoseconds: 1) == .never)
        #expect(last + TimeSpan(nanoseconds: 0) == last)
        #expect(last < .never)
    }

    @Test func instantsAndSpans() {
        #expect(Instant.seconds(3) + .seconds(4) == .seconds(7))
        #expect(Instant.seconds(3) - .seconds(5) == .seconds(-2))
        #expect(Instant.never - .zero == TimeSpan(nanoseconds: .max))
        #expect(Instant.zero.nanoseconds == 0)
        #expect(TimeSpan.seconds(2) + .seconds(3) == .seconds(5))
        #expect(TimeSpan.zero < TimeSpan(nanoseconds: 1))
        #expect(TimeSpan(nanoseconds: 1_999_999_999).wholeSeconds == 1)
        // The longest span that a file may state, and twice it, must not overflow.
        let longest = TimeSpan.seconds(FleetLimits.seconds)
        #expect((longest + longest).wholeSeconds == 2 * FleetLimits.seconds)
    }

    @Test func hostArithmetic() {
        let some = HostResources(cpuMilli: 1, memoryMiB: 20, diskMiB: 300, nics: 4000)
        #expect(
            some * 3 == HostResources(cpuMilli: 3, memoryMiB: 60, diskMiB: 900, nics: 12_000))
        #expect(some + some == some * 2)
        #expect(some * 3 - some == some * 2)
        #expect(some - some == .zero)
        #expect(some * 0 == .zero)
        #expect(!some.hasNegative && !HostResources.zero.hasNegative)
        #expect(some.contains(some) && some.contains(.zero))
    }

    @Test(arguments: 0..<5) func eachHostQuantityCounts(_ place: Int) {
        let one = HostResources(
            cpuMilli: place == 0 ? 1 : 0, memoryMiB: place == 1 ? 1 : 0,
            diskMiB: place == 2 ? 1 : 0, nics: place == 3 ? 1 : 0, slots: place == 4 ? 1 : 0)
        let base = HostResources(cpuMilli: 5, memoryMiB: 5, diskMiB: 5, nics: 5, slots: 5)
        #expect(!base.contains(base + one))
        #expect((base + one).contains(base))
        #expect((HostResources.zero - one).hasNegative)
    }

    @Test func exclusivesAreCounted() {
        let (one, two) = (Exclusives(0b01), Exclusives(0b10))
        #expect(Exclusives.all.contains(one) && !Exclusives.none.contains(one))
        #expect(!(Exclusives.all - one).contains(one) && (Exclusives.all - one).contains(two))
        #expect((Exclusives.all - one).available == ~1)
        #expect(Exclusives.all - one + one == .all)
        // Given out three times, as two gangs that nobody counted may have: nothing is to be had
        // until all of them but one are back.
        var left = one - one - one - one
        #expect(left.isOverdrawn && !left.contains(one))
        for _ in 0..<2 {
            left = left + one
            #expect(!left.contains(one))
        }
        #expect(!left.isOverdrawn && (left + one).contains(one))
        for factor: Int64 in -4...4 {
            var sum = Exclusives.none
            for _ in 0..<abs(factor) { sum = factor < 0 ? sum - two : sum + two }
            #expect(two * factor == sum)
        }
    }

    @Test func memberRequests() {
        #expect(MemberRequest(devices: 0, deviceMilli: 300).deviceMilli == 1000)
        #expect(MemberRequest(devices: 0).gpuMilli == 0)
        #expect(MemberRequest(devices: 8).gpuMilli == 8000)
        #expect(MemberRequest(devices: 1, deviceMilli: 300).gpuMilli == 300)
        #expect(MemberRequest(devices: 1, deviceMilli: 999).isFractional)
        #expect(!MemberRequest(devices: 1).isFractional)
        #expect(!MemberRequest(devices: 2, deviceMilli: 999).isFractional)
    }

    @Test func gangSums() {
        let spec = JobSpec(
            id: JobID(0), tenant: TenantID(0),
            roles: [
                RoleSpec(count: 3, maximum: 9, request: MemberRequest(devices: 2)),
                RoleSpec(count: 1, request: MemberRequest(devices: 1, deviceMilli: 250)),
                RoleSpec(count: 2, request: MemberRequest(devices: 0)),
            ])
        #expect(spec.minimumGPUMilli == 6250)
        #expect(spec.minimumMembers == 6)
        #expect(spec.roles[1].maximum == 1)
    }
}
