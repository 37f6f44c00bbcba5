import NodeChecks
import Qualification

extension CheckResult {
    /// The first thing that is said; empty where nothing is.
    var note: String { notes.first ?? "" }
}

extension ToolFindings {
    /// The first thing that is said; empty where nothing is.
    var note: String { notes.first ?? "" }
}
