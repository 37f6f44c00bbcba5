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
            book.noteEvictors(answer, of: subject)
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

    /// Whether a job is forgotten when the list is through and every wake-up asked for has come.
    ///
    /// - Parameter spent: grows by the steps taken.
    public static func forgets<Subject: FuzzSubject>(
        after steps: [FuzzStep], setup: FuzzSetup, _: Subject.Type, spent: inout Int
    ) -> Bool {
        var subject = Subject(topology: setup.topology, policy: setup.policy)
        var book = WorldBook(setup: setup)
        var pending = PendingInputs()
        func take(_ step: FuzzStep) {
            spent += 1
            var answer: [Directive] = []
            subject.apply(step.input, at: step.at, into: &answer)
            book.note(step, answer)
            for case .wake(let time, let token) in answer {
                pending.add(.wake(token: token), at: time)
            }
        }
        for step in steps { take(step) }
        var most = 200
        while most > 0, let due = pending.due, due < StepSource.endOfTime,
            let event = pending.next()
        {
            take(FuzzStep(at: max(book.now, event.due), input: event.input))
            most -= 1
        }
        let isWhole = book.nodes.allSatisfy { node in
            guard let node, node.isPresent else { return true }
            return !node.isDrained && node.unhealthy == 0
        }
        return isWhole && RestCheck.lostJob(in: book, setup: setup, Subject.self) != nil
    }
}
