import AgentWire

/// Reads temperatures and throttling of the host from sysfs.
struct HeatReader {
    let tree: SysTree
    private static let zones = "/sys/class/thermal"
    private static let processors = "/sys/devices/system/cpu"

    /// One processor of each package; the counters of a package are the same on all of its own.
    func packages() -> [(package: Int64, processor: String)] {
        var seen: Set<Int64> = []
        var packages: [(package: Int64, processor: String)] = []
        for name in tree.names(HeatReader.processors)
        where name.hasPrefix("cpu") && Int(name.dropFirst(3)) != nil && packages.count < 64 {
            let folder = "\(HeatReader.processors)/\(name)/"
            guard let package = tree.number(folder + "topology/physical_package_id"),
                tree.exists(folder + "thermal_throttle"), seen.insert(package).inserted
            else { continue }
            packages.append((package, name))
        }
        return packages
    }

    /// Where temperatures are measured.
    func zones() -> [String] {
        Array(tree.names(HeatReader.zones).filter { $0.hasPrefix("thermal_zone") }.prefix(64))
    }

    /// A temperature in whole degrees: a tenth of one is no news. Some ask a firmware.
    func samples(ofZone zone: String) -> [AgentSample] {
        guard let thousandths = tree.number("\(HeatReader.zones)/\(zone)/temp") else { return [] }
        return [AgentSample(SampleKey(.named(zone), .counter("temp_celsius")), thousandths / 1000)]
    }

    /// How often a package throttled.
    func samples(ofPackage package: Int64, _ processor: String) -> [AgentSample] {
        let name = "package_throttle_count"
        let path = "\(HeatReader.processors)/\(processor)/thermal_throttle/\(name)"
        guard let count = tree.number(path) else { return [] }
        return [AgentSample(SampleKey(.named("package\(package)"), .counter(name)), count)]
    }
}
