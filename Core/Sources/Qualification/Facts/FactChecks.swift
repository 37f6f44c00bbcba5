import FleetModel

/// Judges what was seen of a node without load. Pure: facts and a declaration in, results out.
public struct FactChecks {
    /// What was seen.
    public var facts: MachineFacts
    /// What should be; an empty one leaves everything open.
    public var stack: StackDeclaration

    /// Rows replaced after errors that could not be corrected from which on a device is failing:
    /// DCGM (NVIDIA/DCGM 72fa3fe) and Azure's checks have the same number.
    static let mostRows: Int64 = 512

    /// Judges facts by a declaration.
    public init(_ facts: MachineFacts, stack: StackDeclaration) {
        self.facts = facts
        self.stack = stack
    }

    /// The result of a check that needs no more than facts; nil for the others.
    public func result(of check: CheckID) -> CheckResult? {
        switch check {
        case .identity: identity
        case .versions: versions
        case .deviceECC: deviceECC
        case .devicePCIe: devicePCIe
        case .deviceFabric: deviceFabric
        case .fabric: fabric
        case .hostECC: hostECC
        default: nil
        }
    }

    private var identity: CheckResult {
        var result = CheckResult(.identity, .passed)
        if let absence = facts.absence {
            result = absence.result(of: .identity)
            if result.status == .notApplicable, let wanted = stack.deviceCount, wanted > 0 {
                result.note(.failed, "no device is there; \(wanted) are declared")
            }
            return result
        }
        let count = facts.deviceCount
        let models = Set(facts.devices.map(\.model)).sorted().filter { !$0.isEmpty }
        result.notes = ["\(count) × \(models.joined(separator: ", "))"]
        if let wanted = stack.deviceCount, wanted != count {
            result.note(.failed, "\(count) devices are there; \(wanted) are declared")
        }
        compareWithBus(&result)
        compareWithCuda(&result)
        if models.count > 1 {
            result.note(.degraded, "the devices are of \(models.count) models")
        }
        var seen: Set<String> = []
        for (index, device) in facts.devices.enumerated() {
            for words in device.failures { result.note(.failed, "device \(index): \(words)") }
            if !stack.deviceModel.isEmpty,
                !device.model.uppercased().contains(stack.deviceModel.uppercased())
            {
                result.note(
                    .failed,
                    "device \(index) is a '\(device.model)'; \(stack.deviceModel) is declared")
            }
            guard !device.uuid.isEmpty else { continue }
            if !seen.insert(device.uuid).inserted {
                result.note(.failed, "device \(index) has the UUID of another: \(device.uuid)")
            }
        }
        return result
    }

    /// What is on the bus and no device of the driver has fallen out of its sight.
    private func compareWithBus(_ result: inout CheckResult) {
        let expected = facts.expectedAddresses
        guard expected.count > facts.deviceCount else { return }
        let known = Set(facts.devices.compactMap { BusPlace($0.pciAddress) })
        let missing = expected.filter { !(BusPlace($0).map(known.contains) ?? false) }
        result.note(
            .failed,
            "\(expected.count) NVIDIA devices are on the PCI bus, and the driver has "
                + "\(facts.deviceCount); not there: \(missing.joined(separator: ", "))")
    }

    /// Devices that the management library has and CUDA does not, by their places: indices differ
    /// from the first one on that is missing.
    private func compareWithCuda(_ result: inout CheckResult) {
        guard let cuda = facts.cudaDevices, !facts.devices.isEmpty else { return }
        guard !facts.isSplit else {
            // CUDA shows the instances, and one of them to a program.
            let split = facts.devices.indices.filter { facts.devices[$0].isSplit == true }
            let list = split.map(String.init).joined(separator: ", ")
            return result.notes.append("split into instances (MIG): device \(list)")
        }
        if cuda != facts.devices.count {
            result.note(.failed, "NVML has \(facts.devices.count) devices, CUDA has \(cuda)")
        }
        let known = Set(facts.cudaAddresses.compactMap(BusPlace.init))
        guard known.count == facts.cudaAddresses.count, !known.isEmpty else { return }
        for (index, device) in facts.devices.enumerated() {
            guard let place = BusPlace(device.pciAddress), !known.contains(place) else { continue }
            result.note(.failed, "CUDA does not have device \(index), at \(device.pciAddress)")
        }
    }

