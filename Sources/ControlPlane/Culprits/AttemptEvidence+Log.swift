import Culprits
import HealthSignals

extension AttemptEvidence {
    /// Signs that are kept of one member's log.
    private static let signsKept = 16

    /// Reads the end of a member's log: what its lines tell of NCCL, PyTorch and CUDA.
    public mutating func read(log: some Sequence<UInt8>, of rank: Int) {
        var parser = FrameworkLogParser()
        var kept = 0
        for line in Array(log).split(separator: 10) {
            guard kept < AttemptEvidence.signsKept, let fault = parser.parse(Array(line)) else {
                continue
            }
            kept += 1
            signs.append(MemberSign(member: Int32(clamping: rank), fault))
        }
    }

    /// Forgets the signs of all other members.
    public mutating func keep(signsOf ranks: Set<Int>) {
        signs.removeAll { !ranks.contains(Int($0.member)) }
    }
}
