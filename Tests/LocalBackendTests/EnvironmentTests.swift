import BackendConformance
import ControlPlane
import FleetModel
import Foundation
import LocalBackend
import Testing

@Suite struct EnvironmentTests {
    private func variables(_ text: String) -> [String: String] {
        var variables: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let sign = line.firstIndex(of: "=") else { continue }
            variables[String(line[..<sign])] = String(line[line.index(after: sign)...])
        }
        return variables
    }

    /// PyTorch's flight recorder, under its older and newer names.
    private func flightRecorder(_ attempt: String) -> [String: String?] {
        [
            "TORCH_NCCL_DEBUG_INFO_TEMP_FILE": "\(attempt)/evidence/nccl_trace_rank_",
            "TORCH_FR_DUMP_TEMP_FILE": "\(attempt)/evidence/nccl_trace_rank_",
            "TORCH_NCCL_DUMP_ON_TIMEOUT": "1", "TORCH_NCCL_TRACE_BUFFER_SIZE": "2000",
            "TORCH_FR_BUFFER_SIZE": "2000",
        ]
    }

    @Test func membersKnowTheirPlaceInTheGang() async throws {
        try await onStage {
            $0.variables = { _ in
                [
                    "MUSTER_SERVER": "http://127.0.0.1:7070",
                    "MUSTER_PROGRESS_TOKEN": "secret",
                ]
            }
        } _: { stage in
            let text = """
                name: pair
                command: [env]
                grace: 20s
                environment: {EXTRA: "a b", MASTER_ADDR: elsewhere, MUSTER_JOB: "99"}
                roles:
                  - {name: driver, replicas: 1, cpu: 1}
                  - {name: worker, replicas: 2, gpus: 2}
                """
            var gang = Stage.gang(try Stage.parse(text), job: 12, attempt: 3)
            gang.members[1].devices = 0b0110
            gang.members[2].devices = 0b11000
            gang.members[0].devices = 0
            gang.deadline = Instant(nanoseconds: 1_800_000_000_500_000_000)
            gang.checkpointedStep = 41
            let session = try await Session(stage)
            var found = variables(try await session.output(of: gang, rank: 2))
            let port = try #require(found["MASTER_PORT"])
            let attempt = "\(stage.folder)/jobs/12/3"
            let expected = [
                "CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "3,4",
                "NVIDIA_VISIBLE_DEVICES": "3,4", "MASTER_ADDR": "elsewhere", "WORLD_SIZE": "3",
                "RANK": "2", "LOCAL_RANK": "2", "LOCAL_WORLD_SIZE": "3", "NODE_RANK": "0",
                "GROUP_RANK": "0", "NNODES": "1", "MUSTER_GPUS": "2",
                "MUSTER_HOSTFILE": "\(attempt)/hostfile",
                "OMPI_MCA_orte_default_hostfile": "\(attempt)/hostfile",
                "PRTE_MCA_prte_default_hostfile": "\(attempt)/hostfile",
                "JAX_COORDINATOR_ADDRESS": "127.0.0.1:\(port)", "JAX_NUM_PROCESSES": "3",
                "JAX_PROCESS_ID": "2", "TORCHELASTIC_RUN_ID": "12-3",
                "TORCH_ELASTIC_SHUTDOWN_TIMEOUT": "18", "SLURM_JOB_ID": "12",
                "SLURM_NNODES": "1", "SLURM_NODEID": "0", "SLURM_PROCID": "2",
                "SLURM_LOCALID": "2", "SLURM_NTASKS": "3", "SLURM_JOB_NODELIST": "here",
                "MUSTER_JOB": "12", "MUSTER_JOB_NAME": "pair", "MUSTER_TENANT": "lab/vision",
                "MUSTER_ATTEMPT": "3", "MUSTER_RANK": "2", "MUSTER_ROLE": "worker",
                "MUSTER_ROLE_RANK": "1", "MUSTER_CHECKPOINTED_STEP": "41",
                "MUSTER_CHECKPOINT_DIR": "\(stage.folder)/jobs/12/checkpoints",
                "MUSTER_DEADLINE": "1800000000", "MUSTER_GRACE_SECONDS": "20",
                "SAGEMAKER_CURRENT_CAPACITY_BLOCK_EXPIRATION_TIMESTAMP": "1800000000",
                "MUSTER_PROGRESS_FILE": "\(attempt)/2/progress",
                "MUSTER_SERVER": "http://127.0.0.1:7070", "MUSTER_PROGRESS_TOKEN": "secret",
                "MUSTER_EVIDENCE_DIR": "\(attempt)/evidence",
                "EXTRA": "a b", "PWD": nil,
            ]
            for (name, value) in expected.merging(flightRecorder(attempt), uniquingKeysWith: { $1 })
            {
                #expect(found[name] == value, "\(name)")
                found[name] = nil
            }
            // Nothing of the control plane's own but what programs need.
            let others = Set(found.keys).subtracting([
                "MASTER_PORT", "MUSTER_MEMBER", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH",
                "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER",
            ])
            #expect(others == [])
            let driver = variables(try session.text(gang, rank: 0))
            #expect(driver["CUDA_VISIBLE_DEVICES"] == "")
            #expect(driver["MUSTER_GPUS"] == "0")
            #expect(driver["MASTER_PORT"] == port)
            #expect(contents("\(attempt)/hostfile") == "localhost slots=5\n")
            await session.backend.stop()
        }
    }

    @Test func programsStartClean() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(
                try Stage.job(
                    "pwd; ls -l /proc/self/fd | sed 1d | wc -l; "
                        + "grep -E 'Sig(Blk|Ign)' /proc/self/status; readlink /proc/self/fd/0"))
            let text = try await session.output(of: gang)
            let lines = text.split(separator: "\n")
            #expect(lines.first.map(String.init) == "\(stage.folder)/jobs/1/1/work")
            // The three standard ones, and the folder that `ls` itself reads.
            #expect(lines.dropFirst().first == "4")
            #expect(text.contains("SigBlk:\t0000000000000000"))
            #expect(text.contains("SigIgn:\t0000000000000000"))
            #expect(lines.last == "/dev/null")
            await session.backend.stop()
        }
    }

    @Test func foldersAndFilesAreTheOwnersAlone() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            let gang = Stage.gang(try Stage.job("echo hello"))
            _ = try await session.output(of: gang)
            let paths =
                FileManager.default.enumerator(atPath: stage.folder)?
                .compactMap { $0 as? String } ?? []
            #expect(paths.count > 10)
            for path in paths {
                let attributes = try FileManager.default.attributesOfItem(
                    atPath: stage.folder + "/" + path)
                let mode = try #require(attributes[.posixPermissions] as? NSNumber).intValue
                let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
                #expect(mode == (isFolder ? 0o700 : 0o600), "\(path)")
            }
            await session.backend.stop()
        }
    }

    @Test func gangsOfOneTimeHaveDifferentPorts() async throws {
        try await onStage { stage in
            let session = try await Session(stage)
            var ports: Set<String> = []
            for job in 1...4 {
                let gang = Stage.gang(try Stage.job("exec sleep 600"), job: job)
                try await session.run(gang)
                ports.insert(contents("\(stage.folder)/jobs/\(job)/1/port"))
            }
            #expect(ports.count == 4)
            await session.backend.stop()
        }
    }
}
