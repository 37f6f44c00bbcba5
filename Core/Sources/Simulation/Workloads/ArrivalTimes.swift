import FleetModel

/// Turns gaps between jobs into times, following the hours of the week.
///
/// A gap is measured in work of the rate, not in time: at a busy hour the clock of arrivals runs
/// fast. All sums are exact, so that the last job comes at the end of the span.
struct ArrivalTimes {
    private static let hourMilliseconds: Int64 = 3_600_000

    private let shape: ArrivalShape

    init(_ shape: ArrivalShape) { self.shape = shape }

    /// A random gap before a job, in any unit: short within a burst and long between two.
    func sampleGap(startsBurst: Bool, _ random: inout SplitMix) -> Int64 {
        let unit = FixedPoint.exponential(&random)
        return startsBurst ? unit * Int64(shape.pauseFactor) : unit
    }

    /// Whether the next job begins a burst.
    func sampleStartsBurst(_ random: inout SplitMix) -> Bool {
        random.below(shape.jobsPerBurst) == 0
    }

    /// Times in milliseconds, from 0 to `spanMilliseconds`, of jobs with these gaps; the first gap
    /// is not used. The clock starts on a Monday at midnight. O(jobs + hours).
    func milliseconds(gaps: [Int64], spanMilliseconds: Int64) -> [Int64] {
        var total = Int128(0)
        for gap in gaps.dropFirst() { total += Int128(gap) }
        let work = work(untilMilliseconds: spanMilliseconds)
        var times: [Int64] = []
        times.reserveCapacity(gaps.count)
        var sum = Int128(0)
        var hour = 0
        var workAtHour = Int128(0)
        for (index, gap) in gaps.enumerated() {
            if index > 0 { sum += Int128(gap) }
            let position = total > 0 ? sum * work / total : 0
            while true {
                let rate = Int128(shape.rate(hourOfWeek: hour % 168))
                let workOfHour = rate * Int128(Self.hourMilliseconds)
                if position < workAtHour + workOfHour {
                    let within = Int64((position - workAtHour) / rate)
                    let time = Int64(hour) * Self.hourMilliseconds + within
                    times.append(min(time, spanMilliseconds))
                    break
                }
                workAtHour += workOfHour
                hour += 1
            }
        }
        return times
    }

    private func work(untilMilliseconds span: Int64) -> Int128 {
        let hours = Int(span / Self.hourMilliseconds)
        let rates = (0..<168).map { Int128(shape.rate(hourOfWeek: $0)) }
        var work = rates.reduce(0, +) * Int128(hours / 168)
        for hour in 0..<(hours % 168) { work += rates[hour] }
        work *= Int128(Self.hourMilliseconds)
        return work + rates[hours % 168] * Int128(span % Self.hourMilliseconds)
    }
}
