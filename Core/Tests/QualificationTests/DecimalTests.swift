import Testing

@testable import Qualification

/// Numbers as other tools write them.
struct DecimalTests {
    @Test(arguments: [
        ("0", Int64(0)), ("1", 1000), ("55.64", 55_640), ("-12.5", -12_500), ("3e2", 300_000),
        ("1.5E-1", 150), ("1.23456789", 1234), ("369.3600", 369_360), (".5", 500), ("7.", 7000),
        ("1e-3", 1), ("1e-9", 0), ("0.0004", 0), ("+2", 2000), ("6.25e+01", 62_500),
        ("1e400", 1 << 53), ("99999999999999999999999999999999999999999999999", 1 << 53),
    ])
    func reads(text: String, milli: Int64) {
        #expect(FixedDecimal.milli(text.utf8) == milli)
    }

    @Test(arguments: [
        "", "-", ".", "e5", "1e", "1e+", "nan", "inf", "1.2.3", "1-2", "0x10", " 1", "1e2.5",
        "--1", "1e--1", "N/A",
    ])
    func refuses(text: String) {
        #expect(FixedDecimal.milli(text.utf8) == nil)
    }

    @Test(arguments: [
        (Int64(0), "0.000", "0"), (5, "0.005", "0.005"), (1234, "1.23", "1.234"),
        (55_640, "55.6", "55.64"), (100_499, "100", "100.499"), (-2500, "-2.50", "-2.5"),
        (1_000_000, "1000", "1000"), (99_990, "100.0", "99.99"),
    ])
    func writes(milli: Int64, text: String, exact: String) {
        #expect(FixedDecimal.text(milli: milli) == text)
        #expect(FixedDecimal.exact(milli: milli) == exact)
    }
}
