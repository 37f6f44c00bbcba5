/// What a fault is called: the number that the driver printed, or the name of a shape without one.
public enum FaultCode: Hashable, Comparable, Sendable {
    /// An error of NVIDIA's driver about a GPU.
    case xid(Int32)
    /// An error of NVIDIA's driver about an NVSwitch.
    case sxid(Int32)
    /// A line without a number.
    case event(FaultEvent)

    /// `XID 79`, `SXID 20034`, `nicLinkDown`: what people and files say.
    public var text: String {
        switch self {
        case .xid(let number): "XID \(number)"
        case .sxid(let number): "SXID \(number)"
        case .event(let event): event.rawValue
        }
    }

    /// Reads ``text``; small letters and no space are fine (`xid79`). Nil for anything else.
    public init?(text: String) {
        if let event = FaultEvent(rawValue: text) {
            self = .event(event)
            return
        }
        let lower = text.lowercased()
        for (prefix, isSwitch) in [("sxid", true), ("xid", false)] where lower.hasPrefix(prefix) {
            let digits = lower.dropFirst(prefix.utf8.count).drop { $0 == " " }
            guard let number = Int32(digits), number >= 0, digits.first?.isNumber == true else {
                return nil
            }
            self = isSwitch ? .sxid(number) : .xid(number)
            return
        }
        return nil
    }
}

