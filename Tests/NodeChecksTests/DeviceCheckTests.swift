import FleetModel
import Foundation
import Qualification
import Testing

@testable import NodeChecks

/// Checks of devices against a driver that simulates good, slow, wrong and broken ones.
@Suite(.serialized)
struct DeviceCheckTests {
    private func run(
        _ check: CheckID, _ fake: Fake, device: Int = 0, hasCublas: Bool = true,
        hasNVML: Bool = true
    ) throws -> CheckResult {
        let library = try fake.library
        return DeviceCheck(
            check: check, device: device, seconds: 0.05, cudaNames: [library],
            nvmlNames: hasNVML ? [library] : ["/proc/nowhere/libnvidia-ml.so.1"],
            cublasNames: hasCublas ? [library] : ["/proc/nowhere/libcublas.so.12"],
            pieceBytes: 1 << 20,
            sizes: DeviceMultiply.Sizes(exact: 128, bfloat16: 128, float32: 64)
        ).run()
    }

    private func value(_ result: CheckResult, _ id: FigureID) -> Int64 {
        result.figure(id)?.milli ?? -1
    }

    @Test func aGoodDeviceCopiesAsFastAsItSays() throws {
        let result = try run(.deviceCopy, .good)
        #expect(result.status == .passed, "\(result.notes)")
        #expect(abs(value(result, .hostToDevice) - 50_000) < 100)
        #expect(abs(value(result, .deviceToHost) - 52_000) < 100)
        #expect(value(result, .deviceTemperature) == 61_000)
        #expect(value(result, .deviceClock) == 1_755_000)
        #expect(value(result, .devicePower) == 654_321)
        #expect(value(result, .deviceSlowed) == 0)
    }

    /// CUDA lacks the first device: what it has is the second, and is tested as that.
    @Test func aDeviceIsFoundByItsPlace() throws {
        let second = try run(.deviceCopy, .fewer, device: 1)
        #expect(second.status == .passed && second.device == 1, "\(second.notes)")
        #expect(value(second, .deviceTemperature) == 62_000)
        let first = try run(.deviceCopy, .fewer, device: 0)
        #expect(first.status == .error)
        #expect(first.notes.contains { $0.contains("CUDA does not have device 0") })
    }

    @Test func memoryIsFilledAndComparedNearlyWhole() throws {
        let result = try run(.deviceMemory, .good)
        #expect(result.status == .passed, "\(result.notes)")
        #expect(abs(value(result, .deviceMemory) - 3_000_000) < 10_000)
        // Two passes at least over nine tenths of 6 MiB.
        #expect(value(result, .deviceMemoryTested) >= 10)
    }

    @Test func multipliesExactlyAndFast() throws {
        let result = try run(.deviceMultiply, .good)
        #expect(result.status == .passed, "\(result.notes)")
        #expect(abs(value(result, .multiplyFP32) - 50_000) < 100)
        #expect(abs(value(result, .multiplyBF16) - 700_000) < 1_000)
    }

    @Test func withoutCublasOnlyItsOwnKernelRunsAndItSaysSo() throws {
        let result = try run(.deviceMultiply, .good, hasCublas: false)
        #expect(result.status == .passed)
        #expect(result.figure(.multiplyBF16) == nil)
        #expect(value(result, .multiplyFP32) > 0)
        #expect(result.notes.contains { $0.hasPrefix("no cuBLAS") })
    }

    @Test func linksAreMeasuredBothWays() throws {
        let result = try run(.deviceLinks, .good)
        #expect(result.status == .passed, "\(result.notes)")
        #expect(result.device == nil)
        #expect(abs(value(result, .peerCopy) - 350_000) < 1_000)
        #expect(try run(.deviceLinks, .alone).status == .notApplicable)
    }

    @Test func aSlowDeviceIsBelowPublishedValuesAndItsSlowdownIsSeen() throws {
        var result = try run(.deviceCopy, .slow)
        #expect(result.status == .passed)
        #expect(abs(value(result, .hostToDevice) - 5_000) < 100)
        #expect(value(result, .deviceSlowed) == 100_000)
        #expect(result.notes.contains("hardware thermal slowdown"))
        result.judge(
            against: Priors.thresholds(model: "NVIDIA H100 80GB HBM3", devices: 2)
                + Priors.everywhere)
        #expect(result.status == .failed)
        #expect(result.note.contains("Azure"))
    }

    @Test func aLinkThatStaysBelowItsGenerationIsTold() throws {
        let slow = try run(.deviceCopy, .narrow, device: 0)
        #expect(slow.status == .degraded)
        #expect(slow.note == "PCIe generation 3 of 5 while it copied")
        #expect(try run(.deviceCopy, .narrow, device: 1).status == .passed)
        #expect(try run(.deviceMemory, .narrow, device: 0).status == .passed)
    }

