/// Delta debugging: finds a short part of a failing list that still fails.
public enum Shrinker {
    /// The list without every stretch that the failure does not need; halves first, single items
    /// last (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", TSE 2002).
    /// Ends early, with the shortest list so far, as soon as `isSpent`.
    public static func shrink<Item>(
        _ items: [Item], isSpent: () -> Bool = { false }, fails: ([Item]) -> Bool
    ) -> [Item] {
        var items = items
        var stretch = max(1, items.count / 2)
        while true {
            var removed = false
            var start = 0
            while start < items.count {
                if isSpent() { return items }
                var shorter = items
                shorter.removeSubrange(start..<min(items.count, start + stretch))
                if fails(shorter) {
                    items = shorter
                    removed = true
                } else {
                    start += stretch
                }
            }
            if stretch > 1 { stretch /= 2 } else if !removed { return items }
        }
    }
}
