import FleetModel
import Glibc
import Qualification
import Synchronization

/// A check across nodes as one process sees it: a member, and for the first one who leads as well.
public struct GangRun {
    private let checks: CheckRunner.Settings
    private let lead: GangLead.Settings
    private let place: GangPlace
    private let secret: GangSecret
    private let node: String

    /// Gathers it.
    ///
    /// - Parameters:
    ///   - node: What to call this node; empty for what it calls itself.
    public init(
        checks: CheckRunner.Settings, lead: GangLead.Settings, place: GangPlace,
        secret: GangSecret, node: String
    ) {
        self.checks = checks
        self.lead = lead
        self.place = place
        self.secret = secret
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let own = String(
            decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.node = GangJoin.word(node.isEmpty ? own : node, "-")
    }

    /// Runs this member's part. For the first one `print` gets the result of all, on another
    /// thread and before it ends for anybody, and what is returned beside the member's own verdict
    /// is that result.
    ///
    /// Throws `M0706` when the place to meet is not to be had, and `M1105` when this process does
    /// not become a member.
    public func run(
        isStopped: @escaping @Sendable () -> Bool, say: @escaping @Sendable (String) -> Void,
        print: @escaping @Sendable (GangReport) -> Void,
        tell: @escaping (CheckRunner.Event) -> Void
    ) throws(OperatingError) -> (own: RunVerdict, all: GangReport?) {
        guard place.rank == 0 else {
            return (try member(meeting: nil, isStopped, tell), nil)
        }
        let (socket, own) = try listen()
        let (settings, secret) = (lead, secret)
        let box = Handover<GangReport>()
        let isOver = Flag()
        let isStarted = Threads.start {
            var lead = GangLead(settings, secret: secret, socket: socket, say: say)
            box.put(
                lead.run(isStopped: { isStopped() || isOver.isRaised }, print: print))
        }
        guard isStarted else {
            throw OperatingError(
                .checkGang, "rank 0 cannot lead", detail: "no thread is to be had")
        }
        do throws(OperatingError) {
            let verdict = try member(meeting: own, isStopped, tell)
            return (verdict, box.wait())
        } catch {
            isOver.raise()
            _ = box.wait()
            throw error
        }
    }

    private func member(
        meeting: String?, _ isStopped: @escaping () -> Bool,
        _ tell: @escaping (CheckRunner.Event) -> Void
    ) throws(OperatingError) -> RunVerdict {
        try GangMemberRun(
            checks, place: place, secret: secret, node: node, meeting: meeting,
            patience: lead.patience, isStopped: isStopped, tell: tell
        ).run()
    }

    /// Listens at the place to meet where that is an address of this machine, and everywhere where
    /// it is a name: on many a machine its own name stands for loopback, where nobody else would
    /// come, and that of a service for an address of no machine. Returns as well where this member
    /// finds itself.
    private func listen() throws(OperatingError) -> (ListeningSocket, String) {
        let address = try PeerAddress(place.meeting)
        if address.isLiteral, ListeningSocket.isOwn(address) {
            let socket = try ListeningSocket(address)
            return (socket, address.named(port: socket.port))
        }
        let socket = try ListeningSocket(try PeerAddress(":\(address.port)"))
        return (socket, "127.0.0.1:\(socket.port)")
    }
}

/// What one thread comes to, for another that waits.
final class Handover<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    func put(_ value: Value) { self.value.withLock { $0 = value } }

    func wait() -> Value {
        while true {
            if let value = value.withLock({ $0 }) { return value }
            usleep(10_000)
        }
    }
}
