import AsyncHTTPClient
import KubernetesJSON
import NIOCore

/// The bytes of a watch.
struct WatchSource {
    var iterator: HTTPClientResponse.Body.AsyncIterator
}

/// Turns the bytes of a watch into events, and keeps where it has come to.
struct WatchStream<T: Decoded> {
    enum Trouble: Equatable {
        case refused(APIRefusal)
        case fault(String)
    }

    private(set) var resourceVersion: String
    private var splitter: LineSplitter
    private var count = 0

    init(resourceVersion: String, lineBytes: Int = 8 << 20) {
        self.resourceVersion = resourceVersion
        splitter = LineSplitter(maximumBytes: lineBytes)
    }

    var isInsideLine: Bool { splitter.isInsideLine }

    func end(_ reason: WatchEnd.Reason) -> WatchEnd {
        WatchEnd(reason: reason, resourceVersion: resourceVersion, events: count)
    }

    /// The events that a piece completes, and what ends the stream after them, if something does.
    mutating func feed(_ piece: ByteBuffer) -> (events: [WatchEvent<T>], trouble: Trouble?) {
        var events: [WatchEvent<T>] = []
        var version = resourceVersion
        do {
            try piece.withUnsafeReadableBytes { bytes in
                try splitter.feed(bytes) { line in
                    let line = try JSONScanner.read(line) { scanner throws(JSONFault) in
                        try WatchLine<T>(reading: &scanner)
                    }
                    switch line.content {
                    case .event(let event): events.append(event)
                    case .refused(let refusal): throw Stop(trouble: .refused(refusal))
                    case .unknown: break
                    }
                    if !line.resourceVersion.isEmpty { version = line.resourceVersion }
                }
            }
        } catch let stop as Stop {
            return finish(events, version, stop.trouble)
        } catch is LineSplitter.LineTooLong {
            let words = "a line is longer than \(splitter.maximumBytes) bytes"
            return finish(events, version, .fault(words))
        } catch {
            return finish(events, version, .fault(String(describing: error)))
        }
        return finish(events, version, nil)
    }

    private struct Stop: Error {
        var trouble: Trouble
    }

    private mutating func finish(
        _ events: [WatchEvent<T>], _ version: String, _ trouble: Trouble?
    ) -> (events: [WatchEvent<T>], trouble: Trouble?) {
        resourceVersion = version
        count += events.count
        return (events, trouble)
    }
}
