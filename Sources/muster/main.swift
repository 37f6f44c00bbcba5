import MusterCLI

MusterCommand.start()
