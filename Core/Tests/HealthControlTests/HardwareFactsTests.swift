import Testing

@testable import HealthControl

/// Goal: two words about one machine make one, and words about two machines are told apart.
@Suite struct HardwareFactsTests {
    private func facts(
        chassis: String = "", uuids: [String] = [], serials: [String] = [], nics: [String] = [],
        count: Int32? = nil
    ) -> HardwareFacts {
        let devices = (0..<max(uuids.count, serials.count)).map { index in
            HardwareFacts.Device(
                index: Int32(index), uuid: uuids.indices.contains(index) ? uuids[index] : "",
                boardSerial: serials.indices.contains(index) ? serials[index] : "")
        }
        return HardwareFacts(chassis: chassis, devices: devices, nics: nics, deviceCount: count)
    }

    @Test func onlyWhatBothSayCanDiffer() {
        let one = facts(chassis: "C", uuids: ["a", "b"], serials: ["1"], nics: ["n", "m"])
        #expect(one.agrees(with: one) && one.agrees(with: facts()) && facts().agrees(with: one))
        #expect(one.agrees(with: facts(uuids: ["a", "", "c"], nics: ["m", "o"])))
        for other in [
            facts(chassis: "D"), facts(uuids: ["a", "c"]), facts(serials: ["2"]),
            facts(nics: ["o"]),
        ] {
            #expect(!one.agrees(with: other) && !other.agrees(with: one))
        }
    }

    @Test func eachFieldIsItsOwnWordOrTheOthers() {
        let own = facts(uuids: ["a", "b"], nics: ["n"], count: 3)
        var other = facts(chassis: "C", uuids: ["a"], serials: ["1", "2"], nics: ["m"], count: 8)
        other.isolatesDevices = false
        var whole = facts(
            chassis: "C", uuids: ["a", "b"], serials: ["1", "2"], nics: ["n"], count: 3)
        whole.isolatesDevices = false
        #expect(own.filled(from: other, isNewer: true) == whole)
        // Which devices answer is the newest word, unless that has none.
        let fewer = facts(uuids: ["a"])
        #expect(own.filled(from: fewer, isNewer: true).devices.count == 2)
        #expect(own.filled(from: fewer, isNewer: false).devices.count == 1)
        #expect(own.filled(from: facts(), isNewer: false) == own)
        #expect(facts().filled(from: own, isNewer: true) == own)
    }
}
