/// What objects say about a group: the one that defines it, what that refers to, its owners.
struct GroupContext {
    /// The object that defines the group.
    var declaration: GangDeclaration?
    /// The pod group within a Workload.
    var template: GangDeclaration.Template?
    /// The workload that the pods are of, when another object defines the group.
    var workload: GangDeclaration?
    /// All of them and their owners, from the inside out.
    var chain: [GangDeclaration] = []
    /// Objects that were looked for, found or not.
    var references: [ObjectKey] = []
    /// The object that should be there and has not been seen.
    var awaiting: ObjectKey?

    /// How far owners are followed: a RayJob's cluster needs two steps, a TrainJob's Job three.
    private static let longestChain = 4

    /// How the pods form gangs.
    func style(_ votes: StyleVotes) -> GangDeclaration.Style {
        if let stated = votes.stated { return stated }
        if chain.contains(where: \.wantsGang) { return .whole }
        return declaration?.style ?? template?.style ?? votes.fallback
    }

    /// The priority that objects state; the defining object first.
    var priorities: [GangDeclaration.PriorityClaim] {
        [declaration?.priority, template?.priority, workload?.priority].compactMap { $0 }
    }

    /// The fewest members over all roles, and the field that says so.
    var minimum: (count: Int, field: String)? {
        if let minimum = declaration?.minimum { return (minimum, declaration!.minimumField) }
        return template?.minimum.map { ($0, "spec.podGroups[].policy.gang.minCount") }
    }

    /// Where the objects say that the gang wants to stand.
    var topology: TopologyWish {
        if let wish = declaration?.topology, !wish.isEmpty { return wish }
        return template?.topology ?? TopologyWish()
    }

    static func read(
        _ key: GangKey, workload: ObjectKey?, _ objects: [ObjectKey: GangDeclaration],
        watched: Set<ObjectKind>
    ) -> GroupContext {
        var context = GroupContext()
        if let object = key.object {
            context.references.append(object)
            context.declaration = objects[object]
            if context.declaration == nil, watched.contains(object.kind) {
                context.awaiting = object
            }
        }
        context.readTemplate(key, objects)
        context.follow(context.declaration, objects)
        if let workload, workload != key.object {
            context.references.append(workload)
            context.workload = objects[workload]
            context.follow(context.workload, objects)
        }
        return context
    }

    private mutating func readTemplate(_ key: GangKey, _ objects: [ObjectKey: GangDeclaration]) {
        var name: String?
        var workload = declaration
        if key.kind == .nativeWorkload {
            // The part is the template's name, with a replica key behind it.
            name = key.part.split(separator: "/", maxSplits: 1).first.map(String.init)
        } else if let link = declaration?.template {
            references.append(link.workload)
            workload = objects[link.workload]
            name = link.name
        }
        guard let name, let workload else { return }
        template = workload.templates.first { $0.name == name }
    }

    private mutating func follow(
        _ start: GangDeclaration?, _ objects: [ObjectKey: GangDeclaration]
    ) {
        var next = start
        for _ in 0..<GroupContext.longestChain {
            guard let declaration = next else { return }
            chain.append(declaration)
            guard let owner = declaration.owner, !references.contains(owner) else { return }
            references.append(owner)
            next = objects[owner]
        }
    }
}
