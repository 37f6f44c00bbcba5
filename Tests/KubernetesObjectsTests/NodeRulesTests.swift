import KubernetesObjects
import Testing

@Suite("Node rules")
struct NodeRulesTests {
    static let node = NodeFacts(
        name: "n1",
        labels: ["pool": "train", "gen": "5", "kubernetes.io/hostname": "n1", "zone": "a"])

    static func rules(_ spec: String) -> NodeRules {
        let pod = RequestTests.pod(spec)
        #expect(pod.problems.isEmpty)
        return pod.rules
    }

    static func affinity(_ terms: String) -> NodeRules {
        rules(
            """
            "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
            {"nodeSelectorTerms":[\(terms)]}}}
            """)
    }

    static func expression(_ key: String, _ name: String, _ values: String = "") -> String {
        #"{"matchExpressions":[{"key":"\#(key)","operator":"\#(name)","values":[\#(values)]}]}"#
    }

    @Test func selectors() {
        #expect(Self.rules(#""nodeSelector":{"pool":"train"}"#).admits(Self.node))
        #expect(
            Self.rules(#""nodeSelector":{"pool":"train","x":"y"}"#).refusal(of: Self.node)
                == .selector("x"))
    }

    @Test func requiredAffinity() {
        let cases: [(terms: String, admits: Bool)] = [
            (Self.expression("pool", "In", #""train","serve""#), true),
            (Self.expression("pool", "In", #""serve""#), false),
            (Self.expression("pool", "NotIn", #""serve""#), true),
            (Self.expression("pool", "NotIn", #""train""#), false),
            (Self.expression("none", "NotIn", #""train""#), true),
            (Self.expression("pool", "Exists"), true), (Self.expression("none", "Exists"), false),
            (Self.expression("none", "DoesNotExist"), true),
            (Self.expression("gen", "Gt", #""4""#), true),
            (Self.expression("gen", "Gt", #""5""#), false),
            (Self.expression("gen", "Lt", #""6""#), true),
            (Self.expression("pool", "Gt", #""4""#), false),
            (Self.expression("gen", "Gt", #""four""#), false),
            (#"{"matchFields":[{"key":"metadata.name","operator":"In","values":["n1"]}]}"#, true),
            (#"{"matchFields":[{"key":"metadata.name","operator":"In","values":["n2"]}]}"#, false),
            // One of the alternatives is enough; one without conditions is none.
            (Self.expression("x", "Exists") + "," + Self.expression("pool", "Exists"), true),
            ("{}", false), ("", false),
        ]
        for (terms, admits) in cases {
            #expect(Self.affinity(terms).admits(Self.node) == admits, "\(terms)")
        }
    }

    @Test func nodesThatAreRuledOutByName() {
        let host = NodeRules.hostname
        let one = Self.expression(host, "NotIn", #""n7","n3""#)
        #expect(Self.affinity(one).excludedNames == ["n3", "n7"])
        let field =
            #"{"matchFields":[{"key":"metadata.name","operator":"NotIn","values":["n3"]}]}"#
        #expect(Self.affinity(one + "," + field).excludedNames == ["n3"])
        // Another alternative admits it.
        let other = one + "," + Self.expression("pool", "Exists")
        #expect(Self.affinity(other).excludedNames.isEmpty)
        #expect(Self.affinity(Self.expression(host, "In", #""n1""#)).excludedNames.isEmpty)
        #expect(Self.rules(#""nodeSelector":{"pool":"train"}"#).excludedNames.isEmpty)
    }

    @Test func taintsAndTolerations() {
        var node = Self.node
        node.taints = [Taint("gpu", "h100", .noSchedule)]
        let cases: [(tolerations: String, admits: Bool)] = [
            ("", false), (#"{"key":"gpu","operator":"Exists"}"#, true),
            (#"{"operator":"Exists"}"#, true),
            (#"{"key":"gpu","value":"h100"}"#, true), (#"{"key":"gpu","value":"a100"}"#, false),
            (#"{"key":"gpu","operator":"Equal","value":"h100","effect":"NoSchedule"}"#, true),
            (#"{"key":"gpu","value":"h100","effect":"NoExecute"}"#, false),
        ]
        for (tolerations, admits) in cases {
            let rules = Self.rules(#""tolerations":[\#(tolerations)]"#)
            #expect(rules.admits(node) == admits, "\(tolerations)")
        }
        node.taints = [Taint("slow", "", .preferNoSchedule)]
        #expect(NodeRules().admits(node))
        #expect(NodeRules().preference(for: node) == -100)
        node.taints = [Taint("bad", "", .noExecute)]
        #expect(!NodeRules().admits(node))
        node.taints = []
        node.isUnschedulable = true
        #expect(NodeRules().refusal(of: node) == .taint(.unschedulable))
        #expect(
            Self.rules(
                #""tolerations":[{"key":"node.kubernetes.io/unschedulable","operator":"Exists"}]"#
            ).admits(node))
    }

    @Test func preferredTerms() {
        let rules = Self.rules(
            """
            "affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[
            {"weight":30,"preference":\(Self.expression("pool", "Exists"))},
            {"weight":50,"preference":\(Self.expression("none", "Exists"))}]}}
            """)
        #expect(rules.preference(for: Self.node) == 30)
    }
}
