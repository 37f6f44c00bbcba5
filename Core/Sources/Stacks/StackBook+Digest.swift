import FleetModel
import Health
import Qualification

extension StackBook {
    /// Folds the state into a digest: equal after equal inputs. O(state).
    public func fold(into hasher: inout StateHasher) {
        hasher.add(fileDigest)
        hasher.add(nextRollout)
        hasher.add(Int32(stacks.count))
        for stack in declared { hasher.add(stack.rawValue) }
        for assignment in assigned {
            fold(assignment.pool, &hasher)
            hasher.add(assignment.stack.rawValue)
        }
        for case .some(let node) in nodes {
            fold(node.pool, &hasher)
            hasher.add(Int32(node.isHere ? 1 : 0))
            hasher.add(node.watcher?.at.nanoseconds ?? -1)
            hasher.add(node.run?.at.nanoseconds ?? -1)
            for version in node.found { fold(version.version.text, &hasher) }
        }
        for row in observed.rows + [observed.others] {
            for number in [
                row.gpuMilliSeconds, row.greenMilliSeconds, row.attempts, row.failures,
            ] { hasher.add(number) }
        }
        for rollout in rollouts { fold(rollout, &hasher) }
    }

    private func fold(_ rollout: Rollout, _ hasher: inout StateHasher) {
        hasher.add(rollout.number)
        hasher.add(Int32(rollout.phase.rawValue))
        hasher.add(Int32(rollout.isPaused ? 1 : 0))
        hasher.add(rollout.wave ?? -1)
        hasher.add(rollout.soakUntil?.nanoseconds ?? -1)
        for member in rollout.members {
            hasher.add(member.node.rawValue)
            hasher.add(Int32(member.step.rawValue))
            hasher.add(member.wave ?? -1)
            let flags = [member.goesBack, member.hasFailed, member.isChanged]
            hasher.add(flags.reduce(Int32(0)) { $0 << 1 | ($1 ? 1 : 0) })
            hasher.add(member.since.nanoseconds)
        }
    }

    private func fold(_ text: String, _ hasher: inout StateHasher) {
        hasher.add(UInt64(Crc32c.checksum(Array(text.utf8))))
    }
}
