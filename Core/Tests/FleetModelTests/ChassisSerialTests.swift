import FleetModel
import Testing

@Suite struct ChassisSerialTests {
    @Test(arguments: [
        ("Default string", false), ("None", false), ("0000000000", false), ("ABC12", true),
        ("0123456789", false), ("SGH1234ABC", true), ("Not Specified", false), ("", false),
    ])
    func serials(_ text: String, _ isSerial: Bool) {
        #expect(ChassisSerial.isSerial(text) == isSerial)
    }

    @Test func theFirstThatIsOneCounts() {
        #expect(ChassisSerial.of(chassis: "SGH1234\n", product: "P78") == "SGH1234")
        #expect(ChassisSerial.of(chassis: "To Be Filled By O.E.M.\n", product: " P78\n") == "P78")
        #expect(ChassisSerial.of(chassis: nil, product: "P78") == "P78")
        #expect(ChassisSerial.of(chassis: "None", product: nil) == "")
    }
}
