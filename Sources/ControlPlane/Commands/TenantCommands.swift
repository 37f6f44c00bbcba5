import Documents
import FleetModel
import Scheduler
import Store

/// A change of the quota tree.
public enum TenantEdit: Sendable {
    /// The whole tree, as a document.
    case document(TenantsDocument)
    /// Tenants in place of, or beside, those of the same names, as a cluster's objects would be;
    /// to be tried out only.
    case objects(TenantsDocument)
    /// Numbers of one tenant, by kind.
    case quota(tenant: String, [QuotaChange])
}

/// Numbers of one tenant for one kind; nil stays as it is.
public struct QuotaChange: Sendable {
    /// The kind's name.
    public var kind: String
    /// What the tenant can always have.
    public var guaranteedMilli: Int64?
    /// The inner nil takes the limit away.
    public var limitMilli: Int64??
    /// How much of it others may use.
    public var lendableMilli: Int64??
    /// Its part of what is over.
    public var weight: Int64?

    /// Changes nothing of a kind.
    public init(kind: String) { self.kind = kind }
}

/// What a change of the quota tree does, or would do.
public struct TenantAnswer: Sendable {
    /// Whether it was made.
    public var isApplied: Bool
    /// Who is affected.
    public var difference: WhatIfAnswer
    /// What is different, in words, one line each.
    public var changes: [String]
    /// Names for the answer.
    public var view: FleetView
}

/// A quota tree that may come to be.
private struct TenantPlan {
    var tree: TenantTree
    /// Who would be left out of it that is not already, one line each.
    var absences: [String] = []
    /// Guarantees of which only a part would count, one line each.
    var cuts: [String] = []
}

extension ControlPlane {
    /// Changes the quota tree, or shows what that would do. Throws a refusal with diagnostics for
    /// a tree that does not fit the fleet, or that the engine refuses.
    public func edit(
        _ edit: TenantEdit, isPreview: Bool, by caller: Caller
    ) async throws -> TenantAnswer {
        let (taken, tenants, changes, view) = try await perform { driver in
            if !isPreview { try driver.checkMayEdit(edit) }
            let plan = try driver.plan(edit)
            let adopted = driver.adopt(plan.tree)
            let lines = TenantDifference(adopted, driver.view).lines() + plan.absences
            let changes = lines.isEmpty ? [] : lines + plan.cuts
            return (driver.engine, adopted.tenants, changes, driver.view)
        }
        // Trying it out takes longer than doing it, so it is done beside the driver.
        var engine = taken
        let difference = engine.whatIf([.tenants(tenants)])
        guard difference.inapplicable.isEmpty else { throw Driver.treeRefusal }
        var answer = TenantAnswer(
            isApplied: false, difference: difference, changes: changes, view: view)
        guard !isPreview else { return answer }
        answer.view = try await perform { driver in
            try driver.checkMayEdit(edit)
            try driver.setTenants(try driver.plan(edit).tree)
            driver.audit(caller, "tenants", "quota tree", detail: changes.joined(separator: "; "))
            return driver.view
        }
        answer.isApplied = true
        return answer
    }
}

extension Driver {
    static var treeRefusal: OperatingError {
        OperatingError(
            .differentFleet, "the engine refuses the quota tree",
            detail: "tenants with jobs must stay leaves, limits at least guarantees, and what is "
                + "lent at most these",
            hint: "cancel the jobs of tenants that are to go, or keep these tenants")
    }

    /// Refuses to change what others have the say over.
    fileprivate func checkMayEdit(_ edit: TenantEdit) throws {
        if case .objects = edit {
            throw OperatingError(
                .tenantsElsewhere, "Tenant objects are applied to the cluster, not to Muster",
                hint: "preview them here, and apply them with kubectl")
        }
        guard foreignTenants.wanted != nil else { return }
        throw OperatingError(
            .tenantsElsewhere, "the tenants are objects of the cluster",
            detail: "while there is a Tenant object, these objects are the quota tree",
            hint: "edit them, as with kubectl edit tenant NAME; 'muster tenants diff' shows first "
                + "what would change")
    }

