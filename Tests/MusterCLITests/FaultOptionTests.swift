import Testing

/// `--faults`, and what reports say of faults.
struct FaultOptionTests {
    @Test func publishedRatesShowInTheReport() throws {
        let ran = try Workplace().shell(
            "$muster simulate --fleet 256x8/16 --workload llm --jobs 400 --faults published --json")
        #expect(ran.status == 0, "\(ran.talk)")
        for key in ["faults", "interruptions", "restartsOnSuspects", "lostGPUSeconds"] {
            #expect(ran.out.contains("\"\(key)\""), "\(key)")
        }
    }

    @Test func theCommandLineGoesBeforeTheScenario() throws {
        let place = try Workplace()
        let scenario = """
            fleet: 4x8/2
            faults: {rate: 100000, repair: 1m}
            jobs:
              - {name: a, members: 2, gpus: 8, checkpointPeriod: 1m, runTime: 1d,
                 retries: {node: 1000, device: 1000, start: 1000}}
            """
        let with = try place.shell(
            "printf '%s' '\(scenario)' > s.yaml; $muster simulate --workload s.yaml")
        #expect(with.status == 0, "\(with.talk)")
        #expect(with.out.contains("GPU-hours lost by cause"))
        let without = try place.shell("$muster simulate --workload s.yaml --faults off")
        #expect(without.status == 0, "\(without.talk)")
        #expect(!without.out.contains("lost by cause"))
    }

    @Test func anythingElseIsRefused() throws {
        for wrong in ["scenario", "some", ""] {
            let ran = try Workplace().shell("$muster simulate --faults '\(wrong)'")
            #expect(ran.status == 64)
            #expect(ran.codes == ["M0501"])
        }
    }
}
