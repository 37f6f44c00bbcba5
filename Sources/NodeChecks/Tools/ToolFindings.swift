import Qualification

/// What another tool's output says, in the terms of a check.
public struct ToolFindings: Hashable, Sendable {
    /// The worst that it says.
    public var status: CheckStatus
    /// What is wrong, and what else is worth telling.
    public var notes: [String] = []
    /// What it measured.
    public var figures: [Figure] = []
    /// Devices that it speaks against.
    public var failedDevices: Set<Int64> = []

    /// Begins with a status.
    public init(_ status: CheckStatus = .notApplicable) { self.status = status }

    /// Adds something; the worst stands first.
    mutating func note(_ status: CheckStatus, _ words: String) {
        let isWorse = self.status != status && self.status.worse(status) == status
        self.status = self.status.worse(status)
        guard notes.count < CheckResult.notesKept else { return }
        // What a tool says may be of any length and have any characters.
        let shown = words.unicodeScalars.prefix(300).map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7F ? " " : Character(scalar)
        }
        notes.insert(String(shown), at: isWorse ? 0 : notes.count)
    }

    /// As the result of a check. It is a device's if that is the only one that is spoken against.
    func result(of check: CheckID) -> CheckResult {
        var result = CheckResult(check, status, notes, figures: figures)
        if failedDevices.count == 1, let device = failedDevices.first, (0..<64).contains(device) {
            result.device = Int32(device)
        }
        return result
    }
}