    /// The tree as it would be after an edit.
    fileprivate func plan(_ edit: TenantEdit) throws -> TenantPlan {
        switch edit {
        case .document(let document):
            return TenantPlan(tree: try resolved(document, isLive: false))
        case .objects(let document):
            let directory = view.directory
            let all = document.replacing(
                in: foreignTenants.wanted ?? directory.tenants, fleet: directory.fleet)
            var tree = try resolved(all, isLive: true)
            let cuts = tree.cutGuarantees().map { $0.text(tree, directory.fleet) }
            let settled = settled(tree)
            let absences = settled.absences.filter { foreignTenants.absences[$0.key] == nil }
                .sorted { $0.key < $1.key }.map { "\($0.key): left out while \($0.value)" }
            return TenantPlan(tree: settled.tree, absences: absences, cuts: cuts)
        case .quota(let name, let changes):
            var tree = view.directory.tenants
            guard let id = view.directory.tenant(named: name),
                let index = tree.tenants.firstIndex(where: { $0.id == id })
            else { throw OperatingError(.notFound, "there is no tenant '\(name)'") }
            for change in changes { try apply(change, to: &tree.tenants[index]) }
            try checkGuarantees(tree)
            return TenantPlan(tree: tree)
        }
    }

    private func resolved(_ document: TenantsDocument, isLive: Bool) throws -> TenantTree {
        switch document.resolve(fleet: view.directory.fleet, isLive: isLive) {
        case .success(let tree): return tree
        case .failure(let list):
            throw OperatingError(refused: "the quota tree", list.diagnostics)
        }
    }

    private func apply(_ change: QuotaChange, to tenant: inout TenantSpec) throws {
        guard let kind = view.directory.fleet.kinds.id(of: change.kind) else {
            throw OperatingError(
                .unknownName, "unknown accelerator kind '\(change.kind)'",
                detail: "there are " + view.directory.fleet.kinds.names.joined(separator: ", "))
        }
        var quota =
            tenant.quotas.first { $0.kind == kind } ?? QuotaSpec(kind: kind)
        if let guaranteed = change.guaranteedMilli { quota.guaranteedMilli = guaranteed }
        if let limit = change.limitMilli { quota.limitMilli = limit }
        if let lendable = change.lendableMilli { quota.lendableMilli = lendable }
        if let weight = change.weight { quota.weight = weight }
        let isInOrder =
            quota.guaranteedMilli >= 0
            && (quota.limitMilli ?? .max) >= quota.guaranteedMilli
            && (0...quota.guaranteedMilli).contains(quota.lendableMilli ?? 0)
            && (1...FleetLimits.tenantWeight).contains(quota.weight)
        guard isInOrder else {
            throw OperatingError(
                .invalidValue, "the numbers of \(change.kind) do not fit together",
                detail: "a limit is at least the guarantee, what is lent at most the guarantee, "
                    + "and a weight is from 1 to \(FleetLimits.tenantWeight)")
        }
        tenant.quotas.removeAll { $0.kind == kind }
        tenant.quotas.append(quota)
    }

    /// Guarantees of siblings must not add up to more than their parent's, or the fleet.
    private func checkGuarantees(_ tree: TenantTree) throws {
        let fleet = view.directory.fleet.devicesByKind
        for kind in fleet.indices {
            let kindID = AcceleratorKindID(kind)
            var sums: [Int32: Int64] = [:]
            func guaranteed(_ tenant: TenantSpec) -> Int64 {
                tenant.quotas.first { $0.kind == kindID }?.guaranteedMilli ?? 0
            }
            for tenant in tree.tenants {
                sums[tenant.parent?.rawValue ?? -1, default: 0] += guaranteed(tenant)
            }
            for parent in sums.keys.sorted() {
                let sum = sums[parent] ?? 0
                let own = tree.tenants.first { $0.id.rawValue == parent }
                let most = own.map(guaranteed) ?? fleet[kind] * 1000
                guard sum > most, own == nil || most > 0 else { continue }
                let place = own.map { "'\(tree.names[$0.id])'" } ?? "the fleet"
                throw OperatingError(
                    .overcommitted,
                    "guarantees add up to more than \(place) has of "
                        + view.directory.fleet.kinds[kindID],
                    detail: "\(Double(sum) / 1000) GPUs are guaranteed, there are "
                        + "\(Double(most) / 1000)")
            }
        }
    }
}
