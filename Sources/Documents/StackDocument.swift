import FleetModel
import Qualification
import Stacks

/// What the nodes of pools should have, as a file says it: one stack, or a list of them with the
/// pools that have them.
public enum StackDocument {
    private static let deviceKeys = ["count", "model", "ecc"]
    private static let fabricKeys = ["ports", "gigabits"]
    private static let stackKeys =
        ["stack"] + StackPart.allCases.map(\.name) + ["devices", "fabric"]
    private static let versionExpected = "a version such as 580.82.07, 580, >=570 or <590"

    /// Reads the one stack of a file; or every mistake in it. A file with several is refused:
    /// nobody says which of them a machine should have.
    public static func read(_ source: SourceText) -> Result<StackDeclaration, DiagnosticList> {
        let findings = Findings(file: source.file)
        let catalogue = catalogue(source, findings)
        if findings.count == 0, catalogue.stacks.count != 1 {
            findings.report(
                .invalidValue, line: 1, "the file has \(catalogue.stacks.count) stacks",
                expected: "one stack", hint: "write the stack of this machine into its own file")
        }
        return findings.result(catalogue.stacks.first ?? StackDeclaration())
    }

    /// Reads all stacks of a file, and which pools have them; or every mistake in it.
    public static func catalogue(_ source: SourceText) -> Result<StackCatalogue, DiagnosticList> {
        let findings = Findings(file: source.file)
        return findings.result(catalogue(source, findings))
    }

    private static func catalogue(_ source: SourceText, _ findings: Findings) -> StackCatalogue {
        var catalogue = StackCatalogue()
        guard let value = YAMLReader.read(source, findings),
            let form = Form(
                value, "the stack file", keys: stackKeys + ["stacks", "pools"], allowsExtras: true,
                findings)
        else { return catalogue }
        if form.has("stacks") {
            form.exclusive(["stacks", "stack"])
            for item in form.list("stacks", of: "stacks") ?? [] {
                guard
                    let one = Form(
                        item, "a stack", keys: stackKeys, allowsExtras: true, findings)
                else { continue }
                let stack = stack(one)
                if !stack.name.isEmpty, catalogue.stacks.contains(where: { $0.name == stack.name })
                {
                    findings.report(
                        .duplicateName, line: one.line(of: "stack"),
                        "the stack '\(stack.name)' is there twice", expected: "names of their own")
                }
                catalogue.stacks.append(stack)
            }
        } else {
            catalogue.stacks = [stack(form)]
        }
        pools(form, &catalogue)
        return catalogue
    }

    private static func stack(_ form: Form) -> StackDeclaration {
        var stack = StackDeclaration()
        form.require("stack", expected: "the stack's name")
        stack.name = form.name("stack")?.value ?? ""
        for part in StackPart.allCases {
            if let rule = rule(form, part) { stack.rules.append(.init(part, rule)) }
        }
        devices(form, &stack)
        fabric(form, &stack)
        return stack
    }

    private static func pools(_ form: Form, _ catalogue: inout StackCatalogue) {
        guard let value = form.value("pools") else { return }
        guard case .mapping(let entries) = value.content else {
            return form.findings.report(
                .invalidValue, line: value.line, "'pools' is \(value.described)",
                expected: "a mapping of pools to the names of stacks")
        }
        let names = catalogue.stacks.map(\.name).filter { !$0.isEmpty }
        for entry in entries {
            guard let name = entry.value.text else {
                form.findings.report(
                    .invalidValue, line: entry.line,
                    "the stack of the pool '\(entry.key)' is \(entry.value.described)",
                    expected: "the name of a stack")
                continue
            }
            guard names.contains(name) else {
                form.findings.reportUnknown("stack", name, line: entry.line, among: names)
                continue
            }
            catalogue.pools.append(PoolStack(pool: entry.key, stack: name))
        }
    }

    /// A version without quotes is a number to YAML, and `12.10` would lose its last digit in many
    /// readers; here it is taken as it is written.
    private static func rule(_ form: Form, _ part: StackPart) -> VersionRule? {
        guard let value = form.value(part.name) else { return nil }
        if let text = value.text, !hasWildcard(text), let rule = VersionRule(text) { return rule }
        form.findings.report(
            .invalidValue, line: value.line, "'\(part.name)' is \(value.described)",
            expected: versionExpected,
            hint: value.text.map(hasWildcard) == true ? "2 means every 2.*" : "")
        return nil
    }

    /// `2.x` would be taken for a version of that name, which no machine has, and `>=2.x` for one
    /// that says more than `>=2`.
    private static func hasWildcard(_ text: String) -> Bool {
        text.split { ".- ".contains($0) }.contains { ["x", "X", "*"].contains($0) }
    }

    private static func devices(_ form: Form, _ stack: inout StackDeclaration) {
        guard let value = form.value("devices"),
            let devices = Form(value, "'devices'", keys: deviceKeys, form.findings)
        else { return }
        stack.deviceCount = devices.integer("count", 0...Int64(FleetLimits.devicesPerNode)).map {
            Int32($0.value)
        }
        stack.deviceModel = devices.value("model")?.text ?? ""
        if devices.has("model"), stack.deviceModel.isEmpty {
            form.findings.report(
                .invalidValue, line: devices.line(of: "model"), "'model' is no text",
                expected: "a part of the model's name, such as H100")
        }
        stack.deviceECC = devices.boolean("ecc")
    }

    private static func fabric(_ form: Form, _ stack: inout StackDeclaration) {
        guard let value = form.value("fabric"),
            let fabric = Form(value, "'fabric'", keys: fabricKeys, form.findings)
        else { return }
        stack.portCount = fabric.integer("ports", 0...256).map { Int32($0.value) }
        stack.portGigabits = fabric.integer("gigabits", 1...100_000).map { Int32($0.value) }
    }
}
