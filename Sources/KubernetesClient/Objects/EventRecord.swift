import FleetModel
import KubernetesJSON
import NIOHTTP1

/// Something that is said about an object, as `kubectl describe` shows it.
public struct EventRecord: Hashable, Sendable {
    /// The object that it is about.
    public struct Subject: Hashable, Sendable {
        /// Its group and version.
        public var apiVersion: String
        /// Its kind.
        public var kind: String
        /// Its namespace; empty for objects without.
        public var namespace: String
        /// Its name.
        public var name: String
        /// Its uid, without which `kubectl describe` does not find the event.
        public var uid: String

        /// Gathers a subject.
        public init(
            apiVersion: String, kind: String, namespace: String, name: String, uid: String
        ) {
            self.apiVersion = apiVersion
            self.kind = kind
            self.namespace = namespace
            self.name = name
            self.uid = uid
        }
    }

    /// What it is about.
    public var subject: Subject
    /// Whether somebody should look: `Warning`, else `Normal`.
    public var isWarning: Bool
    /// A word for programs, in upper camel case, as `FailedScheduling`.
    public var reason: String
    /// What was being done, in the same form, as `Scheduling`.
    public var action: String
    /// A sentence for people. Servers take 1,024 bytes; the rest is cut off.
    public var note: String
    /// The program that says it, as `muster.dev/scheduler`.
    public var controller: String
    /// Which replica of it.
    public var instance: String

    /// Gathers an event.
    public init(
        subject: Subject, isWarning: Bool = false, reason: String, action: String, note: String,
        controller: String, instance: String
    ) {
        self.subject = subject
        self.isWarning = isWarning
        self.reason = reason
        self.action = action
        self.note = note
        self.controller = controller
        self.instance = instance
    }

    /// Bytes of a note that servers take.
    static let noteBytes = 1_024

    /// Events of objects without a namespace belong to `default`.
    var namespace: String { subject.namespace.isEmpty ? "default" : subject.namespace }

    /// The body in the form of a version.
    func body(
        _ type: ResourceType, name: String, namespace: String, at time: Timestamp
    ) -> [UInt8] {
        let isCore = type.group.isEmpty
        let cut = EventRecord.cut(note, EventRecord.noteBytes)
        return JSONWriter.object { object in
            object.member("apiVersion", type.apiVersion)
            object.member("kind", "Event")
            object.object("metadata") { metadata in
                metadata.member("name", name)
                metadata.member("namespace", namespace)
            }
            object.member("eventTime", time.microTime)
            object.member("type", isWarning ? "Warning" : "Normal")
            object.member("reason", EventRecord.cut(reason, 128))
            object.member("action", EventRecord.cut(action, 128))
            object.member(isCore ? "reportingComponent" : "reportingController", controller)
            object.member("reportingInstance", EventRecord.cut(instance, 128))
            object.member(isCore ? "message" : "note", cut)
            if isCore {
                object.member("firstTimestamp", time.time)
                object.member("lastTimestamp", time.time)
                object.member("count", 1)
                object.object("source") { $0.member("component", controller) }
            }
            object.object(isCore ? "involvedObject" : "regarding") { reference in
                reference.member("apiVersion", subject.apiVersion)
                reference.member("kind", subject.kind)
                if !subject.namespace.isEmpty {
                    reference.member("namespace", subject.namespace)
                }
                reference.member("name", subject.name)
                if !subject.uid.isEmpty { reference.member("uid", subject.uid) }
            }
        }
    }

    /// The longest beginning of whole characters within so many bytes.
    static func cut(_ text: String, _ most: Int) -> String {
        guard text.utf8.count > most else { return text }
        var cut = ""
        var bytes = 0
        for character in text {
            bytes += character.utf8.count
            if bytes > most - 3 { break }
            cut.append(character)
        }
        return cut + "…"
    }
}

extension KubernetesClient {
    /// Says something about an object. `type` is ``Discovery/eventType``. To say the same again is
    /// another event, so callers keep count.
    public func createEvent(
        _ event: EventRecord, type: ResourceType, options: WriteOptions = WriteOptions()
    ) async throws -> Result<Void, APIRefusal> {
        let now = Timestamp(microseconds: Monotonic.wallMicroseconds)
        // The form of client-go: the object and a time; random bits keep two replicas apart.
        let unique = String(UInt64(truncatingIfNeeded: now.microseconds), radix: 16)
        let salt = String(transport.seed() & 0xFFFF, radix: 16)
        let name = "\(event.subject.name.prefix(200)).\(unique)\(salt)"
        func send(in namespace: String) async throws -> Result<Void, APIRefusal> {
            let body = event.body(type, name: name, namespace: namespace, at: now)
            var call = options.call(.POST, type.path(namespace: namespace), body)
            // Its name is unique, so a second attempt is the same event.
            call.isRepeatable = true
            let answer = try await transport.send(call)
            if case .failure(let refusal) = answer, refusal.reason == "AlreadyExists" {
                return .success(())
            }
            return answer.map { _ in }
        }
        let answer = try await send(in: event.namespace)
        // Before Kubernetes 1.21 events of objects without a namespace had to be there.
        if case .failure(let refusal) = answer, refusal.status == 422,
            event.subject.namespace.isEmpty
        {
            return try await send(in: "kube-system")
        }
        return answer
    }
}
