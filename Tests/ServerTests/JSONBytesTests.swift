import API
import FleetModel
import Foundation
import Testing

@Suite("JSON bytes")
struct JSONBytesTests {
    private func text(_ body: (inout JSONBytes) -> Void) -> String {
        var json = JSONBytes()
        body(&json)
        return String(decoding: json.bytes, as: UTF8.self)
    }

    @Test("commas stand between members and elements only")
    func separates() {
        let text = text { json in
            json.object { json in
                json.member("a", 1)
                json.member("b", ["x", "y"])
                json.key("c")
                json.array([1, 2]) { json, number in json.object { $0.member("n", number) } }
                json.key("d")
                json.object { _ in }
                json.member("e", nil as String?)
            }
        }
        #expect(text == #"{"a":1,"b":["x","y"],"c":[{"n":1},{"n":2}],"d":{},"e":null}"#)
    }

    @Test(
        "any text comes back from a parser as it was",
        arguments: ["", "a\"b\\c", "\u{0}\u{1}\u{1F}\u{7F}", "\n\r\t", "é😀", "{[,:"])
    func escapes(text: String) throws {
        let json = self.text { json in json.array([text]) { $0.string($1) } }
        let parsed = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String]
        #expect(parsed == [text])
    }

    @Test(
        "thousandths are decimal numbers",
        arguments: [
            (0, "0"), (500, "0.5"), (1000, "1"), (1001, "1.001"), (1010, "1.01"), (-1500, "-1.5"),
            (-20, "-0.02"), (80_000_000, "80000"),
        ] as [(Int64, String)])
    func thousandths(milli: Int64, expected: String) {
        #expect(text { $0.milli(milli) } == expected)
    }

    @Test("whole numbers to the ends of their range", arguments: [0, 7, -1, .max, .min] as [Int64])
    func integers(value: Int64) { #expect(text { $0.integer(value) } == String(value)) }

    @Test("instants are RFC 3339 in UTC, and come back")
    func instants() {
        let instant = Instant(nanoseconds: 1_795_770_000_123_000_000)
        #expect(text { $0.time(instant) } == "\"2026-11-27T09:00:00.123Z\"")
        #expect(Instant(utcText: "2026-11-27T09:00:00.123Z") == instant)
        #expect(text { $0.time(.never) } == "null")
        for text in [
            "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-27T24:00:00Z", "2026-11-27",
            "2026-11-27T09:00:00", "2026-11-27T09:00:00.Z", "",
        ] {
            #expect(Instant(utcText: text) == nil, "\(text)")
        }
        #expect(Instant(utcText: "2028-02-29T23:59:59Z")?.utcText == "2028-02-29T23:59:59.000Z")
    }
}
