import FleetModel
import Testing

@Suite struct TopologyTests {
    @Test func hostIsAdded() {
        #expect(Topology(levels: []).levels.map(\.name) == ["host"])
        let topology = Topology(levels: [TopologyLevel(name: "rack", label: "label")])
        #expect(topology.levels.map(\.name) == ["rack", "host"])
        #expect(topology.levels[0].label == "label")
        #expect(topology.host == LevelIndex(1))
        #expect(topology.domainLevelCount == 1)
    }

    @Test func hostIsNotAddedTwice() {
        let levels = [TopologyLevel(name: "rack"), TopologyLevel(name: "host", label: "h")]
        #expect(Topology(levels: levels).levels == levels)
    }

    @Test func mostLevels() {
        let levels = (1..<FleetLimits.topologyLevels).map { TopologyLevel(name: "l\($0)") }
        #expect(Topology(levels: levels).levels.count == FleetLimits.topologyLevels)
    }

    @Test func levelsByName() {
        let topology = Topology(levels: [TopologyLevel(name: "a"), TopologyLevel(name: "b")])
        #expect(topology.level(named: "a") == LevelIndex(0))
        #expect(topology.level(named: "b") == LevelIndex(1))
        #expect(topology.level(named: "host") == topology.host)
        #expect(topology.level(named: "c") == nil)
        #expect(topology.level(named: "") == nil)
        #expect(LevelIndex(0) < LevelIndex(1))
    }

    @Test(arguments: Topology.presets.map(\.name))
    func preset(_ name: String) throws {
        let topology = try #require(Topology.preset(named: name))
        let names = topology.levels.map(\.name)
        #expect(names.last == Topology.hostName)
        #expect(names.count >= 2)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { !$0.isEmpty })
        let labels = topology.levels.map(\.label).filter { !$0.isEmpty }
        #expect(Set(labels).count == labels.count)
        // A label key is a DNS name, one slash, and a name of at most 63 characters.
        for label in labels {
            let parts = label.split(separator: "/", omittingEmptySubsequences: false)
            #expect(parts.count == 2)
            #expect(parts[0].contains(".") && (1...63).contains(parts[1].count))
        }
    }

    @Test func presetNames() {
        let names = Topology.presets.map(\.name)
        #expect(Set(names).count == names.count)
        for name in ["aws", "gke", "oci", "coreweave", "clique", "topograph"] {
            #expect(names.contains(name))
        }
        #expect(Topology.preset(named: "azure") == nil)
        #expect(Topology.preset(named: "AWS") == nil)
    }
}
