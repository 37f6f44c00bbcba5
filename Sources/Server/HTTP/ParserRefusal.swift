import API
import FleetModel
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Answers what is not HTTP, or too large for it, in the form of all other refusals, and closes.
///
/// The parser gives up before there is a request, so no route sees it.
final class ParserRefusal: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var isAnswering = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): isAnswering = head.status.kind != .informational
        case .body: break
        case .end: isAnswering = false
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, !isAnswering else {
            context.fireErrorCaught(error)
            return
        }
        PlainRefusal.send(
            OperatingError(
                .malformedRequest, "the request is not HTTP that is understood here",
                detail: String(describing: error),
                hint: "the target has at most 16 KiB, and so has each header"),
            .badRequest, over: context
        ) { wrapOutboundOut($0) }
    }
}

/// A refusal that needs no request that was understood, after which the connection is closed.
enum PlainRefusal {
    /// Sends it; `wrap` makes the parts what the handler of `context` writes.
    static func send(
        _ error: OperatingError, _ status: HTTPResponse.Status,
        over context: ChannelHandlerContext, _ wrap: (HTTPResponsePart) -> NIOAny
    ) {
        var json = JSONBytes()
        ErrorJSON.write(error, to: &json)
        var head = HTTPResponse(status: status)
        head.headerFields[.contentType] = "application/json; charset=utf-8"
        head.headerFields[.contentLength] = String(json.bytes.count)
        head.headerFields[.connection] = "close"
        if status == .tooManyRequests { head.headerFields[.retryAfter] = "1" }
        context.write(wrap(.head(head)), promise: nil)
        context.write(wrap(.body(ByteBuffer(bytes: json.bytes))), promise: nil)
        context.writeAndFlush(wrap(.end(nil)), promise: nil)
        context.close(promise: nil)
    }
}
