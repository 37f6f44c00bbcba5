import KubernetesJSON

/// Reads an object that declares a gang: its metadata here, its spec field by field in `spec`.
func readDeclaration(
    _ kind: ObjectKind, _ scanner: inout JSONScanner, _ metadata: inout ObjectMetadata,
    _ problems: inout [FieldProblem],
    spec: (JSONText, inout JSONScanner, inout GangDeclaration, inout [FieldProblem])
        throws(JSONFault) -> Void
) throws(JSONFault) -> GangDeclaration {
    var declaration = GangDeclaration(ObjectKey(kind, name: ""))
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
        switch key {
        case "metadata": metadata = try ObjectMetadata.read(&scanner, &problems)
        case "spec":
            try scanner.fields(of: "spec", &problems) { key, scanner, problems throws(JSONFault) in
                try spec(key, &scanner, &declaration, &problems)
            }
        default: try scanner.skipValue()
        }
    }
    return declaration
}

extension JSONScanner {
    /// A string with which to fill in what is not there yet.
    mutating func fill(
        _ value: inout String?, _ path: String, _ problems: inout [FieldProblem]
    ) throws(JSONFault) {
        value = try optionalString(path, &problems) ?? value
    }
}
