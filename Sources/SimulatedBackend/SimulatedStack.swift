import ControlPlane
import FleetModel
import Health
import Qualification

/// How simulated machines are brought to other stacks.
public struct SimulatedInstallation: Hashable, Sendable {
    /// How long one takes, reboot included, in fleet time.
    public var span = TimeSpan.seconds(600)
    /// Of a thousand installations, so many fail.
    public var failuresMilli: Int32 = 0
    /// Of a thousand machines with another stack than they came with, so many fail their test.
    public var badMilli: Int32 = 0

    /// Nothing fails.
    public init() {}
}

/// The versions of a simulated machine.
enum SimulatedStack {
    /// What every machine has at first.
    static let first: [FoundVersion] = [
        (StackPart.kernel, "6.8.0-1021"), (.driver, "570.86.15"), (.cuda, "12.8"),
        (.nccl, "2.26.2"), (.efa, "1.38.0"), (.libfabric, "1.22.0"), (.ofi, "1.13.2"),
        (.gdrcopy, "2.4.4"), (.firmware, "28.43.1014"),
    ].map { FoundVersion($0.0, $0.1, at: "simulation") }

    /// What a machine has after a stack was installed: as it was where that is right already.
    static func installed(_ stack: StackDeclaration, over old: [FoundVersion]) -> [FoundVersion] {
        var found = old
        for rule in stack.rules {
            let isRight = found.contains { $0.part == rule.part && rule.rule.allows($0.version) }
            guard !isRight else { continue }
            found.removeAll { $0.part == rule.part }
            found.append(FoundVersion(rule.part, version(rule.rule), at: "simulation"))
        }
        return found.sorted { $0.part < $1.part }
    }

    private static func version(_ rule: VersionRule) -> String {
        switch rule {
        case .same(let version), .atLeast(let version): return version.text
        case .below(let version):
            // The newest that is older in the last number that can be.
            var numbers = version.numbers
            while numbers.last == 0 { numbers.removeLast() }
            if let last = numbers.popLast() { numbers.append(last - 1) }
            return numbers.isEmpty ? "0" : numbers.map(String.init).joined(separator: ".")
        }
    }
}

extension SimulatedWorld {
    /// An installation is over: the machine tells what it has now, and then that it is done.
    mutating func finish(_ node: NodeID, _ id: OperationID, _ stack: StackDeclaration) {
        guard !isUnlucky(installation.failuresMilli, UInt64(bitPattern: id.rawValue)) else {
            return report(.repaired(node, id, .failed))
        }
        let found = SimulatedStack.installed(stack, over: versions[node] ?? SimulatedStack.first)
        versions[node] = found
        report(.versions(node, found))
        report(.repaired(node, id, .done))
    }

    /// Whether a machine fails its test because of the stack that it has now.
    func isBad(_ node: NodeID) -> Bool {
        guard let found = versions[node], found != SimulatedStack.first else { return false }
        return isUnlucky(installation.badMilli, UInt64(node.index) &+ 0x5441434B)
    }

    /// The same for the same thing on every run.
    private func isUnlucky(_ milli: Int32, _ what: UInt64) -> Bool {
        SplitMix.mix(seed ^ SplitMix.mix(what)) % 1000 < UInt64(max(0, milli))
    }
}
