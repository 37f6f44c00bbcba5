extension GangBook {
    /// For each volume of a pod that only some nodes reach: the alternatives of which one must be
    /// met.
    func places(
        of pod: GangMember, _ problems: inout [GangProblem]
    ) -> [[NodeSelectorTerm]] {
        guard !pod.claims.isEmpty else { return [] }
        var places: [[NodeSelectorTerm]] = []
        for name in pod.claims {
            let key = ObjectKey(.volumeClaim, namespace: pod.key.namespace, name: name)
            guard let claim = claims[key] else {
                guard settings.watched.contains(.volumeClaim) else { continue }
                let problem = GangProblem(
                    .missingClaim, field: "spec.volumes[].persistentVolumeClaim.claimName",
                    "there is no PersistentVolumeClaim '\(name)'",
                    remedy: "create the claim, or name another")
                if !problems.contains(problem) { problems.append(problem) }
                continue
            }
            guard let volume = claim.volumeName, let required = volumes[volume]?.required,
                !places.contains(required)
            else { continue }
            places.append(required)
        }
        return places
    }

    /// The claims of a pod that are not bound to a volume yet.
    func unboundClaims(of pod: GangMember) -> [String] {
        guard !pod.claims.isEmpty else { return [] }
        return pod.claims.filter { name in
            let key = ObjectKey(.volumeClaim, namespace: pod.key.namespace, name: name)
            return claims[key].map { $0.volumeName == nil } ?? false
        }
    }
}
