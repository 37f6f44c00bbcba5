"""Nodes without a machine, made through the API as a kubelet would register them."""
import threading

import api
import assets

CONNECTIONS = 16
NODES_PER_RACK = 16
RACKS_PER_BLOCK = 8
NO_TAINTS = {"spec": {"taints": None}}


def labels(name, index, count, gpus, racks):
    """Racks get neighbouring numbers and differ by one node at most."""
    rack = index * racks // count
    rack_name = "rack-%03d" % rack
    block_name = "block-%02d" % (rack // RACKS_PER_BLOCK)
    found = {
        "kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64", "node.kubernetes.io/instance-type": "test.%dgpu" % gpus,
        "topology.kubernetes.io/region": "region-1", "topology.kubernetes.io/zone": "zone-1",
        # The older and the newer keys of NVIDIA's topograph; both are in use.
        "network.topology.nvidia.com/block": block_name,
        "network.topology.nvidia.com/rack": rack_name,
        "fabric.topograph.run/tier-1": block_name, "fabric.topograph.run/tier-0": rack_name}
    if gpus:
        found.update({"nvidia.com/gpu.present": "true", "nvidia.com/gpu.count": str(gpus),
                      "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"})
    return found


def document(name, index, count, gpus, racks):
    resources = {"cpu": "192", "memory": "2Ti", "pods": "110", "ephemeral-storage": "3Ti"}
    if gpus:
        resources["nvidia.com/gpu"] = str(gpus)
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": labels(name, index, count, gpus, racks)},
        # A kubelet, too, sends its status with the request that creates the node.
        "status": {
            "capacity": resources, "allocatable": resources,
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady",
                            "message": "a node of scripts/kube-test-env"}],
            "addresses": [{"type": "Hostname", "address": name}]}}


def create(cluster, count, gpus, racks=None, prefix="node-"):
    """Makes all of them; refuses the first that the server does not take."""
    racks = min(count, racks or -(-count // NODES_PER_RACK))
    numbers = iter(range(count))
    lock = threading.Lock()
    failures = []

    def work():
        connection = cluster.connect()
        try:
            while not failures:
                with lock:
                    index = next(numbers, None)
                if index is None:
                    return
                name = "%s%05d" % (prefix, index)
                create_one(connection, name, document(name, index, count, gpus, racks))
        except (OSError, assets.Refusal) as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(min(CONNECTIONS, count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise assets.Refusal(str(failures[0]))
    return {"nodes": count, "gpus": count * gpus, "racks": racks,
            "blocks": -(-racks // RACKS_PER_BLOCK)}


def create_one(connection, name, node):
    status, answer = connection.call("POST", "/api/v1/nodes", node)
    if status == 409:
        raise assets.Refusal("there is a node \"%s\" already; give another --prefix" % name)
    if status == 201:
        # Admission gives every new node the taint not-ready; the controller manager that would
        # take it away again is not needed otherwise.
        status, answer = connection.call("PATCH", "/api/v1/nodes/" + name, NO_TAINTS, api.MERGE)
    if status != 200:
        raise assets.Refusal("node \"%s\": the server answered %d: %s" % (name, status, answer))
    if answer["status"].get("capacity") != node["status"]["capacity"]:
        raise assets.Refusal("node \"%s\": the server dropped its capacity" % name)
