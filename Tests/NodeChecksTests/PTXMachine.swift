import Foundation

/// Runs the PTX that checks use, as the PTX ISA describes it: enough instructions for these kernels
/// and a trap for any other. All threads of a block go on to the next barrier, or to their end, one
/// after the other; blocks follow each other.
///
/// It stands in for a device where there is none: a kernel that computes something else is found
/// here, and one that a driver would not take is found by `ptxas`, where that is installed.
final class PTXMachine {
    struct Instruction {
        var predicate: (name: String, isNegated: Bool)?
        var words: [Substring]
        var operands: [String]
    }

    struct Entry {
        var parameters: [String] = []
        var code: [Instruction] = []
        var labels: [String: Int] = [:]
    }

    private(set) var entries: [String: Entry] = [:]
    /// Memory of the device: addresses are places in it, from 256 on.
    var memory: [UInt8]
    private var shared: [UInt8] = []

    init(_ text: String, memoryBytes: Int) {
        memory = [UInt8](repeating: 0, count: memoryBytes)
        parse(text)
    }

    private func parse(_ text: String) {
        var entry: Entry?
        var name = ""
        // Statements end with a semicolon, labels with a colon, heads with a brace.
        var statement = ""
        for line in text.split(separator: "\n") {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix(".visible .entry") || (entry != nil && !statement.isEmpty) {
                statement += line
                if line.hasPrefix(".visible") { entry = Entry() }
                if !statement.hasSuffix(")") && statement.hasPrefix(".visible") { continue }
            }
            if statement.hasPrefix(".visible") {
                let head = statement.dropFirst(".visible .entry ".count)
                name = String(head.prefix { $0 != "(" })
                let list = head.drop { $0 != "(" }.dropFirst().dropLast()
                entry?.parameters = list.split(separator: ",").map { parameter in
                    String(parameter.split(separator: " ").last ?? "")
                }
                statement = ""
            } else if line == "}" {
                if let entry { entries[name] = entry }
                entry = nil
            } else if line.hasSuffix(":") {
                let place = entry?.code.count
                entry?.labels[String(line.dropLast())] = place
            } else if line.hasSuffix(";"), !line.hasPrefix(".") {
                entry?.code.append(PTXMachine.instruction(String(line.dropLast())))
            }
        }
    }

