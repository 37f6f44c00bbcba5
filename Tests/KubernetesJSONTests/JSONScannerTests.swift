import KubernetesJSON
import Testing

/// What a pod is to these tests.
struct Sample: Decoded, Equatable {
    var name = ""
    var labels: [String: String] = [:]
    var ready = false
    var restarts: Int64 = 0
    var arguments: [String] = []

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            switch key {
            case "name": name = try scanner.string()
            case "labels": labels = try scanner.stringMap()
            case "ready": ready = try scanner.boolean()
            case "n": restarts = try scanner.integer()
            case "args": arguments = try scanner.strings()
            default: try scanner.skipValue()
            }
        }
    }
}

@Suite struct JSONScannerTests {
    private func sample(_ text: String) throws -> Sample { try Sample(json: Array(text.utf8)) }

    @Test func readsWhatIsAskedForAndSkipsTheRest() throws {
        let text = """
             { "managedFields" : [ {"f:a":{".":{}}, "x":"}]\\"" }, [], 1.5e-3, null, true ] ,
               "name":"web-0", "labels":{"app":"web","tier":""},"ready":true,
               "n": -12 ,"args":["a","b"] , "rest":{"deep":[[[{"a":[]}]]]}}
            """
        let sample = try sample(text)
        #expect(sample.name == "web-0")
        #expect(sample.labels == ["app": "web", "tier": ""])
        #expect(sample.ready)
        #expect(sample.restarts == -12)
        #expect(sample.arguments == ["a", "b"])
    }

    @Test func nullIsWhatIsNotThere() throws {
        let all = #"{"name":null,"labels":null,"ready":null,"n":null,"args":null}"#
        #expect(try sample(all) == sample("null"))
        #expect(try sample("{}") == sample("null"))
    }

    @Test(arguments: [
        (#""plain""#, "plain"), (#""""#, ""),
        (#""a\"b\\c\/d\b\f\n\r\t""#, "a\"b\\c/d\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""\ud83d\ude00 ok""#, "😀 ok"),
        (#""\ud83d""#, "\u{FFFD}"), (#""\ude00x""#, "\u{FFFD}x"), (#""\ud83dA""#, "\u{FFFD}A"),
        (#""\u12""#, "\u{FFFD}"),
        ("\"längere Zeichenkette mit 日本語\"", "längere Zeichenkette mit 日本語"),
    ])
    func strings(text: String, expected: String) throws {
        let value = try JSONScanner.read(Array(text.utf8)) { scanner throws(JSONFault) in
            try scanner.string()
        }
        #expect(value == expected)
    }

    @Test func bytesThatAreNotUTF8AreReplaced() throws {
        let value = try JSONScanner.read([0x22, 0xFF, 0x41, 0xC3, 0x22]) { s throws(JSONFault) in
            try s.string()
        }
        #expect(value == "\u{FFFD}A\u{FFFD}")
    }

    @Test func keysWithEscapesAreTheSameKeys() throws {
        #expect(try sample(#"{"n\u0061me":"x","\u006e":3}"#).name == "x")
        #expect(try sample(#"{"n\u0061me":"x","\u006e":3}"#).restarts == 3)
    }

    @Test(arguments: [
        ("0", 0), ("-1", -1), ("9223372036854775807", Int64.max),
        ("-9223372036854775808", Int64.min),
    ])
    func integers(text: String, expected: Int64) throws {
        let value = try JSONScanner.read(Array(text.utf8)) { s throws(JSONFault) in
            try s.integer()
        }
        #expect(value == expected)
    }

    @Test(arguments: [
        (#"{"n":1.5}"#, JSONFault(.notAnInteger, offset: 5)),
        (#"{"n":9223372036854775808}"#, JSONFault(.notAnInteger, offset: 5)),
        (#"{"n":"1"}"#, JSONFault(.expected("a number"), offset: 5)),
        (#"{"name":1}"#, JSONFault(.expected("a string"), offset: 8)),
        (#"{"name":"a""#, JSONFault(.endsEarly, offset: 11)),
        (#"{"name":"a"#, JSONFault(.endsEarly, offset: 10)),
        (#"{"name":"a",}"#, JSONFault(.expected("a string"), offset: 12)),
        (#"{"name" "a"}"#, JSONFault(.expected("':'"), offset: 8)),
        (#"{"name":"a" "n":1}"#, JSONFault(.expected("',' or what closes"), offset: 12)),
        (#"{"x":[1}}"#, JSONFault(.expected("']'"), offset: 7)),
        (#"{} {}"#, JSONFault(.trailing, offset: 3)),
        (#"{"ready":yes}"#, JSONFault(.expected("true or false"), offset: 9)),
        (#"{"labels":[]}"#, JSONFault(.expected("an object"), offset: 10)),
        ("{\"name\":\"a\u{1}\"}", JSONFault(.controlCharacter, offset: 10)),
        ("", JSONFault(.endsEarly, offset: 0)),
        ("[", JSONFault(.expected("an object"), offset: 0)),
    ])
    func faultsSayWhatAndWhere(text: String, expected: JSONFault) {
        #expect(throws: expected) { try sample(text) }
        #expect(!expected.description.isEmpty)
    }

    @Test func depthIsBounded() throws {
        func nested(_ levels: Int) -> String {
            #"{"x":"# + String(repeating: "[", count: levels)
                + String(repeating: "]", count: levels) + "}"
        }
        #expect(try sample(nested(JSONScanner.maximumDepth - 1)) == sample("{}"))
        #expect(throws: JSONFault(.tooDeep, offset: 132)) {
            try sample(nested(JSONScanner.maximumDepth))
        }
        #expect(throws: JSONFault.self) { try sample(nested(1_000_000)) }
    }

    @Test func capturesAndComesBack() throws {
        let text = Array(#"{"object":{"name":"a"},"type":"ADDED"}"#.utf8)
        let (captured, kind, name) = try JSONScanner.read(text) {
            s throws(JSONFault) -> ([UInt8], String, String) in
            var (captured, kind): ([UInt8], String) = ([], "")
            var place: JSONScanner.Mark?
            try s.enterObject()
            while let key = try s.nextKey() {
                if key == "object" {
                    place = s.mark
                    captured = try s.capture()
                } else {
                    kind = try s.string()
                }
            }
            let end = s.mark
            s.rewind(to: place!)
            let sample = try Sample(reading: &s)
            s.rewind(to: end)
            return (captured, kind, sample.name)
        }
        #expect(captured == Array(#"{"name":"a"}"#.utf8))
        #expect(kind == "ADDED")
        #expect(name == "a")
    }
}
