import FleetModel
import Qualification

/// What the nodes of a pool should have, as a file says it.
public enum StackDocument {
    private static let deviceKeys = ["count", "model", "ecc"]
    private static let fabricKeys = ["ports", "gigabits"]
    private static let versionExpected = "a version such as 580.82.07, 580, >=570 or <590"

    /// Reads a stack file; or every mistake in it.
    public static func read(_ source: SourceText) -> Result<StackDeclaration, DiagnosticList> {
        let findings = Findings(file: source.file)
        var stack = StackDeclaration()
        let parts = StackPart.allCases
        if let value = YAMLReader.read(source, findings),
            let form = Form(
                value, "the stack file",
                keys: ["stack"] + parts.map(\.name) + ["devices", "fabric"], allowsExtras: true,
                findings)
        {
            form.require("stack", expected: "the stack's name")
            stack.name = form.name("stack")?.value ?? ""
            for part in parts {
                if let rule = rule(form, part) { stack.rules.append(.init(part, rule)) }
            }
            devices(form, &stack)
            fabric(form, &stack)
        }
        return findings.result(stack)
    }

    /// A version without quotes is a number to YAML, and `12.10` would lose its last digit in many
    /// readers; here it is taken as it is written.
    private static func rule(_ form: Form, _ part: StackPart) -> VersionRule? {
        guard let value = form.value(part.name) else { return nil }
        if let text = value.text, let rule = VersionRule(text) { return rule }
        form.findings.report(
            .invalidValue, line: value.line, "'\(part.name)' is \(value.described)",
            expected: versionExpected)
        return nil
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
