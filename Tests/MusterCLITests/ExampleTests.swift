import Foundation
import Testing

/// Every file in `Examples` does what its name says, also from a pipe.
struct ExampleTests {
    static func files(_ kind: String) throws -> [String] {
        let folder = Program.repository + "/Examples/" + kind
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func fleetsRunAGeneratedWorkload() throws {
        let place = try Workplace()
        let files = try Self.files("fleets")
        #expect(!files.isEmpty)
        for file in files {
            let ran = try place.shell("$muster simulate --fleet $examples/fleets/\(file) --jobs 40")
            #expect(ran.status == 0, "\(file): \(ran.talk)")
            let piped = try place.shell(
                "cat $examples/fleets/\(file) | $muster simulate --fleet - --jobs 40")
            #expect(piped.status == 0, "\(file): \(piped.talk)")
        }
    }

    @Test func scenariosRun() throws {
        let place = try Workplace()
        let files = try Self.files("scenarios")
        #expect(!files.isEmpty)
        for file in files {
            let ran = try place.shell("$muster simulate --workload $examples/scenarios/\(file)")
            #expect(ran.status == 0, "\(file): \(ran.talk)")
        }
        #expect(
            try place.shell("$muster simulate --workload <(cat $examples/scenarios/small.yaml)")
                .status == 0)
    }

    @Test func jobsAndTenantsRunOnTheFleetThatTheyAreFor() throws {
        let place = try Workplace()
        for file in try Self.files("jobs") {
            let ran = try place.shell(
                "$muster simulate --fleet $examples/fleets/mixed.yaml --tenants "
                    + "$examples/tenants/company.yaml --workload $examples/jobs/\(file)")
            #expect(ran.status == 0, "\(file): \(ran.talk)")
        }
    }

    @Test func aScenarioTakesNoOtherFleet() throws {
        for extra in ["--fleet 4x8", "--tenants $examples/tenants/company.yaml"] {
            let ran = try Workplace().shell(
                "$muster simulate --workload $examples/scenarios/small.yaml \(extra)")
            #expect(ran.status == 64)
            #expect(ran.codes == ["M0501"])
        }
    }

    @Test func aNodeListComesInPieces() throws {
        let ran = try Workplace().shell(
            "(printf 'sn,cpu_mi'; sleep 0.1; printf 'lli,memory_mib,gpu,model\\n"
                + "n0,64000,262144,2,P100\\n') | $muster simulate --fleet - --jobs 10 --json")
        #expect(ran.status == 0, "\(ran.talk)")
        #expect(((try ran.json()) as? [[String: Any]])?.first?["gpus"] as? Int == 2)
    }
}
