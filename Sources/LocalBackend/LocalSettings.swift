import ControlPlane
import Logging

/// How the local backend works.
public struct LocalSettings: Sendable {
    /// Whether members get a cgroup of their own.
    public enum Cgroups: Sendable {
        /// Where the system allows it.
        case automatic
        /// Never.
        case off
    }

    /// The folder that holds everything the backend keeps; made when it is not there.
    public var folder: String
    /// Offer so many virtual devices in place of what the machine has; nil to look for GPUs, and
    /// offer ``defaultVirtualDevices`` where there are none.
    public var devices: Int?
    /// The node's name; the host's when it is nil.
    public var nodeName: String?
    /// The program that becomes a supervisor when it is told to: this one, even when its file has
    /// been replaced by now.
    public var supervisor = "/proc/self/exe"
    /// The program that tests the machine, with the arguments before those of a run: this one.
    public var check = ["/proc/self/exe", "check"]
    /// Whether members get a cgroup of their own.
    public var cgroups = Cgroups.automatic
    /// More variables for the members of a gang, such as where to report progress and with which
    /// token. Called on the backend's own thread, and must not wait for anything.
    public var variables: @Sendable (GangLaunch) -> [String: String] = { _ in [:] }
    /// The most bytes of output that attempts which are over keep, all together; the oldest go
    /// first.
    public var endedLogBytes: Int64 = 16 << 30
    /// The library that knows the GPUs.
    public var nvmlLibrary = "libnvidia-ml.so.1"
    /// What happens goes there.
    public var logger = Logger(label: "muster.local")

    /// Devices of a machine without GPUs.
    public static let defaultVirtualDevices = 8

    /// Settings with their defaults.
    public init(folder: String, devices: Int? = nil) {
        self.folder = folder
        self.devices = devices
    }
}
