/// Which objects are meant, beside their namespace; the server looks for them.
public struct Selector: Hashable, Sendable {
    /// By labels, as `app=web,tier!=cache`; empty for all.
    public var labels: String
    /// By fields, as `spec.nodeName=node-1`; empty for all. Servers know few fields.
    public var fields: String

    /// Gathers a selector.
    public init(labels: String = "", fields: String = "") {
        self.labels = labels
        self.fields = fields
    }

    /// All objects.
    public static let all = Selector()

    var query: [(name: String, value: String)] {
        var query: [(name: String, value: String)] = []
        if !labels.isEmpty { query.append(("labelSelector", labels)) }
        if !fields.isEmpty { query.append(("fieldSelector", fields)) }
        return query
    }
}
