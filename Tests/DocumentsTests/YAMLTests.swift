import Documents
import FleetModel
import Testing

@Suite struct YAMLTests {
    /// A fleet file that is right but for one line put in.
    private func fleetBytes(_ bytes: [UInt8]) -> Result<FleetDefinition, DiagnosticList> {
        FleetDocument.parse(SourceText(bytes: bytes, file: "f.yaml")).resolve()
    }

    @Test func emptyDocuments() {
        for text in ["", "\n\n", "# nothing\n", "---\n", "~", "null\n", "\u{FEFF}"] {
            expect(fleet(text), .yamlSyntax, 1, "the document is empty")
        }
    }

    @Test func rootOfAnotherType() {
        expect(fleet("- a\n"), .invalidValue, 1, "the fleet is a list")
        expect(fleet("hello"), .invalidValue, 1, "the fleet is 'hello'")
        expect(fleet("\"8\""), .invalidValue, 1, "the fleet is the text \"8\"")
    }

    @Test func tabs() {
        expect(
            fleet("nodes:\n\t- name: a\n"), .yamlSyntax, 2,
            "while scanning for the next token from line 2: "
                + "found character that cannot start any token",
            hint: "indent with spaces; YAML does not allow tabs there")
    }

    @Test func brokenSyntax() {
        expect(
            fleet("nodes:\n  - {name: a\nkinds: [H100]\n"), .yamlSyntax, 3,
            "while parsing a flow mapping from line 2: did not find expected ',' or '}'")
        expect(
            fleet("nodes: *\n"), .yamlSyntax, 1, "a text that begins with '*'")
    }

    @Test func encodings() {
        expect(
            fleetBytes(Array("nodes:\n# ".utf8) + [0xC3, 0x28]), .yamlSyntax, 2,
            "the text is not UTF-8")
        expect(
            fleetBytes([0xFF, 0xFE, 0x6E, 0x00]), .yamlSyntax, 1, "the text is not UTF-8",
            hint: "it looks like UTF-16; save it as UTF-8")
        let scalars: [Unicode.Scalar] = [
            "\0", "\u{1B}", "\u{7F}", "\u{81}", "\u{FFFE}", "\u{E000}", "\u{E001}",
        ]
        for scalar in scalars {
            expect(
                fleet("nodes:\n# \(scalar)\n"), .yamlSyntax, 2,
                "the text has a character that YAML does not allow")
        }
    }

    @Test func byteOrderMarkAndLineEnds() throws {
        let text = "\u{FEFF}nodes:\r\n  - name: a\r\n    cpu: 4\r\n"
        #expect(try fleet(text).get().nodes.count == 1)
    }

    @Test func severalDocuments() {
        expect(
            fleet("nodes: [{name: a, cpu: 1}]\n---\nnodes: []\n"), .yamlSyntax, 3,
            "a second document begins here")
    }

