import FleetModel
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes
import Synchronization

/// How many connections each address has.
final class ConnectionBook: Sendable {
    private let counts = Mutex<[String: Int]>([:])
    /// The most of one address.
    let most: Int

    /// Connections beyond that are told so, but no more of them than these at once.
    static let spare = 20

    init(most: Int) { self.most = most }

    /// Counts one more, and gives how many there are then.
    func enter(_ address: String) -> Int {
        counts.withLock { counts in
            let count = counts[address, default: 0] + 1
            counts[address] = count
            return count
        }
    }

    /// How many an address has.
    func count(of address: String) -> Int { counts.withLock { $0[address, default: 0] } }

    /// Counts one less.
    func leave(_ address: String) {
        counts.withLock { counts in
            let count = counts[address, default: 0] - 1
            counts[address] = count > 0 ? count : nil
        }
    }
}

/// Bounds what a connection may cost: how many one address has, how long one may take nothing of
/// what is sent to it, and how long a stream goes on whose reader has left.
///
/// A stream is an answer of unknown length with `Connection: close`. It is the last one of its
/// connection, so that a peer which says nothing more, or too much, can be seen for what it is.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let book: ConnectionBook
    private let patience: TimeAmount

    private var address: String?
    private var isTooMany = false
    private var isStream = false
    private var isLast = false
    private var isInputClosed = false
    private var isDropping = false
    private var dropped = 0

    private var written = 0
    private var taken = Int.min
    private var takenAt = NIODeadline.now()
    private var watch: Scheduled<Void>?

    /// Bytes of bodies behind the last answer that are still read.
    private static let mostDropped = 8 << 20

    /// Seconds of silence before the first question whether the peer is there, seconds between two,
    /// and how many without an answer (Linux: `TCP_KEEPIDLE`, `TCP_KEEPINTVL`, `TCP_KEEPCNT`).
    private static let probes: [(NIOBSDSocket.Option, SocketOptionValue)] = [
        (NIOBSDSocket.Option(rawValue: 4), 60), (NIOBSDSocket.Option(rawValue: 5), 15),
        (NIOBSDSocket.Option(rawValue: 6), 4),
    ]

    /// A peer that takes nothing for `stallSeconds` is cut off.
    init(_ book: ConnectionBook, stallSeconds: Int64) {
        self.book = book
        patience = .seconds(stallSeconds)
    }

    // MARK: Coming and going

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { enter(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        enter(context)
        context.fireChannelActive()
    }

    private func enter(_ context: ChannelHandlerContext) {
        guard address == nil else { return }
        let address = context.channel.remoteAddress?.ipAddress ?? ""
        self.address = address
        // Finds out within two minutes about peers that went without a word, as when a machine
        // loses its power.
        let channel = context.channel
        channel.setOption(.socketOption(.so_keepalive), value: 1).whenFailure { _ in }
        for (option, value) in ConnectionGuard.probes {
            channel.setOption(.tcpOption(option), value: value).whenFailure { _ in }
        }
        let count = book.enter(address)
        isTooMany = count > book.most
        if count > book.most + ConnectionBook.spare { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { leave() }

    private func leave() {
        watch?.cancel()
        watch = nil
        if let address { book.leave(address) }
        address = nil
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head = unwrapInboundIn(data) {
            if isTooMany {
                isDropping = true
                PlainRefusal.send(
                    OperatingError(
                        .tooManyRequests, "too many connections from this address",
                        detail: "at most \(book.most) at once",
                        hint: "send many requests over one connection, and close those not needed"),
                    .tooManyRequests, over: context
                ) { self.wrapOutboundOut($0) }
                return
            }
            // Nothing is answered behind a stream. What is read is not kept, since reading on is
            // what tells that the peer has left.
            if isStream { isDropping = true }
        }
        guard isDropping else {
            context.fireChannelRead(data)
            return
        }
        // Enough for what was on its way when the answer was sent, not for one who never stops.
        if case .body(let bytes) = unwrapInboundIn(data) { dropped += bytes.readableBytes }
        if dropped > ConnectionGuard.mostDropped { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            isInputClosed = true
            if isStream { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var promise = promise
        switch unwrapOutboundIn(data) {
        case .head(let head):
            isLast = head.headerFields[.connection] == "close"
            isStream = isLast && head.headerFields[.contentLength] == nil
            if isStream, isInputClosed {
                promise?.fail(ChannelError.inputClosed)
                context.close(promise: nil)
                return
            }
        case .body(let bytes): written += bytes.readableBytes
        case .end:
            guard isLast else { break }
            let done = promise ?? context.eventLoop.makePromise(of: Void.self)
            let (channel, isStream) = (context.channel, isStream)
            done.futureResult.whenComplete { _ in
                if isStream { return channel.close(promise: nil) }
                // Who still sends would see nothing of the answer if both ways were closed now.
                channel.close(mode: .output, promise: nil)
                channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
            }
            promise = done
            isDropping = true
        }
        context.write(data, promise: promise)
        if watch == nil {
            taken = .min
            look(again: context)
        }
    }

    private func look(again context: ChannelHandlerContext) {
        let pause = TimeAmount.nanoseconds(patience.nanoseconds / 4)
        watch = context.eventLoop.assumeIsolated().scheduleTask(in: pause) {
            self.look(context)
        }
    }

    /// Whether the peer has taken anything since the last look. The bytes of the wire that wait are
    /// more than those of bodies that were written, so what was taken is never told too high.
    private func look(_ context: ChannelHandlerContext) {
        watch = nil
        guard let options = context.channel.syncOptions,
            let waiting = try? options.getOption(.bufferedWritableBytes), waiting > 0
        else { return }
        let now = NIODeadline.now()
        if written - waiting > taken {
            taken = written - waiting
            takenAt = now
        } else if now - takenAt >= patience {
            context.close(promise: nil)
            return
        }
        look(again: context)
    }
}
