import ControlPlane
import Documents
import FleetModel

/// The environment of a member's program: what launchers and frameworks look for
/// (`docs/LOCAL.md` has the table).
struct MemberEnvironment {
    /// What members of a gang share.
    struct Gang {
        /// The gang with all of its members.
        var launch: GangLaunch
        /// The node's name.
        var node: String
        /// A port that was free when the attempt began.
        var port: Int
        /// Where the job keeps its checkpoints.
        var checkpointFolder: String
        /// The list of hosts for MPI.
        var hostfile: String
        /// Where flight recorders and others leave what tells about a hang.
        var evidenceFolder: String
        /// More variables, from whoever runs the backend.
        var additional: [String: String]
    }

    /// Variables of the control plane that programs need as well. No others are passed on: they may
    /// be secrets.
    private static let inherited = [
        "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ",
        "USER",
    ]

    /// As `NAME=VALUE` in order of name. What the job itself sets goes before all but `MUSTER_…`.
    static func variables(
        of member: MemberLaunch, in gang: Gang, progressFile: String, cookie: String,
        own: [String: String]
    ) -> [String] {
        var variables = own.filter { inherited.contains($0.key) }
        if variables["PATH"] == nil { variables["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
        variables.merge(launchers(member, gang)) { $1 }
        for entry in gang.launch.document.execution.environment {
            variables[entry.name] = entry.value
        }
        variables.merge(gang.additional) { $1 }
        variables.merge(muster(member, gang)) { $1 }
        variables["MUSTER_PROGRESS_FILE"] = progressFile
        variables[Leftovers.variable] = cookie
        return variables.sorted { $0.key < $1.key }.map { $0.key + "=" + $0.value }
    }

    private static func launchers(_ member: MemberLaunch, _ gang: Gang) -> [String: String] {
        let devices = (0..<64).filter { member.devices & (1 << UInt64($0)) != 0 }
            .map(String.init).joined(separator: ",")
        let rank = String(member.rank)
        let size = String(gang.launch.members.count)
        let job = String(gang.launch.job.rawValue)
        let grace = gang.launch.document.execution.grace.wholeSeconds
        var variables = [
            "CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": devices,
            "NVIDIA_VISIBLE_DEVICES": devices,
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": String(gang.port),
            "WORLD_SIZE": size, "RANK": rank, "LOCAL_WORLD_SIZE": size, "LOCAL_RANK": rank,
            "NNODES": "1", "NODE_RANK": "0", "GROUP_RANK": "0",
            "JAX_COORDINATOR_ADDRESS": "127.0.0.1:\(gang.port)", "JAX_NUM_PROCESSES": size,
            "JAX_PROCESS_ID": rank,
            "OMPI_MCA_orte_default_hostfile": gang.hostfile,
            "PRTE_MCA_prte_default_hostfile": gang.hostfile,
            // The rank is added to the name; older versions of PyTorch know the first of each pair.
            "TORCH_NCCL_DEBUG_INFO_TEMP_FILE": gang.evidenceFolder + "/nccl_trace_rank_",
            "TORCH_FR_DUMP_TEMP_FILE": gang.evidenceFolder + "/nccl_trace_rank_",
            "TORCH_NCCL_TRACE_BUFFER_SIZE": "2000", "TORCH_FR_BUFFER_SIZE": "2000",
            "TORCH_NCCL_DUMP_ON_TIMEOUT": "1",
            "TORCHELASTIC_RUN_ID": "\(job)-\(gang.launch.attempt.rawValue)",
            // The workers must be gone before the launcher itself is ended by force.
            "TORCH_ELASTIC_SHUTDOWN_TIMEOUT": String(max(1, grace - 2)),
            "SLURM_JOB_ID": job, "SLURM_NNODES": "1", "SLURM_NODEID": "0", "SLURM_PROCID": rank,
            "SLURM_LOCALID": rank, "SLURM_NTASKS": size, "SLURM_JOB_NODELIST": gang.node,
        ]
        if let deadline = gang.launch.deadline {
            variables["SAGEMAKER_CURRENT_CAPACITY_BLOCK_EXPIRATION_TIMESTAMP"] =
                String(deadline.nanoseconds / 1_000_000_000)
        }
        return variables
    }

    private static func muster(_ member: MemberLaunch, _ gang: Gang) -> [String: String] {
        let launch = gang.launch
        let role = launch.document.roles[member.role]
        let peers = launch.members.filter { $0.role == member.role }.map(\.rank).sorted()
        var variables = [
            "MUSTER_JOB": String(launch.job.rawValue),
            "MUSTER_JOB_NAME": launch.document.name.value,
            "MUSTER_TENANT": launch.tenant,
            "MUSTER_ATTEMPT": String(launch.attempt.rawValue),
            "MUSTER_RANK": String(member.rank),
            "MUSTER_ROLE": role.name,
            "MUSTER_ROLE_RANK": String(peers.firstIndex(of: member.rank) ?? 0),
            "MUSTER_GPUS": gpus(role.request),
            "MUSTER_HOSTFILE": gang.hostfile,
            "MUSTER_EVIDENCE_DIR": gang.evidenceFolder,
            "MUSTER_CHECKPOINT_DIR": gang.checkpointFolder,
            "MUSTER_GRACE_SECONDS": String(launch.document.execution.grace.wholeSeconds),
        ]
        if let step = launch.checkpointedStep {
            variables["MUSTER_CHECKPOINTED_STEP"] = String(step)
        }
        if let deadline = launch.deadline {
            variables["MUSTER_DEADLINE"] = String(deadline.nanoseconds / 1_000_000_000)
        }
        return variables
    }

    /// GPUs of one member as a decimal number without needless digits.
    private static func gpus(_ request: MemberRequest) -> String {
        let milli = request.gpuMilli
        guard milli % 1000 != 0 else { return String(milli / 1000) }
        var digits = String(1000 + milli % 1000).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(milli / 1000).\(digits)"
    }
}
