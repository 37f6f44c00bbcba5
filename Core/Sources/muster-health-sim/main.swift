import Glibc

guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())) else {
    write(Arguments.usage, to: 2)
    exit(2)
}
var tables = Tables(arguments)
tables.printAll()
guard tables.broken.isEmpty else {
    for line in tables.broken { write("muster-health-sim: \(line)", to: 2) }
    exit(3)
}
