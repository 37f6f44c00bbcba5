import ArgumentParser
import NodeChecks

/// One check in a process of its own, which `muster check` starts.
struct CheckTaskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-task", abstract: "One check, for `muster check`.", shouldDisplay: false)

    @Argument var name: String
    @Option var seconds: Double
    @Option var folder: String
    @Option var level: String
    @Option var python: String
    @Option var devices = 0
    @Option var device: Int32?
    @Option var peer: String?

    func run() {
        CheckTask(
            name: name, device: device, seconds: seconds, folder: folder, peer: peer,
            python: python, level: level, devices: devices
        ).perform()
    }
}
