import ArgumentParser

/// The commands that talk to a server, as `muster --help` groups them.
enum ClientCommands {
    static let groups: [CommandGroup] = [
        CommandGroup(
            name: "Jobs",
            subcommands: [
                SubmitCommand.self, JobsCommand.self, JobCommand.self, WhyCommand.self,
                ETACommand.self, WhatIfCommand.self, LogsCommand.self, CancelCommand.self,
                HoldCommand.self, ReleaseCommand.self, CulpritCommand.self,
            ]),
        CommandGroup(
            name: "Fleet",
            subcommands: [
                FleetCommand.self, NodesCommand.self, NodeCommand.self, CordonCommand.self,
                DrainCommand.self, UncordonCommand.self, ReservationsCommand.self,
                EventsCommand.self, DifferencesCommand.self,
            ]),
        CommandGroup(
            name: "Hardware",
            subcommands: [
                HealthCommand.self, HardwareCommand.self, SayCommand.self, SignalsCommand.self,
                QualifyCommand.self, StacksCommand.self,
            ]),
        CommandGroup(
            name: "Tenants and access",
            subcommands: [
                TenantsCommand.self, LedgerCommand.self, TokensCommand.self, AuditCommand.self,
                WhoamiCommand.self, JournalCommand.self, ContextCommand.self,
                CompleteCommand.self,
            ]),
    ]
}
