import ControlPlane
import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore
import Store

/// What a member wrote: the whole of it, its last lines, or as it comes.
enum LogStream {
    /// Bytes that are read at once.
    private static let step = 64 << 10
    /// The most bytes that are looked at for the last lines.
    private static let tailBytes: Int64 = 4 << 20

    static func answer(_ call: Call) async throws -> Response {
        try call.query.check(["member", "attempt", "tail", "follow", "offset"])
        let job = try JobHandlers.job(call)
        try call.identity.require(tenant: call.view.directory.tenant(job.row.tenant))
        let attempt = try call.query.integer("attempt", 1...Int64(Int32.max))
        let member = MemberKey(
            job: job.row.id, attempt: attempt.map { Attempt(Int32($0)) } ?? job.row.attempt,
            rank: Int(try call.query.integer("member", 0...Int64(FleetLimits.membersPerJob)) ?? 0))
        let tail = try call.query.integer("tail", 0...1_000_000)
        let offset = try call.query.integer("offset", 0...Int64.max)
        let follows = try call.query.boolean("follow")
        guard let log = call.plane.backend.log(of: member), let extent = try? log.extent() else {
            throw OperatingError(
                .noLog,
                "there is no log of member \(member.rank) in attempt "
                    + "\(member.attempt.rawValue) of job \(member.job)",
                hint: "a log begins when the member starts, and is kept for a while after its end")
        }
        let start =
            try offset ?? tail.map { try self.start(ofLast: Int($0), log, extent) }
            ?? extent.lowerBound
        // With these a client whose connection breaks goes on where it was.
        var place = HTTPFields()
        place[attemptHeader] = String(member.attempt.rawValue)
        place[offsetHeader] = String(max(start, extent.lowerBound))
        if follows {
            let plane = call.plane
            return try call.stream("text/plain; charset=utf-8", place) { line, writer in
                try await send(log, from: start, to: &writer) {
                    if case .stopped = plane.phase { throw Broken() }
                    return !line.isOver
                }
            }
        }
        place[.contentType] = "text/plain; charset=utf-8"
        place[.cacheControl] = "no-store"
        place[.xContentTypeOptions] = "nosniff"
        return Response(
            status: .ok, headers: place,
            body: ResponseBody { writer in
                try await send(log, from: start, to: &writer) { false }
                try await writer.finish(nil)
            })
    }

    /// The attempt whose log an answer has, and the offset of its first byte there.
    static let attemptHeader = HTTPField.Name("Muster-Attempt")!
    static let offsetHeader = HTTPField.Name("Muster-Offset")!

    /// Ends a stream without the mark of its end, so that the client comes again.
    private struct Broken: Error {}

    /// Sends what is there, and what comes, for as long as `follows` says so.
    private static func send(
        _ log: any MemberLog, from start: Int64, to writer: inout any ResponseBodyWriter,
        _ follows: () throws -> Bool
    ) async throws {
        var position = start
        while true {
            // Asked before reading: what is written between the two is read once more.
            let isComplete = log.isComplete()
            let extent = try log.extent()
            position = max(position, extent.lowerBound)
            let bytes = try log.read(from: position, limit: step)
            if !bytes.isEmpty {
                position += Int64(bytes.count)
                try await writer.write(ByteBuffer(bytes: bytes))
                continue
            }
            guard try follows(), !isComplete else { return }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// Where the last lines begin.
    private static func start(
        ofLast lines: Int, _ log: any MemberLog, _ extent: Range<Int64>
    ) throws -> Int64 {
        guard lines > 0 else { return extent.upperBound }
        let from = max(extent.lowerBound, extent.upperBound - tailBytes)
        var bytes: [UInt8] = []
        var position = from
        while position < extent.upperBound {
            let part = try log.read(from: position, limit: step)
            if part.isEmpty { break }
            bytes += part
            position += Int64(part.count)
        }
        var seen = 0
        for index in stride(from: bytes.count - 2, through: 0, by: -1)
        where bytes[index] == UInt8(ascii: "\n") {
            seen += 1
            if seen == lines { return from + Int64(index) + 1 }
        }
        return from
    }
}
