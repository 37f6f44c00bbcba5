/// The gangs of a cluster, kept up to date from events about its objects. Does no I/O and knows no
/// clock.
///
/// ``note(_:)`` takes an event in O(1) and marks what it concerns; ``collect(into:)`` says what has
/// changed, in O(members of the gangs concerned). A stream of single events calls
/// ``apply(_:into:)``, a list of everything is noted first and collected once. Whatever the order
/// of events about different objects, the gangs are the same in the end.
///
/// What becomes a gang, and where its size comes from, is the table of docs/KUBERNETES.md.
public struct GangBook: Sendable {
    /// The settings.
    public let settings: GangSettings

    var members: [GangMember?] = []
    var memberStates: [MemberState] = []
    var groups: [GangGroup?] = []
    var objects: [ObjectKey: GangDeclaration] = [:]
    var priorityClasses: [String: PriorityClass] = [:]
    var claims: [ObjectKey: PersistentVolumeClaim] = [:]
    var volumes: [String: PersistentVolume] = [:]
    /// Groups whose gangs depend on an object, which may not exist.
    var dependents: [ObjectKey: Set<Int32>] = [:]

    private var slots: [PodName: Int32] = [:]
    private var freeSlots: [Int32] = []
    private var groupIndexes: [GangKey: Int32] = [:]
    private var freeGroups: [Int32] = []
    private var claimants: [ObjectKey: Set<Int32>] = [:]
    private var claimsOfVolume: [String: Set<ObjectKey>] = [:]
    private var listings: [ObjectKind: Listing] = [:]

    var dirtyGroups: [Int32] = []
    var dirtyMembers: [Int32] = []
    var gone: [GangKey] = []
    var foreignGone: [PodKey] = []

    /// An empty book.
    public init(_ settings: GangSettings = GangSettings()) { self.settings = settings }

    /// Pods that are known.
    public var podCount: Int { slots.count }

    /// Takes an event and says what has changed.
    public mutating func apply(_ event: ObjectEvent, into changes: inout [GangChange]) {
        note(event)
        collect(into: &changes)
    }

    /// Takes an event; what it changes is said by the next ``collect(into:)``.
    public mutating func note(_ event: ObjectEvent) {
        switch event {
        case .pod(let pod): put(pod)
        case .podGone(let key):
            let name = PodName(namespace: key.namespace, name: key.name)
            if let slot = slots[name], members[Int(slot)]?.key.uid == key.uid { remove(slot) }
        case .declared(let declaration): declare(declaration)
        case .undeclared(let key, let uid):
            if uid.isEmpty || objects[key]?.uid == uid { undeclare(key) }
        case .priorityClass(let priorityClass):
            let name = priorityClass.metadata.name
            listings[.priorityClass]?.names.insert(name)
            if priorityClasses.updateValue(priorityClass, forKey: name) != priorityClass {
                touchAll()
            }
        case .priorityClassGone(let name):
            if priorityClasses.removeValue(forKey: name) != nil { touchAll() }
        case .claim(let claim): put(claim)
        case .claimGone(let namespace, let name):
            removeClaim(ObjectKey(.volumeClaim, namespace: namespace, name: name))
        case .volume(let volume):
            let name = volume.metadata.name
            listings[.volume]?.names.insert(name)
            let old = volumes.updateValue(volume, forKey: name)
            if old?.required != volume.required || old == nil { touchVolume(name) }
        case .volumeGone(let name):
            if volumes.removeValue(forKey: name) != nil { touchVolume(name) }
        case .listBegan(let kind): listings[kind] = Listing()
        case .listEnded(let kind): sweep(kind)
        }
    }

    // MARK: Pods