    private static func instruction(_ line: String) -> Instruction {
        var rest = Substring(line)
        var predicate: (String, Bool)?
        if rest.hasPrefix("@") {
            let guardText = rest.prefix { $0 != " " }.dropFirst()
            predicate = (
                String(guardText.drop { $0 == "!" }), guardText.hasPrefix("!")
            )
            rest = rest.drop { $0 != " " }.dropFirst()
        }
        let words = rest.prefix { $0 != " " }.split(separator: ".")
        let text = rest.drop { $0 != " " }
        var operands: [String] = []
        var depth = 0
        var current = ""
        for character in text where character != " " {
            if character == "{" || character == "[" { depth += 1 }
            if character == "}" || character == "]" { depth -= 1 }
            if character == ",", depth == 0 {
                operands.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        if !current.isEmpty { operands.append(current) }
        return Instruction(predicate: predicate, words: words, operands: operands)
    }

    // MARK: Running

    private struct Thread {
        var registers: [String: UInt64] = [:]
        var at = 0
        var isOver = false
    }

    /// Runs a kernel on a grid of blocks of `threads`.
    func launch(
        _ name: String, grid: (Int, Int), threads: Int, arguments: [UInt64]
    ) {
        guard let entry = entries[name] else { preconditionFailure("no kernel \(name)") }
        for blockY in 0..<grid.1 {
            for blockX in 0..<grid.0 {
                shared = [UInt8](repeating: 0xEE, count: 8192)
                let special: [String: UInt64] = [
                    "%ctaid.x": UInt64(blockX), "%ctaid.y": UInt64(blockY),
                    "%ntid.x": UInt64(threads), "%nctaid.x": UInt64(grid.0),
                ]
                var all = (0..<threads).map { index in
                    var thread = Thread()
                    thread.registers = special
                    thread.registers["%tid.x"] = UInt64(index)
                    return thread
                }
                while all.contains(where: { !$0.isOver }) {
                    for index in all.indices where !all[index].isOver {
                        run(&all[index], entry, arguments)
                    }
                }
            }
        }
    }

    /// Runs a thread to its next barrier or its end.
    private func run(_ thread: inout Thread, _ entry: Entry, _ arguments: [UInt64]) {
        while thread.at < entry.code.count {
            let step = entry.code[thread.at]
            thread.at += 1
            if let predicate = step.predicate,
                (thread.registers[predicate.name] ?? 0) == (predicate.isNegated ? 1 : 0)
            {
                continue
            }
            switch step.words[0] {
            case "bra": thread.at = entry.labels[step.operands[0]] ?? entry.code.count
            case "bar": return
            case "ret":
                thread.isOver = true
                return
            default: execute(step, &thread, entry, arguments)
            }
        }
        thread.isOver = true
    }

    private func value(_ operand: String, _ thread: Thread) -> UInt64 {
        if operand.hasPrefix("%") {
            guard let value = thread.registers[operand] else {
                preconditionFailure("\(operand) is read before it is written")
            }
            return value
        }
        if operand.hasPrefix("0x") { return UInt64(operand.dropFirst(2), radix: 16) ?? 0 }
        if operand.hasPrefix("0f") { return UInt64(operand.dropFirst(2), radix: 16) ?? 0 }
        if operand == "tiles" { return 0 }
        guard let number = UInt64(operand) else { preconditionFailure("operand \(operand)") }
        return number
    }

    private static func mask(_ type: Substring) -> UInt64 {
        type.hasSuffix("64") ? .max : 0xFFFF_FFFF
    }

    private func execute(
        _ step: Instruction, _ thread: inout Thread, _ entry: Entry, _ arguments: [UInt64]
    ) {
        let type = step.words.last ?? ""
        let mask = PTXMachine.mask(type)
        func operand(_ index: Int) -> UInt64 { value(step.operands[index], thread) }
        func set(_ value: UInt64) { thread.registers[step.operands[0]] = value & mask }
        func float(_ index: Int) -> Float {
            Float(bitPattern: UInt32(truncatingIfNeeded: operand(index)))
        }
        switch step.words[0] {
        case "mov", "cvta": set(operand(1))
        case "cvt":
            thread.registers[step.operands[0]] =
                operand(1) & PTXMachine.mask(step.words[1]) & mask
        case "add": set(operand(1) &+ operand(2))
        case "and": set(operand(1) & operand(2))
        case "xor": set(operand(1) ^ operand(2))
        case "shl": set(operand(1) << operand(2))
        case "shr": set((operand(1) & mask) >> operand(2))
        case "mul" where step.words[1] == "lo": set(operand(1) &* operand(2))
        case "mul" where step.words[1] == "wide":
            thread.registers[step.operands[0]] = operand(1) &* operand(2)
        case "mad" where step.words[1] == "wide":
            thread.registers[step.operands[0]] = operand(1) &* operand(2) &+ operand(3)
        case "fma":
            set(UInt64(float(3).addingProduct(float(1), float(2)).bitPattern))
        case "setp" where step.words[1] == "ge":
            thread.registers[step.operands[0]] = operand(1) & mask >= operand(2) & mask ? 1 : 0
        case "setp" where step.words[1] == "eq":
            thread.registers[step.operands[0]] = operand(1) & mask == operand(2) & mask ? 1 : 0
        case "ld" where step.words[1] == "param":
            guard let place = entry.parameters.firstIndex(of: inner(step.operands[1])) else {
                preconditionFailure("parameter \(step.operands[1])")
            }
            set(arguments[place])
        case "ld", "st": move(step, &thread, isLoad: step.words[0] == "ld")
        case "atom":
            let address = Int(place(step.operands[1], thread))
            let old = load(address, 8, isShared: false)
            thread.registers[step.operands[0]] = old
            let new = step.words[2] == "add" ? old &+ operand(2) : min(old, operand(2))
            store(new, address, 8, isShared: false)
        default: preconditionFailure("\(step.words.joined(separator: ".")) is not known")
        }
    }

    private func inner(_ operand: String) -> String { String(operand.dropFirst().dropLast()) }

    /// The address of `[register]` or `[register+offset]`.
    private func place(_ operand: String, _ thread: Thread) -> UInt64 {
        inner(operand).split(separator: "+").reduce(0) { $0 &+ value(String($1), thread) }
    }

    private func move(_ step: Instruction, _ thread: inout Thread, isLoad: Bool) {
        let isShared = step.words[1] == "shared"
        let bytes = step.words.last?.hasSuffix("64") == true ? 8 : 4
        let list = step.operands[isLoad ? 0 : 1]
        let names =
            list.hasPrefix("{")
            ? inner(list).split(separator: ",").map(String.init) : [list]
        precondition(names.count == (step.words.contains("v4") ? 4 : 1), "\(step)")
        let address = Int(place(step.operands[isLoad ? 1 : 0], thread))
        precondition(address % (bytes * names.count) == 0, "an address that is not aligned")
        for (index, name) in names.enumerated() {
            let own = address + index * bytes
            if isLoad {
                thread.registers[name] = load(own, bytes, isShared: isShared)
            } else {
                store(value(name, thread), own, bytes, isShared: isShared)
            }
        }
    }

    private func load(_ address: Int, _ bytes: Int, isShared: Bool) -> UInt64 {
        precondition(isShared || address >= 256, "a null pointer")
        return (0..<bytes).reversed().reduce(0) {
            $0 << 8 | UInt64(isShared ? shared[address + $1] : memory[address + $1])
        }
    }

    private func store(_ value: UInt64, _ address: Int, _ bytes: Int, isShared: Bool) {
        precondition(isShared || address >= 256, "a null pointer")
        for index in 0..<bytes {
            let byte = UInt8(truncatingIfNeeded: value >> UInt64(index * 8))
            if isShared { shared[address + index] = byte } else { memory[address + index] = byte }
        }
    }

    // MARK: Numbers in memory

    func put(_ floats: [Float], at address: Int) {
        for (index, number) in floats.enumerated() {
            store(UInt64(number.bitPattern), address + index * 4, 4, isShared: false)
        }
    }

    func put(_ word: UInt64, at address: Int) { store(word, address, 8, isShared: false) }

    func word(at address: Int) -> UInt64 { load(address, 8, isShared: false) }

    func words(_ count: Int, at address: Int) -> [UInt32] {
        (0..<count).map { UInt32(load(address + $0 * 4, 4, isShared: false)) }
    }
}
