/// Finds the name that somebody probably meant.
enum Suggestion {
    /// The candidate with the least edit distance, if it is small against the name's length.
    ///
    /// A third of the length, at least one, is the threshold that compilers use for spelling hints.
    static func closest(to name: String, among candidates: [String]) -> String? {
        let wanted = folded(name)
        guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
        var best: String?
        var bestDistance = max(1, wanted.count / 3) + 1
        for candidate in candidates.prefix(DocumentLimits.suggestionCandidates) {
            guard abs(candidate.utf8.count - wanted.count) < bestDistance else { continue }
            let distance = editDistance(wanted, folded(candidate))
            if distance < bestDistance {
                best = candidate
                bestDistance = distance
            }
        }
        return best
    }

    private static func folded(_ text: String) -> [UInt8] {
        text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
    static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for i in left.indices {
            var row = [Int](repeating: i + 1, count: right.count + 1)
            for j in right.indices {
                let cost = left[i] == right[j] ? 0 : 1
                row[j + 1] = min(last[j + 1] + 1, row[j] + 1, last[j] + cost)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1)
                }
            }
            beforeLast = last
            last = row
        }
        return last[right.count]
    }
}
