import MusterCLI
import NodeAgent
import Supervisor

// A supervisor of a member is this same program; it has nothing to do with commands.
Supervisor.takeOver(CommandLine.arguments)
// So is the agent of the local backend.
AgentProgram.takeOver(CommandLine.arguments)
MusterCommand.start()
