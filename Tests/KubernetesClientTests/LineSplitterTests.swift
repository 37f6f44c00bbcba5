import FleetModel
import KubernetesJSON
import NIOCore
import Testing

@testable import KubernetesClient

@Suite struct LineSplitterTests {
    private func lines(_ bytes: [UInt8], cuts: inout SplitMix, most: Int) throws -> [[UInt8]] {
        var splitter = LineSplitter()
        var lines: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = min(start + 1 + cuts.below(most), bytes.count)
            try Array(bytes[start..<end]).withUnsafeBytes { piece in
                try splitter.feed(piece) { lines.append(Array($0)) }
            }
            start = end
        }
        #expect(splitter.isInsideLine == (bytes.last != UInt8(ascii: "\n") && !bytes.isEmpty))
        return lines
    }

    @Test func linesAreTheSameHoweverTheyAreCut() throws {
        var random = SplitMix(seed: 42)
        for round in 0..<500 {
            let whole = (0..<random.below(30)).map { _ in
                (0..<random.below(60)).map { _ in UInt8(32 + random.below(90)) }
            }
            let bytes = Array(whole.joined(separator: [UInt8(ascii: "\n")])) + [0x0A]
            let expected = whole.filter { !$0.isEmpty }
            let found = try lines(bytes, cuts: &random, most: 1 + random.below(40))
            #expect(found == expected, "round \(round)")
        }
    }

    @Test func linesAreBounded() throws {
        var splitter = LineSplitter(maximumBytes: 10)
        let feed = { (text: String) throws in
            try Array(text.utf8).withUnsafeBytes { try splitter.feed($0) { _ in } }
        }
        try feed("0123456789\n01234")
        try feed("56789\n")
        #expect(throws: LineSplitter.LineTooLong.self) { try feed("0123456789A\n") }
        #expect(throws: LineSplitter.LineTooLong.self) { try feed("01234567890") }
    }

    @Test func eventsAreTheSameHoweverTheyAreCut() throws {
        let text = (0..<40).map { index in
            let kind = ["ADDED", "MODIFIED", "DELETED"][index % 3]
            return #"{"type":"\#(kind)","object":{"kind":"Pod","metadata":{"name":"p\#(index)","#
                + #""resourceVersion":"\#(100 + index)","labels":{"a":"\u00e9"}}}}"#
        }.joined(separator: "\n")
        let end =
            "\n" + #"{"object":{"metadata":{"resourceVersion":"200"}},"type":"BOOKMARK"}"# + "\n"
        let bytes = Array((text + end).utf8)
        var random = SplitMix(seed: 3)
        for _ in 0..<200 {
            var stream = WatchStream<ObjectIdentity>(resourceVersion: "1")
            var events: [WatchEvent<ObjectIdentity>] = []
            var start = 0
            while start < bytes.count {
                let end = min(start + 1 + random.below(300), bytes.count)
                let (more, trouble) = stream.feed(ByteBuffer(bytes: bytes[start..<end]))
                #expect(trouble == nil)
                events += more
                start = end
            }
            #expect(events.count == 41)
            #expect(events.last == .bookmark(resourceVersion: "200"))
            #expect(stream.resourceVersion == "200")
        }
    }

    @Test func oneObjectThatIsNotUnderstoodStopsNothing() throws {
        var stream = WatchStream<Strict>(resourceVersion: "1")
        let text = """
            {"type":"ADDED","object":{"size":3,"metadata":{"name":"a","resourceVersion":"5"}}}
            {"type":"MODIFIED","object":{"size":"x","metadata":{"name":"b","resourceVersion":"6"}}}
            {"type":"FANCY","object":{}}
            {"type":"DELETED","object":{"size":4,"metadata":{"name":"c","resourceVersion":"7"}}}

            """
        let (events, trouble) = stream.feed(ByteBuffer(string: text))
        #expect(trouble == nil)
        #expect(events.count == 3)
        guard case .unreadable(let object, isDeleted: false) = events[1] else {
            Issue.record("\(events[1])")
            return
        }
        #expect(object.identity?.name == "b")
        #expect(stream.resourceVersion == "7")
    }

    @Test func errorsEndTheStreamAfterWhatCameBefore() throws {
        var stream = WatchStream<ObjectIdentity>(resourceVersion: "1")
        let text = """
            {"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"5"}}}
            {"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}

            """
        let (events, trouble) = stream.feed(ByteBuffer(string: text))
        #expect(events.count == 1)
        #expect(trouble == .refused(APIRefusal(status: 410, reason: "Expired")))
        #expect(stream.resourceVersion == "5")
        var broken = WatchStream<ObjectIdentity>(resourceVersion: "1")
        #expect(broken.feed(ByteBuffer(string: "<html>\n")).trouble != nil)
    }
}

/// An object whose size has to be a number.
struct Strict: Decoded, Equatable {
    var size: Int64 = 0

    init(reading scanner: inout JSONScanner) throws(JSONFault) {
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
            if key == "size" { size = try scanner.integer() } else { try scanner.skipValue() }
        }
    }
}