    private mutating func put(_ pod: Pod) {
        let name = PodName(namespace: pod.metadata.namespace, name: pod.metadata.name)
        var facts = MemberFacts(pod, settings)
        if let slot = slots[name] {
            listings[.pod]?.slots.insert(slot)
            guard let old = members[Int(slot)], old.facts != facts else { return }
            if old.key.uid == facts.key.uid, old.membership?.key == facts.membership?.key {
                facts.share(old.facts)
                replace(slot, old, with: GangMember(facts))
                return
            }
            remove(slot)
        }
        let slot: Int32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = Int32(members.count)
            members.append(nil)
            memberStates.append(MemberState())
        }
        slots[name] = slot
        listings[.pod]?.slots.insert(slot)
        memberStates[Int(slot)] = MemberState()
        join(slot, &facts)
        let member = GangMember(facts)
        members[Int(slot)] = member
        addClaims(of: member, slot)
        touch(slot)
    }

    private mutating func replace(_ slot: Int32, _ old: GangMember, with member: GangMember) {
        let group = memberStates[Int(slot)].group
        if group >= 0, old.isOurs != member.isOurs {
            groups[Int(group)]?.ours += member.isOurs ? 1 : -1
        }
        if old.claims != member.claims {
            removeClaims(of: old, slot)
            addClaims(of: member, slot)
        }
        if group >= 0, old.membership != member.membership {
            groups[Int(group)]!.votes.remove(old.membership)
            groups[Int(group)]!.votes.add(member.membership)
        }
        members[Int(slot)] = member
        touch(slot)
    }

    private mutating func remove(_ slot: Int32) {
        guard let member = members[Int(slot)] else { return }
        touch(slot)
        let state = memberStates[Int(slot)]
        if let single = state.single { gone.append(single) }
        if state.isForeignUse { foreignGone.append(member.key) }
        leave(slot, member)
        removeClaims(of: member, slot)
        members[Int(slot)] = nil
        slots[PodName(namespace: member.key.namespace, name: member.key.name)] = nil
        // A slot that is still marked is given out again; the marks then stand for the new pod.
        memberStates[Int(slot)].single = nil
        memberStates[Int(slot)].isForeignUse = false
        memberStates[Int(slot)].group = -1
        memberStates[Int(slot)].problems = []
        freeSlots.append(slot)
    }

    private mutating func join(_ slot: Int32, _ facts: inout MemberFacts) {
        guard let key = facts.membership?.key else { return }
        let index: Int32
        if let known = groupIndexes[key] {
            index = known
            if let first = groups[Int(known)]?.members.first, let other = members[Int(first)] {
                facts.share(other.facts)
            }
        } else {
            if let free = freeGroups.popLast() {
                index = free
                groups[Int(free)] = GangGroup(key)
            } else {
                index = Int32(groups.count)
                groups.append(GangGroup(key))
            }
            groupIndexes[key] = index
        }
        memberStates[Int(slot)].group = index
        memberStates[Int(slot)].place = Int32(groups[Int(index)]!.members.count)
        groups[Int(index)]!.members.append(slot)
        groups[Int(index)]!.ours += facts.isOurs ? 1 : 0
        groups[Int(index)]!.votes.add(facts.membership)
    }

    private mutating func leave(_ slot: Int32, _ member: GangMember) {
        let state = memberStates[Int(slot)]
        guard state.group >= 0 else { return }
        let index = Int(state.group)
        // The last one takes the place that becomes free.
        let last = groups[index]!.members.removeLast()
        if last != slot {
            groups[index]!.members[Int(state.place)] = last
            memberStates[Int(last)].place = state.place
        }
        groups[index]!.ours -= member.isOurs ? 1 : 0
        groups[index]!.votes.remove(member.membership)
    }

    /// Marks a pod, or its group when that is one gang.
    private mutating func touch(_ slot: Int32) {
        let group = memberStates[Int(slot)].group
        if group >= 0 { touchGroup(group, wholly: false) }
        guard group < 0 || groups[Int(group)]?.style != .whole else { return }
        if !memberStates[Int(slot)].isDirty {
            memberStates[Int(slot)].isDirty = true
            dirtyMembers.append(slot)
        }
    }

    mutating func touchGroup(_ index: Int32, wholly: Bool) {
        guard groups[Int(index)] != nil else { return }
        if wholly { groups[Int(index)]!.isWhollyDirty = true }
        guard !groups[Int(index)]!.isDirty else { return }
        groups[Int(index)]!.isDirty = true
        dirtyGroups.append(index)
    }

    /// Forgets a group that nobody is in.
    mutating func drop(_ index: Int32) {
        guard let group = groups[Int(index)], group.members.isEmpty else { return }
        for object in group.references { unlink(index, object) }
        groupIndexes[group.key] = nil
        groups[Int(index)] = nil
        freeGroups.append(index)
    }

    mutating func link(_ index: Int32, _ object: ObjectKey) {
        dependents[object, default: []].insert(index)
    }

    mutating func unlink(_ index: Int32, _ object: ObjectKey) {
        dependents[object]?.remove(index)
        if dependents[object]?.isEmpty == true { dependents[object] = nil }
    }

    // MARK: Other objects

    private mutating func declare(_ declaration: GangDeclaration) {
        listings[declaration.key.kind]?.objects.insert(declaration.key)
        let old = objects.updateValue(declaration, forKey: declaration.key)
        if old != declaration { touchDependents(declaration.key) }
    }

    private mutating func undeclare(_ key: ObjectKey) {
        if objects.removeValue(forKey: key) != nil { touchDependents(key) }
    }

    private mutating func touchDependents(_ key: ObjectKey) {
        for index in dependents[key, default: []].sorted() { touchGroup(index, wholly: true) }
    }

    private mutating func touchAll() {
        for index in groups.indices { touchGroup(Int32(index), wholly: true) }
    }

    private mutating func put(_ claim: PersistentVolumeClaim) {
        let metadata = claim.metadata
        let key = ObjectKey(.volumeClaim, namespace: metadata.namespace, name: metadata.name)
        listings[.volumeClaim]?.objects.insert(key)
        let old = claims.updateValue(claim, forKey: key)
        guard old == nil || old?.volumeName != claim.volumeName else { return }
        unlinkVolume(old, key)
        if let volume = claim.volumeName { claimsOfVolume[volume, default: []].insert(key) }
        touchClaim(key)
    }

    private mutating func removeClaim(_ key: ObjectKey) {
        guard let old = claims.removeValue(forKey: key) else { return }
        unlinkVolume(old, key)
        touchClaim(key)
    }

    private mutating func unlinkVolume(_ claim: PersistentVolumeClaim?, _ key: ObjectKey) {
        guard let volume = claim?.volumeName else { return }
        claimsOfVolume[volume]?.remove(key)
        if claimsOfVolume[volume]?.isEmpty == true { claimsOfVolume[volume] = nil }
    }

    private mutating func touchClaim(_ key: ObjectKey) {
        for slot in claimants[key, default: []].sorted() { touch(slot) }
    }

    private mutating func touchVolume(_ name: String) {
        for key in claimsOfVolume[name, default: []].sorted(by: { $0.name < $1.name }) {
            touchClaim(key)
        }
    }

    private mutating func addClaims(of member: GangMember, _ slot: Int32) {
        for name in member.claims {
            let key = ObjectKey(.volumeClaim, namespace: member.key.namespace, name: name)
            claimants[key, default: []].insert(slot)
        }
    }

    private mutating func removeClaims(of member: GangMember, _ slot: Int32) {
        for name in member.claims {
            let key = ObjectKey(.volumeClaim, namespace: member.key.namespace, name: name)
            claimants[key]?.remove(slot)
            if claimants[key]?.isEmpty == true { claimants[key] = nil }
        }
    }

    // MARK: Lists

    private mutating func sweep(_ kind: ObjectKind) {
        guard let listing = listings.removeValue(forKey: kind) else { return }
        switch kind {
        case .pod:
            for slot in members.indices where members[slot] != nil {
                if !listing.slots.contains(Int32(slot)) { remove(Int32(slot)) }
            }
        case .volumeClaim:
            for key in claims.keys.filter({ !listing.objects.contains($0) }) { removeClaim(key) }
        case .volume:
            for name in volumes.keys.filter({ !listing.names.contains($0) }) {
                note(.volumeGone(name))
            }
        case .priorityClass:
            for name in priorityClasses.keys.filter({ !listing.names.contains($0) }) {
                note(.priorityClassGone(name))
            }
        default:
            for key in objects.keys.filter({
                $0.kind == kind && !listing.objects.contains($0)
            }) {
                undeclare(key)
            }
        }
    }

    private struct PodName: Hashable {
        var namespace: String
        var name: String
    }

    private struct Listing {
        var slots: Set<Int32> = []
        var objects: Set<ObjectKey> = []
        var names: Set<String> = []
    }
}

/// Where a pod stands in the book, and what was said of it.
struct MemberState {
    /// The group, or -1.
    var group: Int32 = -1
    /// The place in the group's list.
    var place: Int32 = 0
    var isDirty = false
    /// The gang of one as which it was announced.
    var single: GangKey?
    /// What was said to be wrong with it then.
    var problems: [GangProblem] = []
    /// Whether it was announced as use by another scheduler.
    var isForeignUse = false
}

/// Pods that name the same group.
struct GangGroup {
    var key: GangKey
    var members: [Int32] = []
    /// Members for our scheduler.
    var ours = 0
    /// How the pods want to be grouped.
    var votes = StyleVotes()
    /// How the pods formed gangs when last looked at.
    var style: GangDeclaration.Style?
    /// Objects that were looked at.
    var references: [ObjectKey] = []
    /// Gangs that were announced.
    var announced: [GangKey] = []
    var problems: [GangProblem] = []
    var isDirty = false
    /// Whether all of its pods have to be looked at again.
    var isWhollyDirty = false

    init(_ key: GangKey) { self.key = key }
}
