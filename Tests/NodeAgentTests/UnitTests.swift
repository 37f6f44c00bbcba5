import Foundation
import Testing

/// The unit of systemd: what the agent opens has to be open to it.
@Suite struct UnitTests {
    private func unit() throws -> [Substring] {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let file = root.appendingPathComponent("deploy/systemd/muster-agent.service")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    }

    /// `/proc/devices` has `nvidia-frontend` before driver 550, and `nvidia` since.
    @Test func opensTheDevicesOfOldAndNewDrivers() throws {
        let allowed = try unit().filter { $0.hasPrefix("DeviceAllow=") }
        for name in ["/dev/kmsg r", "char-nvidia rw", "char-nvidia-frontend rw"] {
            #expect(allowed.contains("DeviceAllow=\(name)"), "\(name)")
        }
    }

    /// A credential is a copy of when the service started: another token would not count.
    @Test func readsTheTokenItself() throws {
        let lines = try unit()
        #expect(!lines.contains { $0.hasPrefix("LoadCredential=") })
        #expect(lines.contains { $0.contains("--token-file /etc/muster-agent.token") })
    }
}
