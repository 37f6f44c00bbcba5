import FleetModel

/// Jobs of one kind within a workload: how many there are and what they are like.
struct WorkloadClass: Sendable {
    /// How many jobs are of this class, relative to the other classes.
    var weight: Int
    var tenant = ""
    /// Names of families, of which each job draws one; empty for none.
    var families: [String] = []
    var gpus: Int
    var gpuMilli = 1000
    var cpuMilli: Int64 = 0
    var memoryMiB: Int64 = 0
    var priority: Int32 = 0
    var durations: QuantileTable
}

/// How jobs come: in bursts, and with the hours of the week.
struct ArrivalShape: Sendable {
    /// Jobs of a burst on average.
    var jobsPerBurst: Int
    /// The mean time between bursts, in mean times between the jobs of one.
    var pauseFactor: Int
    /// Of a hundred jobs of a burst, how many are of the same class as the one before.
    var sameClassPercent: Int
    /// The rate at each hour of a working day, in percent of the mean.
    var hourPercents: [Int64]
    /// The rate at weekends, in percent of that of working days.
    var weekendPercent: Int64

    /// People at work: quiet nights and weekends half as busy, as in Philly (September to November
    /// 2017: working days 12,200 jobs, Saturday and Sunday 6,580).
    static let officeHours: [Int64] = [
        70, 60, 50, 45, 45, 50, 60, 80, 110, 135, 145, 145, 130, 135, 145, 145, 140, 135, 125, 115,
        110, 105, 100, 85,
    ]
    /// Jobs that programs submit around the clock, as in ITP: hours within a third of the mean.
    static let mildHours: [Int64] = [
        100, 100, 95, 95, 95, 95, 95, 95, 100, 105, 105, 105, 100, 100, 105, 105, 105, 105, 100,
        100, 100, 100, 100, 100,
    ]

    /// The rate at one of the 168 hours of a week that begins on Monday.
    func rate(hourOfWeek hour: Int) -> Int64 {
        let percent = hourPercents[hour % 24]
        return hour >= 5 * 24 ? percent * weekendPercent : percent * 100
    }
}

/// Everything that a preset is made of.
struct WorkloadShape: Sendable {
    var classes: [WorkloadClass]
    var arrivals: ArrivalShape
}
