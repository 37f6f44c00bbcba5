import NodeAgent

AgentProgram.run(CommandLine.arguments)
