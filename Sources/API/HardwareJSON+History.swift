import FleetModel
import Health
import Store

extension HardwareJSON {
    /// The rows of a machine, or of the one device that a UUID, board serial or GUID names, or of
    /// the one network interface of a GUID, wherever that was; nil when nothing is known of it.
    public func rows(of text: String, limit: Int) -> HardwareFilter? {
        if let identity = names.identities.id(of: text) {
            if let part = engine.ledger.part(with: identity) {
                return HardwareFilter(.device(part.rawValue), limit: limit)
            }
            if engine.ledger.isInterface(identity) {
                return HardwareFilter(.interface(names.identity(identity)), limit: limit)
            }
        }
        return machine(text).map { HardwareFilter(.machine($0.rawValue), limit: limit) }
    }

    /// Something that a piece of hardware went through. Lines of logs name processes, which are not
    /// everybody's to see.
    public static func write(_ row: HardwareRow, withLine: Bool, to json: inout JSONBytes) {
        json.object { json in
            json.member("id", row.id)
            json.member("time", time: row.at)
            json.member("kind", row.kind.rawValue)
            json.member("machine", "machine-\(row.machine)")
            json.member("serial", row.serial)
            json.member("device", row.device)
            json.member("uuid", row.uuid)
            json.member("interface", row.interface)
            json.member("node", row.node)
            json.member("cause", row.cause)
            json.member("job", row.job?.rawValue)
            json.member("text", row.text)
            json.member("line", withLine ? row.line : nil)
        }
    }
}
