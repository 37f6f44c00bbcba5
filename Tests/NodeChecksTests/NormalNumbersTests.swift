import Testing

@testable import NodeChecks

@Suite("Numbers as models have them")
struct NormalNumbersTests {
    private func numbers(isBF16: Bool, seed: UInt64 = 7) -> [Double] {
        NormalNumbers.words(50_000, isBF16: isBF16, seed: seed).flatMap { word in
            isBF16
                ? [
                    Double(Float(bitPattern: word << 16)),
                    Double(Float(bitPattern: word & 0xFFFF_0000)),
                ]
                : [Double(Float(bitPattern: word))]
        }
    }

    @Test("are about normal, of mean zero and variance one", arguments: [false, true])
    func areNormal(_ isBF16: Bool) {
        let numbers = numbers(isBF16: isBF16)
        #expect(numbers.count == (isBF16 ? 100_000 : 50_000))
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        let variance = numbers.reduce(0) { $0 + $1 * $1 } / Double(numbers.count)
        #expect(abs(mean) < 0.02 && abs(variance - 1) < 0.03)
        // Of a normal distribution 68.3 % lie within one, and 95.4 % within two.
        func share(_ bound: Double) -> Double {
            Double(numbers.count { abs($0) < bound }) / Double(numbers.count)
        }
        #expect(abs(share(1) - 0.683) < 0.02 && abs(share(2) - 0.954) < 0.02)
        #expect(numbers.allSatisfy { abs($0) < 3.5 })
    }

    @Test("are the same for a seed and others for another, with random bits at the end of each")
    func areSeeded() {
        #expect(numbers(isBF16: true) == numbers(isBF16: true))
        #expect(numbers(isBF16: true) != numbers(isBF16: true, seed: 8))
        for isBF16 in [false, true] {
            let words = NormalNumbers.words(10_000, isBF16: isBF16, seed: 3)
            for bit in isBF16 ? [0, 3, 16, 19] : [0, 1, 11, 18] {
                let ones = words.count { $0 & 1 << UInt32(bit) != 0 }
                #expect((4_500...5_500).contains(ones), "bit \(bit)")
            }
        }
    }
}
