import AgentWire

/// What an agent and the control plane that started it tell each other over a pair of pipes: each
/// message behind its length, each answer behind a status as HTTP has it and its length.
public enum AgentPipe {
    /// A message as it is written.
    public static func framed(message: [UInt8]) -> [UInt8] {
        AgentPipe.bytes(UInt32(message.count), 4) + message
    }

    /// An answer as it is written.
    public static func framed(status: Int, answer: [UInt8]) -> [UInt8] {
        AgentPipe.bytes(UInt32(status), 2) + AgentPipe.bytes(UInt32(answer.count), 4) + answer
    }

    private static func bytes(_ number: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> UInt32(8 * $0)) }
    }

    /// Puts together what comes in pieces. Bounded; what is longer than any message is no frame.
    public struct Reader: Sendable {
        private let head: Int
        private let most: Int
        private var bytes: [UInt8] = []

        /// Reads messages.
        public static var messages: Reader { Reader(head: 4, most: AgentLimits.messageBytes) }
        /// Reads answers.
        public static var answers: Reader { Reader(head: 6, most: 64 << 10) }

        private init(head: Int, most: Int) {
            self.head = head
            self.most = most
        }

        /// Takes a piece.
        public mutating func take(_ piece: some Sequence<UInt8>) { bytes += piece }

        /// The next frame that is whole, with its status (0 for messages); nil while there is none.
        public mutating func next() throws(WireRefusal) -> (status: Int, body: [UInt8])? {
            guard bytes.count >= head else { return nil }
            func number(_ range: Range<Int>) -> Int {
                bytes[range].reduce(0) { $0 << 8 | Int($1) }
            }
            let count = number(head - 4..<head)
            guard count <= most else {
                throw WireRefusal("\(count) bytes, beyond \(most)", at: 0)
            }
            guard bytes.count >= head + count else { return nil }
            let status = number(0..<head - 4)
            let body = Array(bytes[head..<head + count])
            bytes.removeFirst(head + count)
            return (status, body)
        }
    }
}
