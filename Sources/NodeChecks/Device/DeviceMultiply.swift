import FleetModel
import Glibc
import Qualification

/// Multiplies matrices as long as it is told, and checks the results.
///
/// Two questions need two kinds of matrices. Whether the arithmetic is right is asked with small
/// whole numbers, for which every order of adding up gives the same sum: the product is compared
/// with exact arithmetic on the host, all of it, by Freivalds' method. How fast it is, and whether
/// it stays right for minutes, is asked with numbers as models have them, since those that are easy
/// to multiply draw less power; each product is compared bit by bit with the first.
struct DeviceMultiply {
    /// The sides of the matrices; multiples of 64.
    struct Sizes {
        /// Compared exactly with the host.
        var exact = 2048
        /// Multiplied under load by cuBLAS.
        var bfloat16 = 8192
        /// Multiplied under load by Muster's own kernel.
        var float32 = 4096
    }

    let session: DeviceSession
    let cublasNames: [String]
    let seconds: Double
    let sizes: Sizes

    /// The first devices that multiply BF16: Ampere.
    private static let bfloat16Capability = 80

    func run(into result: inout CheckResult) throws(DeviceFault) {
        var (cublas, trouble): (Cublas?, DeviceFault?)
        if try session.capability() >= DeviceMultiply.bfloat16Capability {
            do throws(DeviceFault) {
                cublas = try Cublas.open(cublasNames, session.stream)
            } catch {
                trouble = error
            }
        }
        // Where cuBLAS is there, Muster's own kernel gets the smaller part: it does not reach the
        // tensor cores, but uses the other units.
        let own = cublas == nil ? seconds : seconds * 0.25
        try exact(isBF16: false, nil, &result)
        try load(isBF16: false, nil, seconds: own, &result)
        // What Muster's own kernel found is told all the same.
        if let trouble { throw trouble }
        guard let cublas else {
            result.notes.append("no cuBLAS for this device; only Muster's own kernel ran")
            return
        }
        try exact(isBF16: true, cublas, &result)
        try load(isBF16: true, cublas, seconds: seconds - own, &result)
    }

    private func multiply(
        _ cublas: Cublas?, _ left: CudaDriver.Address, _ right: CudaDriver.Address,
        into product: CudaDriver.Address, size: Int
    ) throws(DeviceFault) {
        if let cublas {
            try cublas.multiply(left, right, into: product, size: size)
        } else {
            try session.multiply(left, right, into: product, size: size)
        }
    }

    /// The wanted side, or the largest for which so many matrices take half of the free memory.
    private func fitting(
        _ size: Int, matrices: Int, bytes: Int
    ) throws(DeviceFault) -> Int {
        let room = try session.driver.memory().free / 2
        var side = size
        while side > DeviceKernels.tile, side * side * bytes * matrices > room {
            side -= DeviceKernels.tile
        }
        return side
    }

    // MARK: Right

    private func exact(
        isBF16: Bool, _ cublas: Cublas?, _ result: inout CheckResult
    ) throws(DeviceFault) {
        let size = try fitting(sizes.exact, matrices: 3, bytes: isBF16 ? 2 : 4)
        let question = ExactProduct(size: size, seed: UInt64(session.index) + 1)
        let bytes = size * size * (isBF16 ? 2 : 4)
        let driver = session.driver
        let (left, right) = (try driver.allocate(bytes), try driver.allocate(bytes))
        let product = try driver.allocate(bytes)
        var wrong: Int?
        if isBF16 {
            try session.send(question.left.map(ExactProduct.bfloat16), to: left)
            try session.send(question.right.map(ExactProduct.bfloat16), to: right)
            try multiply(cublas, left, right, into: product, size: size)
            var answer = [UInt16](repeating: 0, count: size * size)
            try session.receive(&answer, from: product)
            wrong = question.wrongRow(answer.map { Float(bitPattern: UInt32($0) << 16) })
        } else {
            try session.send(question.left.map { Float($0) }, to: left)
            try session.send(question.right.map { Float($0) }, to: right)
            try multiply(cublas, left, right, into: product, size: size)
            var answer = [Float](repeating: 0, count: size * size)
            try session.receive(&answer, from: product)
            wrong = question.wrongRow(answer)
        }
        if let wrong {
            let kind = isBF16 ? "BF16" : "FP32"
            result.note(.failed, "a product of whole numbers in \(kind) is wrong in row \(wrong)")
        }
        for address in [left, right, product] { try driver.free(address) }
    }

    // MARK: Fast

