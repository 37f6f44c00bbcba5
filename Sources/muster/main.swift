import ArgumentParser
import MusterCLI

MusterCommand.main()
