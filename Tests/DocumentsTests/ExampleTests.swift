import Documents
import FleetModel
import Foundation
import Health
import HealthSignals
import Qualification
import Simulation
import Stacks
import Testing

@Suite struct ExampleTests {
    @Test func everyExampleIsCovered() throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: examples.path)
            .filter { $0.hasSuffix(".yaml") }.sorted()
        #expect(
            files == [
                "changes/small.yaml", "demo/fleet.yaml", "demo/tenants.yaml", "fleets/aws.yaml",
                "fleets/mixed.yaml", "fleets/uniform.yaml", "health/policy.yaml",
                "health/rules.yaml", "health/stacks.yaml", "jobs/day.yaml", "jobs/pretrain.yaml",
                "local/allreduce/job.yaml", "local/mpi/job.yaml", "local/plain/job.yaml",
                "local/torchrun/job.yaml", "scenarios/day.yaml", "scenarios/faults.yaml",
                "scenarios/maintenance.yaml", "scenarios/small.yaml", "tenants/company.yaml",
            ])
    }

    @Test func demo() throws {
        let fleet = try FleetDocument.parse(example("demo/fleet.yaml")).resolve().get()
        #expect(fleet.nodes.count == 128 && fleet.deviceCount == 1024)
        let tree = try TenantsDocument.parse(example("demo/tenants.yaml"))
            .resolve(fleet: fleet).get()
        #expect(tree.names.id(of: "product/assistant") != nil)
    }

    @Test func uniformFleet() throws {
        let fleet = try FleetDocument.parse(example("fleets/uniform.yaml")).resolve().get()
        #expect(fleet.nodes.count == 64)
        #expect(fleet.devicesByKind == [512])
        #expect(fleet.nodeNames.names.first == "gpu-000")
        #expect(fleet.nodeNames.names.last == "gpu-063")
        #expect(
            fleet.domains.names == [
                "spine-0", "spine-0/leaf-0", "spine-0/leaf-1", "spine-1", "spine-1/leaf-2",
                "spine-1/leaf-3",
            ])
        #expect(
            fleet.nodes[0].host
                == HostResources(
                    cpuMilli: 192_000, memoryMiB: 2 << 20, diskMiB: 28 << 20, nics: 8))
    }

    @Test func mixedFleet() throws {
        let fleet = try FleetDocument.parse(example("fleets/mixed.yaml")).resolve().get()
        #expect(fleet.kinds.names == ["H100", "A100", "L40S"])
        #expect(fleet.pools.names == ["train", "serve", "cpu"])
        #expect(fleet.devicesByKind == [256, 136, 32])
        #expect(fleet.nodeNames.names[0] == "h100-01")
        let spare = try #require(fleet.nodeNames.id(of: "a100-spare"))
        #expect(fleet.nodes[spare.index].unhealthyDevices == 0b1000)
        let login = try #require(fleet.nodeNames.id(of: "login"))
        #expect(fleet.nodes[login.index].kind == nil)
        #expect(
            fleet.nodes[login.index].host
                == HostResources(cpuMilli: 63_500, memoryMiB: 262_144))
        #expect(fleet.domains.id(of: "south/spine-2/old-8") != nil)
    }

    @Test func anchorsAndPreset() throws {
        let fleet = try FleetDocument.parse(example("fleets/aws.yaml")).resolve().get()
        #expect(fleet.topology.levels.map(\.name).last == "host")
        #expect(fleet.nodes.count == 3)
        #expect(fleet.nodes.allSatisfy { $0.host.nics == 32 && $0.devices == 8 })
    }

    @Test func health() throws {
        let file = try HealthDocument.file(example("health/policy.yaml")).get()
        #expect(file.policy.arrival.knownGood == .qualify)
        #expect(file.policy.arrival.knownBadRenamed == .refuse)
        #expect(file.policy.breakers.concurrentRepairs == 10)
        #expect(file.policy.repair.strongest == .reboot)
        #expect(file.spares.map(\.pool) == ["h100"] && file.rulesFile?.value == "rules.yaml")
        let rules = try FaultRuleDocument.read(example("health/rules.yaml")).get()
        #expect(rules.rules.map(\.name) == ["known risers", "links that come back"])
    }

    @Test func stacks() throws {
        let catalogue = try StackDocument.catalogue(example("health/stacks.yaml")).get()
        #expect(catalogue.stacks.map(\.name) == ["h100-2026-10", "h100-2026-11", "a100"])
        #expect(catalogue.pools.map(\.stack).sorted() == ["a100", "h100-2026-10"])
    }

    @Test func quotaTree() throws {
        let fleet = try FleetDocument.parse(example("fleets/mixed.yaml")).resolve().get()
        let tree = try TenantsDocument.parse(example("tenants/company.yaml"))
            .resolve(fleet: fleet).get()
        #expect(
            tree.names.names == [
                "research", "research/language", "research/vision", "research/interns", "product",
                "product/serving", "product/evaluation",
            ])
        #expect(tree.tenants.map { $0.parent?.index } == [nil, 0, 0, 0, nil, 4, 4])
        let h100 = AcceleratorKindID(0)
        #expect(
            tree.tenants[0].quotas.first
                == QuotaSpec(kind: h100, guaranteedMilli: 192_000, weight: 3))
        #expect(
            tree.tenants[1].quotas == [
                QuotaSpec(
                    kind: h100, guaranteedMilli: 128_000, limitMilli: 256_000,
                    lendableMilli: 64_000, weight: 2)
            ])
        #expect(tree.tenants[6].quotas[0].guaranteedMilli == 500)
        #expect(tree.tenants[4].quotas[0].lendableMilli == 0)
        #expect(
            tree.tenants[1].cells == [CellQuota(kind: h100, level: LevelIndex(2), count: 2)])
        let l40s = AcceleratorKindID(2)
        #expect(
            tree.tenants[5].cells == [CellQuota(kind: l40s, level: LevelIndex(2), count: 1)])
        #expect(tree.tenants[5].quotas == [QuotaSpec(kind: l40s, guaranteedMilli: 32_000)])
    }

    @Test func singleJob() throws {
        let fleet = try FleetDocument.parse(example("fleets/mixed.yaml")).resolve().get()
        let tree = try TenantsDocument.parse(example("tenants/company.yaml"))
            .resolve(fleet: fleet).get()
        let document = try JobsDocument.parse(example("jobs/pretrain.yaml"))
        #expect(document.diagnostics.isEmpty)
        let job = try #require(document.jobs.first)
        var door = JobDoor(fleet: fleet, tenants: tree)
        let spec = try door.spec(
            of: job, id: JobID(7), file: document.file, origin: .seconds(100),
            jobNamed: { _ in nil },
            familyNamed: { $0 == "llama-70b" ? FamilyID(5) : nil }
        ).get()
        var retries = RetryLimits(application: 1, infrastructure: 10)
        retries[.node] = 20
        retries[.device] = 20
        #expect(
            spec
                == JobSpec(
                    id: JobID(7), tenant: TenantID(1), priority: 100,
                    roles: [
                        RoleSpec(
                            count: 16,
                            request: MemberRequest(
                                devices: 8,
                                host: HostResources(
                                    cpuMilli: 180_000, memoryMiB: 1800 << 10, nics: 8)),
                            accelerators: AcceleratorKindSet([AcceleratorKindID(0)]))
                    ],
                    topology: TopologyConstraint(
                        preference: .required(LevelIndex(1)),
                        slice: TopologySlice(members: 4, level: LevelIndex(2))),
                    pools: PoolSet([PoolID(0)]), timeLimit: .seconds(259_200),
                    expectedDuration: .seconds(216_000), checkpointPeriod: .seconds(1800),
                    restartCost: .seconds(720), minimumRunTime: .seconds(3600),
                    retries: retries, family: FamilyID(5)))
    }

    @Test func scenarioWithReferences() throws {
        let scenario = try ScenarioDocument.parse(example("scenarios/day.yaml"))
        #expect(
            scenario.paths.map(\.value) == [
                "../fleets/mixed.yaml", "../tenants/company.yaml", "../jobs/day.yaml",
            ])
        let resolved = try scenario.resolve { path in
            Result { try example(String(path.dropFirst(3))) }.mapError { error in
                DiagnosticList([Diagnostic(.fileAccess, message: "\(error)")])
            }
        }.get()
        let workload = resolved.workload
        #expect(workload.jobs.count == 46)
        #expect(workload.jobs.enumerated().allSatisfy { $0.element.spec.id.index == $0.offset })
        #expect(
            zip(workload.jobs, workload.jobs.dropFirst()).allSatisfy { $0.submit <= $1.submit })
        let report = try #require(workload.names.firstIndex(of: "report"))
        let dependencies = workload.jobs[report].spec.dependencies
        #expect(dependencies.count == 41)
        #expect(dependencies.filter(\.mustSucceed).count == 1)
        #expect(
            dependencies.allSatisfy {
                $0.mustSucceed == (workload.names[$0.job.index] == "pretrain")
            })
        #expect(workload.jobs[report].spec.notBefore == .seconds(28_800))
        let pretrain = try #require(workload.names.firstIndex(of: "pretrain"))
        #expect(workload.jobs[pretrain].spec.priority == 500)
        #expect(
            workload.jobs[pretrain].spec.topology.preference
                == .relaxing(LevelIndex(1), after: .seconds(600), then: LevelIndex(0)))
        let notebook = try #require(workload.names.firstIndex(of: "notebook-39"))
        #expect(workload.jobs[notebook].submit == .seconds(39 * 300))
        #expect(workload.jobs[notebook].spec.roles[0].request.deviceMilli == 250)
        #expect(workload.jobs[notebook].cancelAfter == .seconds(14_400))
    }

    @Test func inlineScenario() throws {
        let scenario = try ScenarioDocument.parse(example("scenarios/small.yaml"))
        #expect(scenario.paths.isEmpty)
        let resolved = try scenario.resolve { _ in
            .failure(DiagnosticList([Diagnostic(.fileAccess, message: "no file")]))
        }.get()
        #expect(resolved.fleet.nodes.count == 4)
        #expect(resolved.workload.jobs.count == 18)
        #expect(
            resolved.workload.tenants.tenants.map(\.quotas[0].guaranteedMilli) == [16000, 16000])
    }

    @Test func scenarioWithEvents() throws {
        let scenario = try ScenarioDocument.parse(example("scenarios/maintenance.yaml"))
        let resolved = try scenario.resolve { _ in
            .failure(DiagnosticList([Diagnostic(.fileAccess, message: "no file")]))
        }.get()
        let events = resolved.workload.events
        #expect(events.count == 8)
        #expect(events[0] == FleetEvent(at: .seconds(7200), input: .drain(NodeID(7))))
        #expect(events[3].input == .removeNodes([NodeID(0), NodeID(1)]))
        #expect(events[4].input == .addNodes(Array(resolved.fleet.nodes[0...1])))
        let finetune = try #require(resolved.workload.names.firstIndex(of: "finetune"))
        #expect(resolved.workload.jobs[finetune].spec.held)
        #expect(events[2].input == .release(JobID(finetune)))
    }
}
