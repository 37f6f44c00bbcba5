import FleetModel
import Foundation
import Glibc
import Synchronization

@testable import NodeChecks

/// What stands between a member and the network, and does harm to what its pairs send.
final class GangProxy: Sendable {
    enum Fault: Sendable {
        /// So many bytes a second on each connection.
        case slow(Int)
        /// A byte of every MiB is another one.
        case corrupt
        /// Connections are taken and hung up.
        case deaf
        /// Something happens when blocks have begun to flow, with each piece of them.
        case event(@Sendable () -> Void)
    }

    private let socket: ListeningSocket
    private let target: PeerAddress
    private let secret: GangSecret
    private let fault: Fault

    /// Where the member has to meet the others.
    var meeting: String { "127.0.0.1:\(socket.port)" }

    init(_ meeting: String, token: String, _ fault: Fault) throws {
        socket = try ListeningSocket(try PeerAddress("127.0.0.1:0"))
        target = try PeerAddress(meeting)
        guard let secret = GangSecret(token: token) else { throw CancellationError() }
        self.secret = secret
        self.fault = fault
        _ = Threads.start { [self] in
            while true {
                let member = accept(socket.descriptor, nil, nil)
                guard member >= 0 else { return }
                guard let lead = try? NetworkCheck.connected(target) else {
                    close(member)
                    continue
                }
                Conversation(self.secret, self.fault).relay(member, lead)
            }
        }
    }

    /// One connection between a member and its lead, whose words about places are changed so that
    /// tests of pairs come through relays.
    private final class Conversation: Sendable {
        private struct Known {
            var nonce = ""
            var join: GangJoin?
            var relays: [Relay] = []
        }

        private let known = Mutex(Known())
        private let secret: GangSecret
        private let fault: Fault

        init(_ secret: GangSecret, _ fault: Fault) {
            self.secret = secret
            self.fault = fault
        }

        func relay(_ member: Int32, _ lead: Int32) {
            _ = Threads.start { self.pump(member, lead, self.fromMember) }
            _ = Threads.start { self.pump(lead, member, self.fromLead) }
        }

        private func pump(_ from: Int32, _ to: Int32, _ change: ([UInt8]) -> String) {
            var lines = LineBuffer(mostBytes: 1 << 24)
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = recv(from, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                lines.append(buffer.prefix(count))
                while let line = lines.next() {
                    if GangLink.send(Array((change(line) + "\n").utf8), to: to) != nil { break }
                }
            }
            shutdown(to, Int32(SHUT_RDWR))
            shutdown(from, Int32(SHUT_RDWR))
        }

        private func through(_ address: String) -> String {
            guard let relay = try? Relay(address, fault) else { return address }
            known.withLock { $0.relays.append(relay) }
            return relay.address
        }

        private func fromMember(_ line: [UInt8]) -> String {
            let text = String(decoding: line, as: UTF8.self)
            guard case .join(var join, _)? = GangWire.FromMember(line) else { return text }
            let nonce = known.withLock { known in
                known.join = join
                return known.nonce
            }
            let port = through("127.0.0.1:\(join.port)").split(separator: ":").last
            join.port = port.flatMap { UInt16($0) } ?? 0
            let proof = secret.memberProof(join, nonce: nonce)
            return GangWire.FromMember.join(join, proof: proof).text
        }

        private func fromLead(_ line: [UInt8]) -> String {
            let text = String(decoding: line, as: UTF8.self)
            switch GangWire.FromLead(line) {
            case .greeting(let nonce)?:
                known.withLock { $0.nonce = nonce }
                return text
            case .welcome?:
                let (join, nonce) = known.withLock { ($0.join, $0.nonce) }
                guard let join else { return text }
                return GangWire.FromLead.welcome(proof: secret.leadProof(join, nonce: nonce)).text
            case .test(let test, let address, let seconds)?:
                return GangWire.FromLead.test(
                    test, address: through(address), seconds: seconds
                ).text
            default: return text
            }
        }
    }

    /// A way to a listener on which a fault lies.
    private final class Relay: Sendable {
        let address: String
        private let socket: ListeningSocket

        init(_ target: String, _ fault: Fault) throws {
            let socket = try ListeningSocket(try PeerAddress("127.0.0.1:0"))
            let target = try PeerAddress(target)
            self.socket = socket
            address = "127.0.0.1:\(socket.port)"
            _ = Threads.start {
                while true {
                    let near = accept(socket.descriptor, nil, nil)
                    guard near >= 0 else { return }
                    if case .deaf = fault {
                        close(near)
                        continue
                    }
                    guard let far = try? NetworkCheck.connected(target) else {
                        close(near)
                        continue
                    }
                    _ = Threads.start { Relay.pump(near, far, fault) }
                    _ = Threads.start { Relay.pump(far, near, fault) }
                }
            }
        }

        private static func pump(_ from: Int32, _ to: Int32, _ fault: Fault) {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            // Behind greetings and messages, so that it is blocks that are changed.
            var (passed, next) = (0, 3 << 19)
            while true {
                let count = recv(from, &buffer, buffer.count, 0)
                guard count > 0 else { break }
                if case .slow(let perSecond) = fault {
                    usleep(UInt32(Double(count) / Double(perSecond) * 1e6))
                }
                if case .corrupt = fault, next < passed + count {
                    buffer[max(0, next - passed)] ^= 0x40
                    next += 1 << 20
                }
                passed += count
                if case .event(let happen) = fault, passed > 3 << 19 { happen() }
                if GangLink.send(Array(buffer.prefix(count)), to: to) != nil { break }
            }
            // The other direction may still have an answer on its way.
            shutdown(to, Int32(SHUT_WR))
        }
    }
}
