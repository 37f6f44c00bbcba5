/// What is really wrong with a machine; no engine ever sees it.
public enum Defect: Hashable, Sendable {
    /// Nothing, or something that a reset or reboot mends.
    case none
    /// A device that fails under load, says so, and looks well after every repair but replacement.
    case device(Int32)
    /// A machine that breaks its jobs and never says why.
    case silent
}

/// A machine as it really is.
struct TrueBox {
    let number: Int
    var defect: Defect
    /// Whether a fault is there that a reset or reboot mends.
    var isUpset = false
    /// Whether that is its network, without which no gang gets on.
    var isCut = false
    /// Whether nothing at all is wrong with it.
    var isGood: Bool { defect == .none && !isUpset }

    /// It was reset or booted.
    mutating func mend() { (isUpset, isCut) = (false, false) }
}
