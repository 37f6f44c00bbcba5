import MusterCLI
import Supervisor

// A supervisor of a member is this same program; it has nothing to do with commands.
Supervisor.takeOver(CommandLine.arguments)
MusterCommand.start()
