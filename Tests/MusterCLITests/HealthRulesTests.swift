import Foundation
import Testing

/// Rules that are tried on logs.
struct HealthRulesTests {
    private static let rules = """
        version: 7
        rules:
          - {name: riser, codes: XID 79, kinds: H100, severity: warning, action: watch}
        """
    private static let log = """
        [Sun Feb 23 16:24:18 2025] NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off.
        [Sun Feb 23 17:24:18 2025] NVRM: Xid (PCI:0000:3b:00): 31, pid=77, Ch 00000008
        """

    private func place() throws -> Workplace {
        let place = try Workplace()
        try place.write(HealthRulesTests.rules, "rules.yaml")
        try place.write(HealthRulesTests.log, "a.log")
        return place
    }

    @Test func saysWhatWouldBeDifferent() throws {
        let place = try place()
        let ran = try place.muster("health rules rules.yaml --kind H100 a.log")
        #expect(ran.status == 1, "\(ran.talk)")
        #expect(
            ran.out.hasPrefix(
                """
                2 faults in 2 bursts
                bursts that take hardware out of service: 1 now, 0 by the rules of version '7'

                """), "\(ran.out)")
        #expect(ran.out.contains("site rule 'riser'"))
        let same = try place.muster("health rules rules.yaml a.log")
        #expect(same.status == 0 && same.out.hasSuffix("nothing would be different\n"))
        let json = try place.muster("health rules rules.yaml --kind H100 --json a.log")
        let trial = try #require(try json.json() as? [String: Any])
        #expect(trial["outAfter"] as? Int == 0)
        let difference = try #require((trial["differences"] as? [[String: Any]])?.first)
        #expect(difference["at"] as? String == "2025-02-23T16:24:18.000Z")
        #expect((difference["after"] as? [String: Any])?["action"] as? String == "watch")
    }

    @Test func mistakesAreToldWithTheirLines() throws {
        let place = try place()
        try place.write("version: 1\nrules:\n  - {name: a, codes: XID x, action: wach}\n", "bad")
        let ran = try place.muster("health rules bad a.log")
        #expect(ran.status == 65 && ran.codes == ["M0205", "M0204"], "\(ran.talk)")
        #expect(ran.talk.contains("bad:3:"))
        let up = try place.shell(
            "echo 'faultRules: bad' > h; $muster up --data d --devices 1 --health h")
        #expect(up.status == 65 && up.talk.contains("bad:3:"), "\(up.talk)")
        let lost = try place.shell(
            "mkdir f; echo 'faultRules: none' > f/h; $muster up --data d --health f/h")
        #expect(lost.status == 66 && lost.talk.contains("f/none"), "\(lost.talk)")
    }
}
