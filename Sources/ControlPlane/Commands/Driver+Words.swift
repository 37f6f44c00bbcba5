import FleetModel
import Simulation
import Store

extension Driver {
    /// A reason in words.
    func sentence(_ refusal: Refusal) -> String {
        VerdictText(names: view.answerNames, width: 100).sentence(refusal)
    }
}

extension FleetView {
    /// Names for answers, as of this view.
    public var answerNames: AnswerNames {
        let jobs = jobs
        return AnswerNames(
            fleet: directory.fleet, tenants: directory.tenants, now: now,
            jobNamed: { jobs[$0.index]?.row.name })
    }
}