    private func load(
        isBF16: Bool, _ cublas: Cublas?, seconds: Double, _ result: inout CheckResult
    ) throws(DeviceFault) {
        // As many products at a time as keep the device busy while the host asks for more; each
        // is kept until it was compared.
        let batch = 4
        let size = try fitting(
            isBF16 ? sizes.bfloat16 : sizes.float32, matrices: batch + 3,
            bytes: isBF16 ? 2 : 4)
        let bytes = size * size * (isBF16 ? 2 : 4)
        let driver = session.driver
        let (left, right) = (try driver.allocate(bytes), try driver.allocate(bytes))
        let first = try driver.allocate(bytes)
        var made: [CudaDriver.Address] = []
        for _ in 0..<batch { made.append(try driver.allocate(bytes)) }
        try session.send(NormalNumbers.words(bytes / 4, isBF16: isBF16, seed: 7), to: left)
        try session.send(NormalNumbers.words(bytes / 4, isBF16: isBF16, seed: 11), to: right)
        try multiply(cublas, left, right, into: first, size: size)
        try session.wait()
        let work = 2 * Double(size) * Double(size) * Double(size)
        var (spent, done, products) = (0.0, 0.0, 0)
        let limit = Clock.seconds() + seconds
        repeat {
            let time = try session.timed { () throws(DeviceFault) in
                for product in made {
                    try multiply(cublas, left, right, into: product, size: size)
                }
            }
            // The first batch warms up.
            if products > 0 || Clock.seconds() >= limit {
                spent += time
                done += work * Double(batch)
            }
            products += batch
            for product in made {
                let found = try session.compare(product, words: bytes / 4, with: first)
                guard found.wrong > 0 else { continue }
                result.note(
                    .failed,
                    "after \(products) products \(found.wrong) words differ from the first product")
            }
        } while Clock.seconds() < limit && result.status != .failed
        for address in [left, right, first] + made { try driver.free(address) }
        let speed = spent > 0 ? done / spent / 1e12 : 0
        result.figures.append(
            Figure(isBF16 ? .multiplyBF16 : .multiplyFP32, milli: Measured.milli(speed)))
        result.notes.append(
            "\(products) products of \(size) × \(size) in \(isBF16 ? "BF16 by cuBLAS" : "FP32")")
    }
}

/// Matrices of small whole numbers, by columns, whose product every kind of arithmetic that is used
/// gives exactly.
struct ExactProduct {
    let size: Int
    /// -1, 0 and 1; of the left matrix a quarter is not 0, of the right one half. So no sum exceeds
    /// 256, the last whole number that BF16 tells from its neighbours, but by a chance of 1e-20.
    let left: [Int8]
    let right: [Int8]

    init(size: Int, seed: UInt64) {
        self.size = size
        var random = SplitMix(seed: seed)
        left = ExactProduct.numbers(size * size, &random, share: 3)
        right = ExactProduct.numbers(size * size, &random, share: 1)
    }

    /// Numbers that are 0 unless so many bits of chance are 0.
    private static func numbers(_ count: Int, _ random: inout SplitMix, share: UInt64) -> [Int8] {
        var numbers: [Int8] = []
        numbers.reserveCapacity(count)
        while numbers.count < count {
            var word = random.next()
            for _ in 0..<16 where numbers.count < count {
                numbers.append(word & share != 0 ? 0 : word & 4 != 0 ? -1 : 1)
                word >>= 4
            }
        }
        return numbers
    }

    /// The bits of a small whole number in BF16.
    static func bfloat16(_ number: Int8) -> UInt16 {
        UInt16(Float(number).bitPattern >> 16)
    }

    /// The first row in which a product is wrong; nil when it is right.
    ///
    /// Freivalds (1977): the product times a vector must be the left matrix times the right one
    /// times the vector. No number of the vector is 0, so that a single wrong number always shows,
    /// and several go unseen with a chance of one in 255 at most. What differs by less than the
    /// sums can tell is no whole number, which is looked for by itself.
    func wrongRow(_ product: [Float]) -> Int? {
        var random = SplitMix(seed: 0x5EED)
        let vector = (0..<size).map { _ in Int64(1 + random.below(255)) }
        let inner = times(right, vector)
        let expected = times(left, inner)
        var sums = [Double](repeating: 0, count: size)
        product.withUnsafeBufferPointer { product in
            for column in 0..<size {
                let factor = Double(vector[column])
                let base = column * size
                for row in 0..<size { sums[row] += Double(product[base + row]) * factor }
            }
        }
        // Also false for what is no number.
        let wrongSum = (0..<size).first { !(sums[$0] == Double(expected[$0])) }
        return wrongSum ?? product.firstIndex { $0 != $0.rounded() }.map { $0 % size }
    }

    private func times(_ matrix: [Int8], _ vector: [Int64]) -> [Int64] {
        var sums = [Int64](repeating: 0, count: size)
        matrix.withUnsafeBufferPointer { matrix in
            for column in 0..<size {
                let factor = vector[column]
                let base = column * size
                for row in 0..<size { sums[row] += Int64(matrix[base + row]) * factor }
            }
        }
        return sums
    }
}
