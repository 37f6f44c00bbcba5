import KubernetesJSON

extension NodeRules {
    /// Reads a field of a pod's spec that says where it may run; false when the key is another.
    mutating func read(
        _ key: JSONText, _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> Bool {
        switch key {
        case "nodeSelector":
            selector = try scanner.tolerating("spec.nodeSelector", &problems, [:]) {
                scanner throws(JSONFault) in try LabelSet.read(&scanner)
            }
        case "tolerations":
            var read: [Toleration] = []
            try scanner.elements(of: "spec.tolerations", &problems) {
                _, scanner, problems throws(JSONFault) in
                read.append(try Toleration.read(&scanner, &problems))
            }
            tolerations = read
        case "affinity": try readAffinity(&scanner, &problems)
        default: return false
        }
        return true
    }

    private mutating func readAffinity(
        _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var read = self
        let path = "spec.affinity"
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "nodeAffinity":
                try read.readNodeAffinity(&scanner, path + ".nodeAffinity", &problems)
            case "podAffinity":
                try read.readNeighbours(&scanner, path + ".podAffinity", isAnti: false, &problems)
            case "podAntiAffinity":
                try read.readNeighbours(
                    &scanner, path + ".podAntiAffinity", isAnti: true, &problems)
            default: try scanner.skipValue()
            }
        }
        self = read
    }

    private mutating func readNodeAffinity(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var read = self
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "requiredDuringSchedulingIgnoredDuringExecution":
                guard !scanner.takeIfNull() else { return }
                read.required = try NodeSelectorTerm.readSelector(
                    &scanner, "\(path).\(key.string)", &problems)
            case "preferredDuringSchedulingIgnoredDuringExecution":
                try scanner.elements(of: path, &problems) {
                    _, scanner, problems throws(JSONFault) in
                    read.preferred.append(try PreferredTerm.read(&scanner, path, &problems))
                }
            default: try scanner.skipValue()
            }
        }
        self = read
    }

    private mutating func readNeighbours(
        _ scanner: inout JSONScanner, _ path: String, isAnti: Bool,
        _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        var read: [NeighbourRule] = []
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            guard key == "requiredDuringSchedulingIgnoredDuringExecution" else {
                return try scanner.skipValue()
            }
            try scanner.elements(of: path, &problems) { _, scanner, problems throws(JSONFault) in
                read.append(
                    try NeighbourRule.read(&scanner, path, isAnti: isAnti, &problems))
            }
        }
        neighbours += read
    }
}

extension NeighbourRule {
    fileprivate static func read(
        _ scanner: inout JSONScanner, _ path: String, isAnti: Bool,
        _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> NeighbourRule {
        var rule = NeighbourRule(isAnti: isAnti, topologyKey: "", selector: nil)
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "topologyKey": rule.topologyKey = try scanner.string()
            case "labelSelector":
                rule.selector = try LabelSelector.read(&scanner, path, &problems)
            case "namespaces": rule.namespaces = try scanner.strings()
            case "namespaceSelector":
                rule.namespaceSelector = try LabelSelector.read(&scanner, path, &problems)
            default: try scanner.skipValue()
            }
        }
        return rule
    }
}

extension PreferredTerm {
    fileprivate static func read(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> PreferredTerm {
        var preferred = PreferredTerm(weight: 1, term: NodeSelectorTerm())
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "weight": preferred.weight = Int32(clamping: try scanner.integer())
            case "preference":
                preferred.term = try NodeSelectorTerm.read(&scanner, path, &problems)
            default: try scanner.skipValue()
            }
        }
        return preferred
    }
}

extension NodeSelectorTerm {
    /// Reads an object with `nodeSelectorTerms`.
    static func readSelector(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> [NodeSelectorTerm] {
        var terms: [NodeSelectorTerm] = []
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            guard key == "nodeSelectorTerms" else { return try scanner.skipValue() }
            try scanner.elements(of: path, &problems) { _, scanner, problems throws(JSONFault) in
                terms.append(try read(&scanner, path, &problems))
            }
        }
        return terms
    }

    fileprivate static func read(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> NodeSelectorTerm {
        var term = NodeSelectorTerm()
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "matchExpressions":
                term.expressions = try LabelRequirement.readAll(
                    &scanner, "\(path).matchExpressions", &problems)
            case "matchFields":
                term.fields = try LabelRequirement.readAll(
                    &scanner, "\(path).matchFields", &problems)
            default: try scanner.skipValue()
            }
        }
        return term
    }
}

extension LabelRequirement {
    fileprivate static func readAll(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> [LabelRequirement] {
        var all: [LabelRequirement] = []
        try scanner.elements(of: path, &problems) { index, scanner, problems throws(JSONFault) in
            var (key, name, values): (String, String, [String]) = ("", "", [])
            try scanner.fields(of: path, &problems) { field, scanner, _ throws(JSONFault) in
                switch field {
                case "key": key = try scanner.string()
                case "operator": name = try scanner.string()
                case "values": values = try scanner.strings()
                default: try scanner.skipValue()
                }
            }
            guard let comparison = Operator(rawValue: name) else {
                problems.append(
                    FieldProblem("\(path)[\(index)].operator", "'\(name)' is not an operator"))
                return
            }
            all.append(LabelRequirement(key, comparison, values))
        }
        return all
    }
}

extension LabelSelector {
    /// Reads a label selector; nil for `null`, which selects nothing.
    static func read(
        _ scanner: inout JSONScanner, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> LabelSelector? {
        guard !scanner.takeIfNull() else { return nil }
        var selector = LabelSelector()
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "matchLabels":
                for entry in try LabelSet.read(&scanner).entries {
                    selector.requirements.append(
                        LabelRequirement(entry.key, .isIn, [entry.value]))
                }
            case "matchExpressions":
                selector.requirements += try LabelRequirement.readAll(
                    &scanner, "\(path).matchExpressions", &problems)
            default: try scanner.skipValue()
            }
        }
        return selector
    }
}

extension Toleration {
    fileprivate static func read(
        _ scanner: inout JSONScanner, _ problems: inout [FieldProblem]
    ) throws(JSONFault) -> Toleration {
        var toleration = Toleration()
        let path = "spec.tolerations"
        try scanner.fields(of: path, &problems) { key, scanner, problems throws(JSONFault) in
            switch key {
            case "key": toleration.key = try scanner.optionalString(path, &problems)
            case "operator": toleration.exists = try scanner.text() == "Exists"
            case "value": toleration.value = try scanner.string()
            case "effect":
                toleration.effect = Taint.Effect(rawValue: try scanner.string())
            default: try scanner.skipValue()
            }
        }
        return toleration
    }
}