/// The shapes of lines that carry no number, signs in metrics, and what other tools say.
public enum FaultEvent: String, CaseIterable, Hashable, Comparable, Sendable {
    /// "GPU has fallen off the bus" without an XID.
    case offTheBus
    /// "The NVIDIA GPU … has fallen off the bus and is not responding to commands".
    case notResponding
    /// Which GPU sits at an address: its UUID, its board's serial number.
    case identity
    /// The driver prints only some of its GSP timeouts, and says that the GPU likely needs a reset.
    case gspSilenced
    /// The driver could not start a GPU.
    case initialisationFailed
    /// nvidia-peermem met an error.
    case peerMemory
    /// An error of the Fabric Manager without a number.
    case fabricManager
    /// The firmware of a network card has stopped (mlx5: "health compromised").
    case nicHealthCompromised
    /// A command to a network card was not answered.
    case nicCommandTimeout
    /// A network card reports an unrecoverable hardware error.
    case nicHardwareError
    /// A network card's port lost its link.
    case nicLinkDown
    /// A network card's port has its link again.
    case nicLinkUp
    /// A network card does not send.
    case nicTransmitTimeout
    /// A port's module reports an error: cable, temperature, power.
    case nicModuleError
    /// A port has no cable. Normal for a port that nobody uses.
    case nicCableUnplugged
    /// A network card's slot gives too little power.
    case nicPower
    /// A PCIe link is narrower or slower than the device could do.
    case pcieDowntrained
    /// A corrected PCIe error.
    case pcieCorrected
    /// An uncorrected PCIe error that was not fatal.
    case pcieUncorrected
    /// A fatal PCIe error.
    case pcieFatal
    /// A PCIe port cut its device off after an error, or the device left its slot.
    case pcieContained
    /// A machine check that the machine corrected.
    case machineCheckCorrected
    /// A machine check that was not corrected, and with which the machine can go on.
    case machineCheckRecoverable
    /// A machine check that was not corrected.
    case machineCheck
    /// A corrected error of main memory.
    case memoryCorrected
    /// An uncorrected error of main memory.
    case memoryUncorrected
    /// A page of main memory was lost; the kernel took it out of use, and killed who used it.
    case memoryPageLost
    /// The kernel killed a process because memory ran out.
    case outOfMemory
    /// A processor was slowed down by its temperature.
    case cpuThermal
    /// The kernel stopped.
    case kernelPanic
    /// A processor or task did not get on for a long time.
    case kernelLockup
    /// A process crashed inside of NCCL.
    case segfaultInNCCL
    /// A local disk does not read or write.
    case diskError
    /// A GPU's memory cannot repair itself any more: a remapping failed, or no spare is left.
    case gpuMemoryUnrepairable
    /// A GPU's memory repairs itself at the next reset.
    case gpuMemoryRepairPending
    /// A GPU's memory has used up many spares, or corrects very many errors.
    case gpuMemoryWorn
    /// A GPU counted an error of its memory that was not corrected.
    case gpuMemoryUncorrected
    /// The driver asks for a repair of a GPU, and its log was not read.
    case gpuRecoveryWanted
    /// Heat or power slows a GPU down, most of the time.
    case gpuSlowedDown
    /// A GPU is too hot.
    case gpuHot
    /// A GPU is hotter than others of its node that are as busy.
    case gpuHotterThanPeers
    /// A GPU's PCIe link repeats more than its kind may.
    case pcieReplays
    /// A GPU's NVLinks count errors.
    case nvlinkErrors
    /// A GPU has no healthy place in the NVLink fabric.
    case gpuFabric
    /// A port's counter of lost links has grown.
    case nicLinkLost
    /// A port loses its link again and again.
    case nicLinkFlaps
    /// A port that had a link has none.
    case nicPortDown
    /// A port's bit error rate is beyond the standard's.
    case nicErrorRate
    /// A port counts errors or timeouts.
    case nicErrors
    /// A network card does not answer when it is asked for its counters.
    case nicSilent
    /// NVSentinel found faults of a GPU's memory.
    case nvsentinelMemory
    /// NVSentinel found a GPU too hot.
    case nvsentinelThermal
    /// NVSentinel found faults of a GPU's power.
    case nvsentinelPower
    /// NVSentinel found faults of a GPU's PCIe link.
    case nvsentinelPCIe
    /// NVSentinel found faults of NVLinks.
    case nvsentinelNVLink
    /// NVSentinel found a GPU's InfoROM damaged.
    case nvsentinelInforom
    /// NVSentinel found faults of the GPUs' driver.
    case nvsentinelDriver
    /// NVSentinel read an XID that is fatal to it.
    case nvsentinelXID
    /// NVSentinel read an SXID that is fatal to it.
    case nvsentinelSXID
    /// NVSentinel read that a GPU has fallen off the bus.
    case nvsentinelOffTheBus
    /// NVSentinel found a fatal error of an NVSwitch.
    case nvsentinelSwitch
    /// NVSentinel found errors of an NVSwitch that are not fatal.
    case nvsentinelSwitchErrors
    /// NVSentinel found faults of a GPU, without saying of which part.
    case nvsentinelDevice
    /// NVSentinel found a network card, its port or its driver at fault.
    case nvsentinelNetwork
    /// NVSentinel read that the cloud will take the machine away for maintenance.
    case nvsentinelMaintenance
    /// NVSentinel has put the node in quarantine, or repairs it.
    case nvsentinelQuarantine
    /// EKS says that the accelerators are not ready.
    case eksDevice
    /// EKS says that the network is not ready.
    case eksNetwork
    /// EKS says that the storage is not ready.
    case eksStorage
    /// EKS says that the kernel is not ready.
    case eksKernel
    /// EKS says that containers cannot be run.
    case eksRuntime
    /// HyperPod wants to reboot the node.
    case hyperPodReboot
    /// HyperPod wants to replace the node.
    case hyperPodReplacement
    /// HyperPod's deep health check has failed.
    case hyperPodCheckFailed
    /// HyperPod has found a fault of the hardware.
    case hyperPodFault
    /// AKS counts fewer GPUs than the machine should have.
    case aksGPUMissing
    /// AKS read an XID.
    case aksXID
    /// AKS found an NVLink inactive.
    case aksNVLink
    /// AKS found an InfiniBand link that comes and goes.
    case aksLinkFlaps
    /// AKS found a GPU slowed down.
    case aksThrottled
    /// AKS found a filesystem damaged.
    case aksFilesystem
    /// The node problem detector found the kernel stuck.
    case npdKernelDeadlock
    /// The node problem detector found a filesystem read-only.
    case npdReadOnlyFilesystem
    /// Google's Cluster Health Scanner has failed the GPUs.
    case chsDevice
    /// Google's Cluster Health Scanner has failed the network between GPUs.
    case chsNetwork
    /// GKE will take the machine away for maintenance.
    case gkeMaintenance
    /// Somebody plans or does maintenance of the node.
    case kubernetesMaintenance
    /// Somebody drains the node.
    case kubernetesDrain
    /// The node is being shut down.
    case kubernetesShutdown

    /// Orders by name.
    public static func < (left: FaultEvent, right: FaultEvent) -> Bool {
        left.rawValue < right.rawValue
    }
}