    @Test func duplicateKeysWithOtherMistakes() {
        let found = mistakes(
            fleet(
                """
                kinds: [H100]
                kinds: [A100]
                "kinds": [B200]
                nodes:
                  - name: a
                    cpu: 1
                    'cpu': 2
                  - {name: b, cpu: many, name: c}
                """))
        #expect(
            found.map { "\($0.line) \($0.code.rawValue) \($0.message)" } == [
                "2 M0206 the key 'kinds' stands here twice",
                "3 M0206 the key 'kinds' stands here twice",
                "7 M0206 the key 'cpu' stands here twice",
                "8 M0206 the key 'name' stands here twice",
                "8 M0204 'cpu' is 'many'",
            ])
        #expect(found[1].hint == "it is on line 1 already")
    }

    @Test func moreDuplicateKeysThanAreToldApart() {
        let text = "nodes: []\n" + String(repeating: "kinds: [a]\n", count: 60)
        let found = mistakes(fleet(text))
        #expect(found.contains { $0.code == .duplicateName })
    }

    @Test func keysThatAreNotWords() throws {
        expect(
            fleet("nodes: [{name: a, cpu: 1}]\n[a, b]: c\n"), .yamlSyntax, 2,
            "a key that is a list or a mapping")
        for text in ["? [a, b]\n: c\n", "x-a: {? b : c}\n", "- - ? a\n", "?"] {
            expect(fleet(text), .yamlSyntax, 1, "a key that begins with '?'")
        }
        #expect(
            try fleet("# why?\nnodes: [{name: a, cpu: 1}] # ? and [[[\n").get().nodes.count == 1)
        expect(fleet("nodes: [{name: a, cpu: 1}]\n~: c\n"), .yamlSyntax, 2, "an empty key")
    }

    @Test func tags() {
        expect(
            fleet("nodes: !!binary [{name: a, cpu: 1}]\n"), .yamlSyntax, 1,
            "the tag 'tag:yaml.org,2002:binary' is not part of the form")
        expect(
            fleet("nodes: [{name: !mine a, cpu: 1}]\n"), .yamlSyntax, 1,
            "the tag '!mine' is not part of the form")
    }

    @Test func aliases() throws {
        let text = """
            x-names:
              a: &name node-1
              n: &n {cpu: 4, memory: 1GiB}
            nodes:
              - {<<: *n, name: *name, memory: 2GiB}
              - <<: [{nics: 3}, *n]
                name: node-2
            """
        let fleet = try fleet(text).get()
        #expect(fleet.nodeNames.names == ["node-1", "node-2"])
        #expect(fleet.nodes[0].host == HostResources(cpuMilli: 4000, memoryMiB: 2048))
        #expect(fleet.nodes[1].host == HostResources(cpuMilli: 4000, memoryMiB: 1024, nics: 3))
    }

    @Test func unknownAnchorsAndWrongMerges() {
        let found = mistakes(
            fleet("x-a: &shared 4\nnodes:\n  - name: a\n    cpu: *sharde\n    <<: 7\n"))
        #expect(found.map(\.message) == ["unknown anchor 'sharde'", "'<<' is '7'"])
        #expect(found.map(\.line) == [4, 5])
        #expect(found[0].hint == "did you mean 'shared'?")
    }

    @Test func starsInTextStayStars() {
        expect(
            fleet("nodes: [{name: 'a * b', cpu: 1}]\n"), .invalidValue, 1,
            "'name' is the text \"a * b\"")
    }

    @Test func aliasBomb() {
        var text = "x-a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        for level in 1...30 {
            let uses = String(repeating: "*a\(level - 1), ", count: 9) + "*a\(level - 1)"
            text += "x-a\(level): &a\(level) [\(uses)]\n"
        }
        text += "*a30 : 1\nnodes: [{name: a, cpu: 1}]\n"
        expect(
            fleet(text), .yamlSyntax, 7, "the document has too many values, aliases followed")
    }

    @Test func deepAliases() {
        var text = "x-a0: &a0 [1]\n"
        for level in 1...200 { text += "x-a\(level): &a\(level) [*a\(level - 1)]\n" }
        text += "nodes: [{name: a, cpu: 1}]\n"
        expect(
            fleet(text), .yamlSyntax, 64, "lists and mappings are nested too deeply")
    }

    @Test(arguments: ["[", "{", "- ", "? ", "a: {", "[{"])
    func deepNesting(_ opener: String) {
        for depth in [70, 900, 5_000] {
            let found = mistakes(fleet(String(repeating: opener, count: depth)))
            #expect(found.contains { $0.code == .yamlSyntax })
        }
    }

    /// Each level would be hashed as a key of the one outside it.
    @Test func nestedKeys() {
        for (depth, message) in [
            (30, "a key that is a list or a mapping"),
            (65, "lists and mappings are nested too deeply"),
            (5_000, "lists and mappings are nested too deeply"),
        ] {
            let text =
                "x-a: " + String(repeating: "{", count: depth) + "a: [1, 1, 1]"
                + String(repeating: "}", count: depth) + "\n"
            #expect(mistakes(fleet(text))[0].message == message)
        }
    }

    @Test func selfReference() {
        let found = mistakes(fleet("nodes: &n [*n]\n"))
        #expect(found[0].message == "unknown anchor 'n'")
    }

    @Test func hundredMistakesAreShown() {
        var text = "nodes:\n"
        for node in 0..<150 { text += "  - {name: n\(node), cpu: x\(node)}\n" }
        let found = mistakes(fleet(text))
        #expect(found.count == 101)
        #expect(found[99].message == "'cpu' is 'x99'")
        #expect(found[100].message == "50 more mistakes, the first of them on this line")
        #expect(found[100].line == 102)
    }

    @Test func oversizedDocument() {
        let bytes = [UInt8](repeating: UInt8(ascii: " "), count: DocumentLimits.bytes + 1)
        #expect(mistakes(fleetBytes(bytes))[0].expected == "at most 33554432 bytes")
    }
}
