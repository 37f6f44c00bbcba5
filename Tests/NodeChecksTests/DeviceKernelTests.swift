import CNodeChecks
import Foundation
import Testing

@testable import NodeChecks

/// The kernels do what their comments say, on a machine that runs PTX.
struct DeviceKernelTests {
    private func machine() -> PTXMachine {
        PTXMachine(DeviceKernels.text, memoryBytes: 1 << 18)
    }

    @Test func fillAndVerifyAgreeWithTheHost() {
        let machine = machine()
        let (count, address, found) = (1000, 4096, 512)
        machine.launch(
            "muster_fill", grid: (2, 1), threads: 64,
            arguments: [UInt64(address), UInt64(count), 0xDEAD_BEEF])
        var expected = [UInt32](repeating: 0, count: count)
        cnodechecks_fill(&expected, count, 0xDEAD_BEEF)
        #expect(machine.words(count, at: address) == expected)
        // What lies behind is left alone.
        #expect(machine.words(8, at: address + count * 4).allSatisfy { $0 == 0 })
        for (broken, wrong, first) in [([], 0, UInt64.max), ([700, 3, 999], 3, 3)] {
            for place in broken { machine.memory[address + place * 4 + 1] ^= 4 }
            machine.put(0, at: found)
            machine.put(.max, at: found + 8)
            machine.launch(
                "muster_verify", grid: (2, 1), threads: 64,
                arguments: [UInt64(address), UInt64(count), 0xDEAD_BEEF, UInt64(found)])
            #expect(machine.word(at: found) == UInt64(wrong))
            #expect(machine.word(at: found + 8) == first)
        }
    }

    @Test func compareFindsWhatDiffers() {
        let machine = machine()
        let (count, one, other, found) = (500, 4096, 8192, 512)
        for address in [one, other] {
            machine.launch(
                "muster_fill", grid: (1, 1), threads: 32,
                arguments: [UInt64(address), UInt64(count), 9])
        }
        for wrong in [UInt64(0), 1] {
            if wrong == 1 { machine.memory[other + 321 * 4] ^= 1 }
            machine.put(0, at: found)
            machine.put(.max, at: found + 8)
            machine.launch(
                "muster_compare", grid: (3, 1), threads: 32,
                arguments: [UInt64(one), UInt64(count), UInt64(other), UInt64(found)])
            #expect(machine.word(at: found) == wrong)
            #expect(machine.word(at: found + 8) == (wrong == 0 ? .max : 321))
        }
    }

    @Test func multipliesMatricesByColumns() {
        let machine = machine()
        let size = 64
        let question = ExactProduct(size: size, seed: 5)
        let (left, right, product) = (4096, 4096 + size * size * 4, 4096 + size * size * 8)
        machine.put(question.left.map { Float($0) }, at: left)
        machine.put(question.right.map { Float($0) }, at: right)
        machine.launch(
            "muster_multiply", grid: (1, 1), threads: 256,
            arguments: [UInt64(left), UInt64(right), UInt64(product), UInt64(size)])
        let answer = machine.words(size * size, at: product).map { Float(bitPattern: $0) }
        #expect(question.wrongRow(answer) == nil)
        #expect(answer.contains { $0 != 0 })
    }

    /// Where NVIDIA's assembler is installed, it takes the text for old and new devices.
    @Test(arguments: ["sm_75", "sm_80", "sm_90"])
    func theAssemblerTakesIt(architecture: String) throws {
        guard let assembler = ProcessInfo.processInfo.environment["MUSTER_PTXAS"] else {
            print("skipped: MUSTER_PTXAS names no ptxas")
            return
        }
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-\(UUID().uuidString).ptx")
        try Data(DeviceKernels.text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: assembler)
        process.arguments = ["-arch=\(architecture)", "-o", "/dev/null", file.path]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
