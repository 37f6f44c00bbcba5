import AgentWire
import FleetModel
import Foundation
import Glibc
import Synchronization

/// A control plane on loopback that is sometimes not there, loses answers, and dies before it has
/// taken a message. One connection at a time is enough for one agent.
final class FlakyPlane: Sendable {
    enum Mood {
        /// Answers.
        case well
        /// Takes a message, and the answer is lost.
        case mute
        /// Dies before the message is safe, and begins again with what is.
        case dying
        /// Answers with an error.
        case busy
    }

    struct State {
        var mood = Mood.well
        var roster = AgentRoster()
        var marks: [AgentMark] = []
        var events: [AgentEvent] = []
        var authorizations: Set<String> = []
        var paths: Set<String> = []
        var messages = 0
    }

    let state = Mutex(State())
    let port: UInt16
    private let socket: Int32

    init() {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = socket
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size)
                listen(listener, 16)
                getsockname(listener, address, &size)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(socket, nil, nil)
                guard connection >= 0 else { break }
                serve(connection)
                close(connection)
            }
            // Here, where nobody waits at that number any more: it is soon another's.
            close(socket)
        }
    }

    func stop() { shutdown(socket, Int32(SHUT_RDWR)) }

    func set(_ mood: Mood) { state.withLock { $0.mood = mood } }

    private func serve(_ connection: Int32) {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            bytes += buffer[..<count]
            guard let end = headEnd(bytes) else { continue }
            let head = String(decoding: bytes[..<end], as: UTF8.self)
            guard let length = field("Content-Length", head).flatMap({ Int($0) }) else { return }
            if bytes.count >= end + length {
                let answer = answer(head, Array(bytes[end..<end + length]))
                _ = answer.withUnsafeBytes {
                    send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                return
            }
        }
    }

    private func headEnd(_ bytes: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        guard bytes.count >= 4 else { return nil }
        return (0...bytes.count - 4).first { Array(bytes[$0..<$0 + 4]) == mark }.map { $0 + 4 }
    }

    private func field(_ name: String, _ head: String) -> String? {
        head.components(separatedBy: "\r\n").first { $0.hasPrefix(name + ": ") }
            .map { String($0.dropFirst(name.count + 2)) }
    }

    private func answer(_ head: String, _ body: [UInt8]) -> [UInt8] {
        state.withLock { state in
            state.authorizations.insert(field("Authorization", head) ?? "")
            state.paths.insert(head.split(separator: " ").dropFirst().first.map(String.init) ?? "")
            state.messages += 1
            if state.mood == .busy { return Array("HTTP/1.1 503 Busy\r\n\r\n".utf8) }
            guard let message = try? AgentMessage(decoding: body),
                let reception = state.roster.receive(message, at: Clock.now)
            else { return Array("HTTP/1.1 400 No\r\n\r\n".utf8) }
            if state.mood == .dying {
                state.roster = AgentRoster(state.marks)
                return []
            }
            state.events += reception.events
            state.roster.commit(reception)
            state.marks = [reception.mark]
            if state.mood == .mute { return [] }
            let bytes = reception.acknowledgement.encoded()
            return Array("HTTP/1.1 200 OK\r\nContent-Length: \(bytes.count)\r\n\r\n".utf8) + bytes
        }
    }

    private enum Clock {
        static var now: Instant { .seconds(Int64(Date().timeIntervalSince1970)) }
    }
}
