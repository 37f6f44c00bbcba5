import FleetModel
import Testing

@Suite struct IdentifierTests {
    @Test func namesGetDenseIDs() {
        var table = NameTable<NodeID>()
        #expect(table.id(of: "a") == nil)
        #expect(table.intern("a") == NodeID(0))
        #expect(table.intern("") == NodeID(1))
        #expect(table.intern("A") == NodeID(2))
        #expect(table.intern("a") == NodeID(0))
        #expect(table.count == 3)
        #expect(table.names == ["a", "", "A"])
        #expect(table.id(of: "") == NodeID(1))
        #expect(table[NodeID(2)] == "A")
    }

    @Test func copiesOfATableAreIndependent() {
        var table = NameTable<PoolID>()
        _ = table.intern("a")
        var copy = table
        #expect(copy.intern("b") == PoolID(1))
        #expect(table.intern("c") == PoolID(1))
        #expect(copy.id(of: "c") == nil)
    }

    @Test func leavesOfATenantTree() {
        var tree = TenantTree()
        #expect(tree.leaf(named: "a") == TenantID(0))
        #expect(tree.leaf(named: "b") == TenantID(1))
        #expect(tree.leaf(named: "a") == TenantID(0))
        #expect(tree.tenants == [TenantSpec(id: TenantID(0)), TenantSpec(id: TenantID(1))])
    }

    @Test func idsOrderAndDescribe() {
        #expect(JobID(2) < JobID(10))
        #expect("\(JobID(10))" == "10")
        #expect(JobID(7).index == 7)
        #expect(Attempt(1) < Attempt(2))
    }

    @Test func smallSets() {
        var set = PoolSet(bits: 0)
        #expect(set.isEmpty)
        set.insert(PoolID(0))
        set.insert(PoolID(63))
        set.insert(PoolID(63))
        #expect(set.bits == 0x8000_0000_0000_0001)
        #expect(set.contains(PoolID(0)) && set.contains(PoolID(63)))
        #expect(!set.contains(PoolID(1)) && !set.contains(PoolID(62)))
        #expect(!set.contains(PoolID(64)))
        #expect(set == PoolSet([PoolID(63), PoolID(0)]))
    }

    @Test func fullSet() {
        #expect((0..<64).allSatisfy { PoolSet.all.contains(PoolID($0)) })
        #expect(PoolSet((0..<64).map { PoolID($0) }) == .all)
        #expect(!PoolSet.all.contains(PoolID(64)))
    }
}
