import Foundation
import Testing

@testable import Server

@Suite("JSON syntax")
struct JSONSyntaxTests {
    @Test(
        "objects and lists are documents",
        arguments: [
            "{}", "[]", " [ ] ", #"{"a":1}"#, #"{"a" : [1, -2.5e+3, 0, 0.1, true, false, null]}"#,
            #"[[[]],[{}],{"a":{"b":[]}}]"#, #"["\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t"]"#,
            "\t\r\n{\"a\"\n:\n\"b\" , \"c\":{}}\n", #"{"a":1,"a":2}"#,
        ])
    func good(text: String) {
        #expect(JSONSyntax.isDocument(Array(text.utf8)))
        #expect((try? JSONSerialization.jsonObject(with: Data(text.utf8))) != nil)
    }

    @Test(
        "nothing else is",
        arguments: [
            "", " ", "1", "null", "\"a\"", "{", "[", "}", "]", "[1", "[1,]", "[,1]", "{,}",
            "{\"a\"}",
            "{\"a\":}", "{\"a\":1,}", "{a:1}", "[01]", "[1.]", "[.5]", "[+1]", "[1e]", "[-]",
            "[NaN]",
            "[tru]", "[\"a]", "[\"\\x\"]", "[\"\\u12g4\"]", "[\"\\ud800\"]", "[\"\\udc00\"]",
            "[\"\\ud800\\u0041\"]", "[\"\n\"]", "[1] x", "[1][2]", "{\"a\":1]", "[1}", "{1:2}",
            "[1 2]", "{\"a\" 1}", "name: a", "- 1", "[\"\\",
        ])
    func bad(text: String) {
        #expect(!JSONSyntax.isDocument(Array(text.utf8)))
    }

    @Test("depth has an end, and costs no stack")
    func depth() {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(JSONSyntax.isDocument(nested(500)))
        #expect(!JSONSyntax.isDocument(nested(100_000)))
    }
}