    @Test func wrongMemoryIsFoundOnTheDeviceThatHasIt() throws {
        #expect(try run(.deviceMemory, .wrongMemory, device: 0).status == .passed)
        let result = try run(.deviceMemory, .wrongMemory, device: 1)
        #expect(result.status == .failed)
        #expect(result.note.contains("1 words are wrong"))
    }

    @Test func wrongCopiesAreFound() throws {
        let result = try run(.deviceCopy, .wrongCopy)
        #expect(result.status == .failed)
        #expect(result.note.contains("on the device"))
        let link = try run(.deviceLinks, .wrongPeer)
        #expect(link.status == .failed)
        #expect(link.note.contains("1 → 0"))
    }

    @Test(arguments: [true, false])
    func wrongProductsAreFound(hasCublas: Bool) throws {
        let always = try run(.deviceMultiply, .wrongAlways, hasCublas: hasCublas)
        #expect(always.status == .failed)
        #expect(always.notes.contains { $0.contains("product of whole numbers") })
    }

    @Test func aProductThatTurnsWrongUnderLoadIsFound() throws {
        let later = try run(.deviceMultiply, .wrongLater)
        #expect(later.status == .failed)
        #expect(later.note.contains("differ from the first product"))
    }

    @Test func whatTheDriverCallsBrokenHardwareHasFailed() throws {
        let result = try run(.deviceMemory, .brokenMemory, device: 1)
        #expect(result.status == .failed)
        #expect(result.note.contains("CUDA_ERROR_ECC_UNCORRECTABLE"))
        #expect(result.code == nil)
    }

    @Test(arguments: [Fake.noDevice, .busy])
    func aDriverThatDoesNotWorkIsAnErrorAndNoAbsence(fake: Fake) throws {
        for check in [CheckID.deviceCopy, .deviceMemory, .deviceMultiply, .deviceLinks] {
            let result = try run(check, fake, hasNVML: false)
            #expect(result.status == .error)
            #expect(result.code == .driverFails)
        }
    }

    @Test func aDeviceThatIsNotThereIsAnError() throws {
        let result = try run(.deviceCopy, .good, device: 7)
        #expect(result.status == .error)
        #expect(result.note.contains("2 devices"))
    }

    @Test func aLibraryThatIsNoLibraryIsAnError() throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("muster-\(UUID().uuidString).so")
        try Data("no library".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        var check = DeviceCheck(check: .deviceCopy, device: 0, seconds: 0.01)
        check.cudaNames = [file.path]
        check.nvmlNames = ["/proc/nowhere/x.so"]
        #expect(check.run().status == .error)
        // A library, but another one.
        check.cudaNames = ["libm.so.6"]
        let other = check.run()
        #expect(other.status == .error)
        #expect(other.note.contains("cuInit"))
    }

    @Test func withoutALibraryThereIsNothingToCheck() {
        var check = DeviceCheck(check: .deviceCopy, device: 0, seconds: 0.01)
        check.cudaNames = ["/proc/nowhere/libcuda.so.1"]
        check.nvmlNames = ["/proc/nowhere/libnvidia-ml.so.1"]
        #expect(check.run().status == .notApplicable)
    }

    /// The check of the check: a product with one wrong number never passes.
    @Test func oneWrongNumberOfAProductAlwaysShows() {
        var random = SplitMix(seed: 3)
        for round in 0..<20 {
            let question = ExactProduct(size: 64, seed: UInt64(round))
            var product = [Float](repeating: 0, count: 64 * 64)
            for column in 0..<64 {
                for inner in 0..<64 {
                    let factor = Float(question.right[inner + column * 64])
                    for row in 0..<64 {
                        product[row + column * 64] +=
                            Float(question.left[row + inner * 64]) * factor
                    }
                }
            }
            #expect(question.wrongRow(product) == nil)
            #expect(product.contains { $0 != 0 })
            let place = random.below(product.count)
            switch round % 3 {
            case 0: product[place] += 1
            case 1: product[place] = .nan
            // Far less than what sums of doubles can tell.
            default: product[place] += product[place] == 0 ? 1e-38 : 1e-6
            }
            #expect(question.wrongRow(product) == place % 64)
        }
    }

    /// BF16 holds every whole number up to 256, and no sum of the exact product may exceed it.
    @Test func noExactSumLeavesBF16() {
        let question = ExactProduct(size: 512, seed: 1)
        var largest = 0
        for column in stride(from: 0, to: 512, by: 64) {
            for row in 0..<512 {
                var sum = 0
                for inner in 0..<512 {
                    sum +=
                        Int(question.left[row + inner * 512])
                        * Int(question.right[inner + column * 512])
                }
                largest = max(largest, abs(sum))
            }
        }
        // Four times the size doubles the spread.
        #expect(largest > 10)
        #expect(largest * 2 < 128)
    }
}
