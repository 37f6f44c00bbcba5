import FleetModel
import KubernetesJSON
import Testing

/// Whatever the bytes are, reading ends with a value or a fault.
@Suite struct JSONFuzzTests {
    private static let seeds = [
        #"{"metadata":{"name":"a","labels":{"x":"\u00e9\ud83d\ude00"},"uid":null},"spec":{"#
            + #""nodeName":"n","priority":-12,"containers":[{"resources":{"requests":{"cpu":"1"}}"#
            + #"}],"tolerations":[{"key":"k","operator":"Exists"}]},"status":{"phase":"Running"}}"#,
        #"[[],{},"",0,true,false,null,-1.5e+10,"\"\\\/\b\f\n\r\t"]"#,
        #"{"a":{"b":[{"c":[[[[{"d":{"e":[1,2,{"f":"}]"}]}}]]]]}]}}"#,
    ]

    private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        let marks = Array(#"{}[]",:\u0d8 tfn-1e"#.utf8) + [0x00, 0x1F, 0x80, 0xFF, 0xC3]
        for _ in 0...random.below(4) {
            let place = random.below(bytes.count + 1)
            switch random.below(6) {
            case 0: bytes.insert(marks[random.below(marks.count)], at: place)
            case 1 where place < bytes.count: bytes.remove(at: place)
            case 2 where place < bytes.count: bytes[place] = marks[random.below(marks.count)]
            case 3: bytes.removeLast(min(random.below(12), bytes.count))
            case 4 where place < bytes.count: bytes[place] = UInt8(random.below(256))
            default:
                let end = min(place + random.below(30), bytes.count)
                bytes.insert(contentsOf: bytes[place..<end], at: random.below(bytes.count + 1))
            }
        }
    }

    /// Reads everything that there is, by every function.
    private static func walk(_ scanner: inout JSONScanner, _ steps: inout Int) throws(JSONFault) {
        steps += 1
        switch try scanner.kind() {
        case .object:
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                _ = key.string
                try walk(&scanner, &steps)
            }
        case .array:
            try scanner.enterArray()
            while try scanner.nextElement() { try walk(&scanner, &steps) }
        case .string: _ = try scanner.string()
        case .number:
            let start = scanner.mark
            if (try? scanner.integer()) == nil {
                scanner.rewind(to: start)
                _ = try scanner.number()
            }
        case .boolean: _ = try scanner.boolean()
        case .null: _ = try scanner.timestamp()
        }
    }

    @Test func mutatedTextsNeverTrap() {
        var random = SplitMix(seed: 20_260_701)
        var (read, faults) = (0, 0)
        for round in 0..<30_000 {
            var bytes = Array(JSONFuzzTests.seeds[round % JSONFuzzTests.seeds.count].utf8)
            mutate(&bytes, &random)
            var steps = 0
            do {
                try JSONScanner.read(bytes) { scanner throws(JSONFault) in
                    try JSONFuzzTests.walk(&scanner, &steps)
                }
                read += 1
                // What is read can be passed over, too.
                #expect(throws: Never.self, "\(bytes)") { try Passed(json: bytes) }
            } catch {
                faults += 1
                #expect(error.offset <= bytes.count)
            }
            #expect(steps <= bytes.count + 1)
            _ = try? PodSample(json: bytes)
        }
        #expect(read > 1_000 && faults > 10_000, "read \(read), faults \(faults)")
    }

    @Test func randomBytesNeverTrap() {
        var random = SplitMix(seed: 7)
        let alphabet = Array(#"{}[]",:\"u0"#.utf8)
        for _ in 0..<20_000 {
            let bytes = (0..<random.below(40)).map { _ in alphabet[random.below(alphabet.count)] }
            var steps = 0
            _ = try? JSONScanner.read(bytes) { scanner throws(JSONFault) in
                try JSONFuzzTests.walk(&scanner, &steps)
            }
            _ = try? Passed(json: bytes)
            _ = try? PodSample(json: bytes)
        }
    }

    @Test func callsInAnyOrderNeverTrap() {
        var random = SplitMix(seed: 99)
        for round in 0..<10_000 {
            let bytes = Array(JSONFuzzTests.seeds[round % JSONFuzzTests.seeds.count].utf8)
            _ = try? JSONScanner.read(bytes) { scanner throws(JSONFault) in
                var marks = [scanner.mark]
                for _ in 0..<30 {
                    switch random.below(12) {
                    case 0: try? scanner.enterObject()
                    case 1: try? scanner.enterArray()
                    case 2: _ = try? scanner.nextKey()?.string
                    case 3: _ = try? scanner.nextElement()
                    case 4: _ = try? scanner.string()
                    case 5: _ = try? scanner.integer()
                    case 6: try? scanner.skipValue()
                    case 7: _ = try? scanner.capture()
                    case 8: marks.append(scanner.mark)
                    case 9: scanner.rewind(to: marks[random.below(marks.count)])
                    case 10: _ = scanner.takeIfNull()
                    default: _ = try? scanner.boolean()
                    }
                }
            }
        }
    }

    @Test func cutTextsAreFaults() {
        let whole = Array(JSONFuzzTests.seeds[0].utf8)
        for length in 0..<whole.count {
            #expect(throws: JSONFault.self) { try PodSample(json: Array(whole[..<length])) }
            #expect(throws: JSONFault.self) { try Passed(json: Array(whole[..<length])) }
        }
        #expect(throws: Never.self) { try PodSample(json: whole) }
    }
}
