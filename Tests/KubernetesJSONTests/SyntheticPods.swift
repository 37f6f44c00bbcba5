import FleetModel

/// Writes lists of pods as an API server does: most of the bytes are managed fields, environments
/// and volumes that a scheduler never looks at. Same seed, same bytes.
struct SyntheticPods {
    private var random: SplitMix

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
    }

    /// A `PodList`.
    mutating func list(_ count: Int) -> [UInt8] {
        var bytes = Array(
            #"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"86753"},"items":["#
                .utf8)
        bytes.reserveCapacity(count * 8_000)
        for index in 0..<count {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(index, to: &bytes)
        }
        bytes += Array("]}\n".utf8)
        return bytes
    }

    /// One pod.
    mutating func append(_ index: Int, to bytes: inout [UInt8]) {
        let job = "llama-\(index / 8)"
        let uid = String(random.next() >> 20, radix: 16)
        let node = random.below(4) == 0 ? "" : "gpu-node-\(random.below(10_000))"
        let gpus = 1 << random.below(4)
        let binding = node.isEmpty ? "" : #""nodeName":"\#(node)","#
        let phase = node.isEmpty ? "Pending" : "Running"
        bytes += Array(
            """
            {"metadata":{"name":"\(job)-\(index % 8)","generateName":"\(job)-","namespace":\
            "team-\(random.below(40))","uid":"5f1c9d2e-\(uid)","resourceVersion":"\(index + 1000)",\
            "creationTimestamp":"2026-06-30T08:\(10 + index % 50):21Z","labels":{"app":"\(job)",\
            "batch.kubernetes.io/job-name":"\(job)","batch.kubernetes.io/controller-uid":"\(uid)",\
            "batch.kubernetes.io/job-completion-index":"\(index % 8)","kueue.x-k8s.io/queue-name":\
            "research"},"annotations":{"kubernetes.io/psp":"eks.privileged","cni.example/ip":\
            "[{\\"name\\":\\"net\\",\\"interface\\":\\"eth0\\",\\"ips\\":[\\"10.1.2.3\\"]}]"},\
            "ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"\(job)",\
            "uid":"\(uid)","controller":true,"blockOwnerDeletion":true}],\
            "managedFields":\(managedFields)},\
            "spec":{"volumes":[{"name":"shm","emptyDir":{"medium":"Memory","sizeLimit":"64Gi"}},\
            {"name":"kube-api-access","projected":{"sources":[{"serviceAccountToken":\
            {"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt",\
            "items":[{"key":"ca.crt","path":"ca.crt"}]}}],"defaultMode":420}}],"containers":[{\
            "name":"train","image":"registry.example/train/llama:2026.06","command":["torchrun",\
            "--nnodes=8","train.py"],"ports":[{"name":"nccl","containerPort":29500,"protocol":\
            "TCP"}],"env":\(environment()),"resources":{"limits":{"cpu":"96","memory":"1000Gi",\
            "nvidia.com/gpu":"\(gpus)","vpc.amazonaws.com/efa":"4"},"requests":{"cpu":"96",\
            "memory":"1000Gi","nvidia.com/gpu":"\(gpus)","vpc.amazonaws.com/efa":"4"}},\
            "volumeMounts":[{"name":"shm","mountPath":"/dev/shm"}],"terminationMessagePath":\
            "/dev/termination-log","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Never",\
            "terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","nodeSelector":\
            {"node.kubernetes.io/instance-type":"p5.48xlarge"},\(binding)"schedulerName":"muster",\
            "tolerations":[{"key":"nvidia.com/gpu","operator":"Exists","effect":"NoSchedule"},\
            {"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute",\
            "tolerationSeconds":300}],"priorityClassName":"training","priority":1000,\
            "preemptionPolicy":"PreemptLowerPriority"},"status":{"phase":"\(phase)","conditions":[\
            {"type":"PodScheduled","status":"True","lastProbeTime":null,"lastTransitionTime":\
            "2026-06-30T08:10:22Z"}],"qosClass":"Guaranteed"}}
            """.utf8)
    }

    private mutating func environment() -> String {
        let variables = (0..<24).map { index in
            let value = String(random.next(), radix: 36)
            return #"{"name":"NCCL_SETTING_\#(index)","value":"\#(value) \#(value) \#(value)"}"#
        }
        return "[" + variables.joined(separator: ",") + "]"
    }

    private var managedFields: String {
        let field = { (name: String) in
            #""f:\#(name)":{".":{},"f:\#(name)Key":{},"k:{\"name\":\"\#(name)\"}":{".":{}}}"#
        }
        let names = (0..<16).map { "field\($0)" }.map(field).joined(separator: ",")
        let entry = { (manager: String) in
            #"{"manager":"\#(manager)","operation":"Update","apiVersion":"v1","time":"#
                + #""2026-06-30T08:10:21Z","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"#
                + names + "}}}"
        }
        return "[" + entry("kube-controller-manager") + "," + entry("kubelet") + "]"
    }
}
