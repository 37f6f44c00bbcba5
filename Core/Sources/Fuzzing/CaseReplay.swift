import FleetModel

/// Judges a fixed list of inputs: what shrinking asks again and again.
public enum CaseReplay {
    /// The first promise that the list breaks.
    ///
    /// - Parameter spent: grows by the steps taken.
    public static func failure<Subject: FuzzSubject>(
        of steps: [FuzzStep], setup: FuzzSetup, _: Subject.Type, spent: inout Int
    ) -> FuzzFailure? {
        var subject = Subject(topology: setup.topology, policy: setup.policy)
        var book = WorldBook(setup: setup)
        var answer: [Directive] = []
        for (index, step) in steps.enumerated() {
            spent += 1
            answer.removeAll(keepingCapacity: true)
            subject.apply(step.input, at: step.at, into: &answer)
            book.note(step, answer)
            if let complaint = book.complaints.first {
                return FuzzFailure(kind: .contract, message: complaint, step: index + 1)
            }
            if let pair = book.evictions.mutual {
                return FuzzFailure(
                    kind: .mutualEviction,
                    message: "jobs \(pair.evictor) and \(pair.victim) evicted each other",
                    step: index + 1)
            }
            if let broken = subject.checkInvariants().first {
                return FuzzFailure(kind: .invariant, message: broken, step: index + 1)
            }
        }
        return nil
    }
}