    private var versions: CheckResult {
        var result = CheckResult(.versions, .passed)
        let drift = stack.drift(facts.versions)
        let conflicts = KnownConflict.among(
            facts.versions, models: facts.devices.map(\.model))
        guard !stack.rules.isEmpty || !conflicts.isEmpty else {
            let found = facts.versions.map { "\($0.part.name) \($0.version.text)" }
            return CheckResult(
                .versions, .notApplicable,
                ["no stack is declared"] + (found.isEmpty ? [] : [found.joined(separator: ", ")]))
        }
        for words in drift { result.note(.failed, words) }
        for conflict in conflicts {
            result.note(.degraded, "\(conflict.words) (\(conflict.source))")
        }
        if !stack.name.isEmpty { result.notes.append("stack '\(stack.name)'") }
        return result
    }

    private var deviceECC: CheckResult {
        if let absence = facts.absence { return absence.result(of: .deviceECC) }
        guard facts.nvml == .works else {
            return DeviceAbsence.broken("NVML is not installed").result(of: .deviceECC)
        }
        var result = CheckResult(.deviceECC, .passed)
        for (index, device) in facts.devices.enumerated() {
            let name = "device \(index)"
            if let wanted = stack.deviceECC, let has = device.hasECC, has != wanted {
                result.note(.failed, "\(name): ECC is \(has ? "on" : "off")")
            }
            if device.hasRemapFailed == true {
                result.note(.failed, "\(name): a row could not be replaced; it is to be returned")
            }
            if let rows = device.uncorrectedRows, rows >= FactChecks.mostRows {
                result.note(
                    .failed,
                    "\(name): \(rows) rows were replaced, \(FactChecks.mostRows)"
                        + " are too many")
            }
            if let errors = device.uncorrectedErrors, errors > 0 {
                result.note(.failed, "\(name): \(errors) memory errors since the driver was loaded")
            }
            if device.isRemapPending == true {
                result.note(.degraded, "\(name): a row waits for a reset to be replaced")
            }
        }
        if facts.devices.allSatisfy({ $0.hasECC == nil && $0.correctedRows == nil }) {
            return CheckResult(.deviceECC, .notApplicable, ["the devices have no ECC"])
        }
        return result
    }

    private var devicePCIe: CheckResult {
        if let absence = facts.absence { return absence.result(of: .devicePCIe) }
        guard facts.devices.contains(where: { $0.width != nil && $0.widthMost != nil }) else {
            return CheckResult(.devicePCIe, .notApplicable, ["the driver tells no PCIe width"])
        }
        var result = CheckResult(.devicePCIe, .passed)
        for (index, device) in facts.devices.enumerated() {
            guard let width = device.width, let most = device.widthMost, width < most else {
                continue
            }
            result.note(.failed, "device \(index): \(width) of \(most) PCIe lanes")
        }
        let generations = Set(facts.devices.compactMap(\.generationMost))
        if generations.count > 1 {
            result.note(.degraded, "the devices are on PCIe of different generations")
        }
        return result
    }

    private var fabric: CheckResult {
        let active = facts.ports.filter(\.isActive)
        guard !facts.ports.isEmpty else {
            if let wanted = stack.portCount, wanted > 0 {
                return CheckResult(
                    .fabric, .failed, ["no port is there; \(wanted) active ones are declared"])
            }
            return CheckResult(.fabric, .notApplicable, ["no InfiniBand, RoCE or EFA adapter"])
        }
        guard !active.isEmpty || stack.portCount != nil || stack.portGigabits != nil else {
            return CheckResult(
                .fabric, .notApplicable,
                ["no port is active, and none is declared"]
                    + facts.ports.map { "\($0.name) is down" })
        }
        var result = CheckResult(.fabric, .passed, ["\(active.count) active ports"])
        if active.isEmpty { result.note(.degraded, "no port is active") }
        if let wanted = stack.portCount, active.count < Int(wanted) {
            result.note(.failed, "\(active.count) ports are active; \(wanted) are declared")
        }
        if let wanted = stack.portGigabits {
            for port in active where port.gigabits < Int64(wanted) {
                result.note(.failed, "\(port.name) runs at \(port.rate); \(wanted) Gb/s declared")
            }
        }
        for port in facts.ports where !port.isActive { result.notes.append("\(port.name) is down") }
        return result
    }

    private var hostECC: CheckResult {
        guard !facts.memoryControllers.isEmpty else {
            return CheckResult(
                .hostECC, .notApplicable, ["the kernel watches no memory controller (EDAC)"])
        }
        var result = CheckResult(.hostECC, .passed)
        for controller in facts.memoryControllers {
            if controller.uncorrected > 0 {
                result.note(.failed, "\(controller.name): \(controller.uncorrected) errors")
            }
            if controller.corrected > 0 {
                result.notes.append("\(controller.name): \(controller.corrected) corrected errors")
            }
        }
        return result
    }
}
