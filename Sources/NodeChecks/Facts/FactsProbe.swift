import DeviceLibraries
import Glibc
import Qualification

/// Looks at a machine without putting anything under load.
struct FactsProbe {
    var files = SmallFiles()
    var nvmlNames = ["libnvidia-ml.so.1"]
    var cudaNames = ["libcuda.so.1"]

    /// Everything that can be seen.
    func look() -> MachineFacts {
        var facts = MachineFacts()
        lookAtHost(&facts)
        lookAtPorts(&facts)
        lookAtDevices(&facts)
        lookAtSoftware(&facts)
        return facts
    }

    // MARK: The host

    func lookAtHost(_ facts: inout MachineFacts) {
        facts.host = files.text("/proc/sys/kernel/hostname") ?? ""
        facts.chassis = files.chassisSerial
        for line in (files.text("/proc/cpuinfo") ?? "").split(separator: "\n") {
            guard line.hasPrefix("model name") || line.hasPrefix("CPU part"),
                facts.processor.isEmpty, let colon = line.firstIndex(of: ":")
            else { continue }
            let words = line[line.index(after: colon)...].split(separator: " ")
            facts.processor = words.joined(separator: " ")
        }
        facts.cores = Int64(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        for name in files.names("/sys/devices/system/edac/mc") where name.hasPrefix("mc") {
            let folder = "/sys/devices/system/edac/mc/\(name)"
            guard let corrected = files.number(folder + "/ce_count"),
                let uncorrected = files.number(folder + "/ue_count")
            else { continue }
            facts.memoryControllers.append(
                MemoryControllerFacts(name: name, corrected: corrected, uncorrected: uncorrected))
        }
        lookAtBus(&facts)
    }

    private func lookAtBus(_ facts: inout MachineFacts) {
        for name in files.names("/sys/bus/pci/devices") {
            let folder = "/sys/bus/pci/devices/\(name)"
            // A virtual function belongs to a virtual machine.
            guard files.text(folder + "/vendor") == "0x10de", !files.exists(folder + "/physfn"),
                let kind = files.text(folder + "/class")
            else { continue }
            let (computes, displays) = (kind.hasPrefix("0x0302"), kind.hasPrefix("0x0300"))
            guard computes || displays else { continue }
            facts.pciDevices += 1
            // One that is handed to a virtual machine as a whole is not this system's.
            guard !files.exists("/sys/bus/pci/drivers/vfio-pci/\(name)") else { continue }
            if computes {
                facts.computeAddresses.append(name)
            } else {
                facts.displayAddresses.append(name)
            }
        }
    }

    func lookAtPorts(_ facts: inout MachineFacts) {
        for adapter in files.names("/sys/class/infiniband") {
            let folder = "/sys/class/infiniband/\(adapter)"
            if let firmware = files.text(folder + "/fw_ver"), !firmware.isEmpty {
                facts.versions.append(FoundVersion(.firmware, firmware, at: adapter))
            }
            for port in files.names(folder + "/ports") {
                let state = files.text("\(folder)/ports/\(port)/state") ?? ""
                facts.ports.append(
                    PortFacts(
                        name: "\(adapter)/\(port)", isActive: state.hasPrefix("4"),
                        rate: files.text("\(folder)/ports/\(port)/rate") ?? ""))
            }
        }
    }

    // MARK: Devices

    func lookAtDevices(_ facts: inout MachineFacts) {
        do throws(NVML.Failure) {
            if let nvml = try NVML.open(nvmlNames) { try look(nvml, &facts) }
        } catch {
            facts.nvml = .fails(error.words)
        }
        do throws(DeviceFault) {
            if let driver = try CudaDriver.open(cudaNames) {
                facts.cuda = .works
                let count = try driver.deviceCount()
                facts.cudaDevices = Int64(count)
                for index in 0..<min(count, 64) {
                    let device = try driver.device(index)
                    let address = try driver.pciAddress(device)
                    facts.cudaAddresses.append(address)
                    // Without NVML the driver still knows models and places.
                    guard facts.nvml == .absent else { continue }
                    var own = DeviceFacts()
                    own.model = try driver.name(device)
                    own.pciAddress = address
                    facts.devices.append(own)
                }
            }
        } catch {
            facts.cuda = .fails(error.words)
        }
    }

    private func look(_ nvml: NVML, _ facts: inout MachineFacts) throws(NVML.Failure) {
        facts.nvml = .works
        let driver = try nvml.driverVersion()
        if !driver.isEmpty { facts.versions.append(FoundVersion(.driver, driver, at: "NVML")) }
        let cuda = try nvml.cudaVersion()
        if !cuda.isEmpty { facts.versions.append(FoundVersion(.cuda, cuda, at: "NVML")) }
        for index in 0..<min(try nvml.deviceCount(), 64) {
            var device = DeviceFacts()
            do throws(NVML.Failure) {
                look(nvml, try nvml.device(index), &device)
            } catch {
                // A device that fell off the bus still has its place.
                device.failures.append(error.words)
            }
            if !device.vbios.isEmpty {
                facts.versions.append(FoundVersion(.vbios, device.vbios, at: "device \(index)"))
            }
            facts.devices.append(device)
        }
    }

    private func look(_ nvml: NVML, _ handle: NVML.Handle, _ device: inout DeviceFacts) {
        func ask(_ body: (inout DeviceFacts) throws(NVML.Failure) -> Void) {
            do throws(NVML.Failure) {
                try body(&device)
            } catch {
                if device.failures.count < 8 { device.failures.append(error.words) }
            }
        }
        ask { (own) throws(NVML.Failure) in
            own.uuid = try nvml.text("nvmlDeviceGetUUID", handle)
        }
        ask { (own) throws(NVML.Failure) in
            own.serial = try nvml.text("nvmlDeviceGetSerial", handle)
        }
        ask { (own) throws(NVML.Failure) in
            own.model = try nvml.text("nvmlDeviceGetName", handle)
        }
        ask { (own) throws(NVML.Failure) in
            own.vbios = try nvml.text("nvmlDeviceGetVbiosVersion", handle)
        }
        ask { (own) throws(NVML.Failure) in own.pciAddress = try nvml.pciAddress(handle) }
        ask { (own) throws(NVML.Failure) in own.hasECC = try nvml.eccMode(handle) }
        ask { (own) throws(NVML.Failure) in own.isSplit = try nvml.splitMode(handle) }
        ask { (own) throws(NVML.Failure) in
            own.uncorrectedErrors = try nvml.uncorrectedErrors(handle, ever: false)
        }
        ask { (own) throws(NVML.Failure) in
            own.uncorrectedErrorsEver = try nvml.uncorrectedErrors(handle, ever: true)
        }
        ask { (own) throws(NVML.Failure) in
            guard let rows = try nvml.remappedRows(handle) else { return }
            own.correctedRows = rows.corrected
            own.uncorrectedRows = rows.uncorrected
            own.isRemapPending = rows.isPending
            own.hasRemapFailed = rows.hasFailed
        }
        ask { (own) throws(NVML.Failure) in own.fabric = try nvml.fabric(handle) }
        ask { (own) throws(NVML.Failure) in
            own.width = try nvml.number("nvmlDeviceGetCurrPcieLinkWidth", handle)
            own.widthMost = try nvml.number("nvmlDeviceGetMaxPcieLinkWidth", handle)
            own.generationMost = try nvml.number("nvmlDeviceGetMaxPcieLinkGeneration", handle)
        }
    }

    // MARK: Software

    func lookAtSoftware(_ facts: inout MachineFacts) {
        if let kernel = files.text("/proc/sys/kernel/osrelease") {
            facts.versions.append(FoundVersion(.kernel, kernel, at: "uname"))
        }
        let hasDriver = facts.versions.contains { $0.part == .driver }
        if !hasDriver, let driver = files.text("/sys/module/nvidia/version") {
            facts.versions.append(FoundVersion(.driver, driver, at: "/sys/module/nvidia"))
        }
        if let module = files.text("/sys/module/gdrdrv/version") {
            facts.versions.append(FoundVersion(.gdrcopy, module, at: "/sys/module/gdrdrv"))
        }
        facts.versions += EFAPackages.versions(files)
        facts.versions += LibraryVersions.all()
        facts.versions.sort { $0.part < $1.part }
    }
}

/// What the installer of EFA says that it installed.
enum EFAPackages {
    static let path = "/opt/amazon/efa_installed_packages"

