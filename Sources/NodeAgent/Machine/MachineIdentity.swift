/// Who this machine is, as its agent says: for others that speak of the same machine and must not
/// contradict it.
public enum MachineIdentity {
    /// The serial number of the chassis, or the product's; empty where neither is one, or where
    /// this process may not read them.
    public static func chassisSerial(root: String = "/") -> String {
        IdentityReader(tree: SysTree(root: root)).chassisSerial()
    }
}
