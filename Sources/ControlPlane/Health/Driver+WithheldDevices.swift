import FleetModel
import Health
import HealthControl
import Store

// Where something else gives devices away, as a kubelet does, the engine's numbers only count them:
// which device a pod has is not known, and Muster cannot keep a single one from work. The capacity
// that the backend tells is the truth, and what the health engine thinks of a device is not taken
// off it once more.
extension Driver {
    /// Whether a device of a node can be out of service while the others work: always where members
    /// get the devices that they were given, else while at least as many are withheld as the health
    /// engine has out.
    func isolatesDevices(_ node: NodeID) -> Bool {
        guard !assignsDevices else { return true }
        let known = desk.engine[node]
        // After a start that is told in a moment; until then it is as it was.
        guard let withheld = withheld[node] else { return known?.report.isolatesDevices ?? false }
        return withheld > 0 && withheld >= (known?.devicesOut ?? 0)
    }

    /// Takes in how many devices of a node are given to nobody.
    func note(withheld devices: Int, of node: NodeID) {
        guard view.nodes[node.index] != nil, withheld[node] != devices else { return }
        now = max(now, clock.now())
        withheld[node] = devices
        arrive(node)
    }

    /// A device of a node goes, or is back: there may be more out than are withheld.
    func reviewIsolation(of node: NodeID) {
        guard !assignsDevices, let known = desk.engine[node],
            known.report.isolatesDevices != isolatesDevices(node)
        else { return }
        arrive(node)
    }

    /// The devices in use, for the health engine. Where nobody knows which, any of them may be.
    func devicesInUse(_ node: NodeView, _ known: NodeHealth) -> UInt64 {
        let devices = node.occupants.reduce(UInt64(0)) { $0 | $1.devices }
        guard !assignsDevices, devices != 0 else { return devices }
        return known.deviceCount >= 64 ? .max : 1 << UInt64(known.deviceCount) - 1
    }

    /// What is taken off a node beside what its backend has out of service, for devices that the
    /// health engine has out.
    ///
    /// Where the backend gives devices away that is nothing, with one exception. A device that is
    /// withheld stays with the pod that has it. Which one that is, is known when a single job has
    /// more devices than are left: then as many of its devices count as out, so that it starts
    /// again elsewhere, until its pods have gone and the backend's own figure says all.
    func withdrawn(_ told: UInt64, of node: NodeView) -> UInt64 {
        guard !assignsDevices else { return told }
        let holders = node.occupants.filter { $0.devices != 0 }
        guard let job = holders.first?.job, holders.allSatisfy({ $0.job == job }) else { return 0 }
        var missing = told.nonzeroBitCount - node.row.unhealthy.nonzeroBitCount
        let held = holders.reduce(UInt64(0)) { $0 | $1.devices } & ~node.row.unhealthy
        var devices: UInt64 = 0
        // From the end, where the backend's own choice is.
        for index in (0..<64).reversed() where missing > 0 && held & 1 << UInt64(index) != 0 {
            devices |= 1 << UInt64(index)
            missing -= 1
        }
        return devices
    }

    /// The same once more, after the backend has told what is out of service.
    func reviewWithdrawn(of node: NodeID) {
        guard !assignsDevices, let told = desk.engine[node]?.toldUnhealthy,
            let present = view.nodes[node.index], present.row.withdrawn != 0
        else { return }
        let devices = withdrawn(told, of: present)
        if present.row.withdrawn != devices { changeNode(node) { $0.row.withdrawn = devices } }
    }
}

extension NodeHealth {
    /// Devices that answer and take no work while their node does.
    fileprivate var devicesOut: Int {
        guard track.state.takesWork else { return 0 }
        return devices.indices.reduce(0) { count, index in
            let answers = answering & 1 << UInt64(index) != 0
            return answers && devices[index].isOut ? count + 1 : count
        }
    }
}
