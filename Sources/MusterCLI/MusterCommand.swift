import ArgumentParser
import FleetModel

/// The program `muster`.
public struct MusterCommand: ParsableCommand {
    /// Names and subcommands.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "muster",
            abstract: "The control plane for a company's first thousand to ten thousand GPUs.",
            discussion: """
                Data goes to standard output, talk to standard error.

                Exit statuses: 0 done; 1 something differs, or a job that was waited for did not \
                succeed; 64 the command line does not make sense; 65 input is not what it should \
                be, or a server refuses it; 66 an input cannot be read; 69 no server answers; 73 \
                an output cannot be made; 74 reading or writing failed midway; 75 not now, the \
                same may go well later; 76 the server's answer is not understood; 77 the token \
                does not allow it; 78 the configuration does not make sense. Every error has a \
                code with a page in docs/errors.
                """,
            version: MusterVersion.text,
            subcommands: [
                UpCommand.self, CheckCommand.self, CheckTaskCommand.self, CheckDataCommand.self,
                SimulateCommand.self, FillCommand.self, ReplayCommand.self, VersionCommand.self,
            ], groupedSubcommands: ClientCommands.groups)
    }

    /// Made by the argument parser.
    public init() {}

    /// Runs the command that the process was started with, and ends the process if it fails.
    public static func start() {
        Console.keepStandardStreams()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            guard exitCode(for: error) == .validationFailure, !(error is ExitCode) else {
                exit(withError: error)
            }
            Console.say(usage(of: error).text)
            exit(withError: ExitCode(ExitStatus.usage.rawValue))
        }
    }

    /// What the parser has to say about the arguments, in the form of every other mistake.
    private static func usage(of error: any Error) -> Diagnostic {
        let message = message(for: error)
        let lines = fullMessage(for: error).split(separator: "\n")
        let usage = lines.first { $0.hasPrefix("Usage: ") }?.dropFirst("Usage: ".count)
        let see = lines.first { $0.hasPrefix("  See '") }?.split(separator: "'").dropFirst().first
        return Diagnostic(
            .usage, message: message, expected: usage.map(String.init) ?? "",
            hint: see.map { "see \($0)" } ?? "")
    }
}

/// The version of the program.
enum MusterVersion {
    /// Semantic version; the interfaces may still change before 1.0.
    static let number = "0.1.0"
    /// What `muster version` prints.
    static let text = "muster \(number)"
}

/// Prints the version.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.")

    @Flag(name: .long, help: "Print JSON.")
    var json = false

    func run() throws {
        try Console.run { () throws(Failure) in
            try Console.write(
                json
                    ? "{\"name\": \"muster\", \"version\": \"\(MusterVersion.number)\"}\n"
                    : MusterVersion.text + "\n")
        }
    }
}