    static func versions(_ files: SmallFiles) -> [FoundVersion] {
        guard let text = files.text(path) else { return [] }
        var found: [FoundVersion] = []
        for line in text.split(separator: "\n").prefix(1000) {
            let installer = "# EFA installer version: "
            if line.hasPrefix(installer) {
                found.append(
                    FoundVersion(.efa, String(line.dropFirst(installer.count)), at: path))
            }
            for (prefix, part) in [("libnccl-ofi-", StackPart.ofi)] where line.hasPrefix(prefix) {
                let version = line.dropFirst(prefix.count).prefix { $0 != "_" && $0 != " " }
                if version.first?.isNumber == true {
                    found.append(FoundVersion(part, String(version), at: path))
                }
            }
        }
        return found
    }
}

/// Versions that libraries tell themselves.
enum LibraryVersions {
    private typealias GetVersion = @convention(c) (UnsafeMutablePointer<Int32>) -> Int32
    private typealias GetProperty = @convention(c) (Int32, UnsafeMutablePointer<Int32>) -> Int32
    private typealias PlainVersion = @convention(c) () -> UInt32

    static func all() -> [FoundVersion] {
        [nccl(), cublas(), libfabric()].compactMap { $0 }
    }

    private static func library(_ names: [String]) -> DynamicLibrary? {
        guard case .success(let library) = DynamicLibrary.open(names) else { return nil }
        return library
    }

    private static func nccl() -> FoundVersion? {
        guard let library = library(["libnccl.so.2"]),
            let ask = try? library.function("ncclGetVersion", as: GetVersion.self)
        else { return nil }
        var code: Int32 = 0
        guard ask(&code) == 0, code > 0 else { return nil }
        // Since 2.9 a version has five digits.
        let scale: Int32 = code < 10_000 ? 1000 : 10_000
        return FoundVersion(
            .nccl, "\(code / scale).\(code % scale / 100).\(code % 100)", at: library.name)
    }

    private static func cublas() -> FoundVersion? {
        guard let library = library(Cublas.names),
            let ask = try? library.function("cublasGetProperty", as: GetProperty.self)
        else { return nil }
        var numbers: [Int32] = [0, 0, 0]
        for index in 0..<3 where ask(Int32(index), &numbers[index]) != 0 { return nil }
        return FoundVersion(
            .cublas, numbers.map(String.init).joined(separator: "."), at: library.name)
    }

    private static func libfabric() -> FoundVersion? {
        guard let library = library(["libfabric.so.1"]),
            let ask = try? library.function("fi_version", as: PlainVersion.self)
        else { return nil }
        let code = ask()
        return FoundVersion(.libfabric, "\(code >> 16).\(code & 0xFFFF)", at: library.name)
    }
}
