import DeviceLibraries
import Glibc

/// cuBLAS, where it is installed: what frameworks multiply matrices with.
struct Cublas: @unchecked Sendable {
    /// The names of the library, the newest first.
    static let names = ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11"]

    private typealias Create = @convention(c) (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    private typealias SetStream = @convention(c) (OpaquePointer, OpaquePointer) -> Int32
    private typealias Multiply =
        @convention(c) (
            OpaquePointer, Int32, Int32, Int32, Int32, Int32, UnsafeRawPointer, UInt64, Int32,
            Int32, UInt64, Int32, Int32, UnsafeRawPointer, UInt64, Int32, Int32, Int32, Int32
        ) -> Int32

    /// `CUDA_R_16BF`, `CUBLAS_COMPUTE_32F` and `CUBLAS_GEMM_DEFAULT`.
    private static let (bfloat16, computeFloat32, anyAlgorithm): (Int32, Int32, Int32) =
        (14, 68, -1)
    /// `CUBLAS_STATUS_EXECUTION_FAILED`: the kernel did not run to its end.
    private static let executionFailed: Int32 = 13

    private let multiply: Multiply
    private let handle: OpaquePointer

    /// Loads and begins in the context of this thread; nil when it is not installed.
    static func open(
        _ names: [String], _ stream: CudaDriver.Stream
    ) throws(DeviceFault) -> Cublas? {
        let library: DynamicLibrary
        switch DynamicLibrary.open(names) {
        case .failure(let failure): throw DeviceFault(words: failure.words)
        case .success(nil): return nil
        case .success(let found?): library = found
        }
        let create: Create
        let setStream: SetStream
        let multiply: Multiply
        do throws(DynamicLibrary.MissingSymbol) {
            create = try library.function("cublasCreate_v2", as: Create.self)
            setStream = try library.function("cublasSetStream_v2", as: SetStream.self)
            multiply = try library.function("cublasGemmEx", as: Multiply.self)
        } catch {
            throw DeviceFault(words: "\(library.name) has no \(error.name)")
        }
        var handle: OpaquePointer?
        let code = create(&handle)
        guard code == 0, let handle else {
            throw DeviceFault(words: "cublasCreate: status \(code)")
        }
        let set = setStream(handle, stream)
        guard set == 0 else { throw DeviceFault(words: "cublasSetStream: status \(set)") }
        return Cublas(multiply: multiply, handle: handle)
    }

    /// Multiplies square matrices of BF16, stored by columns, adding up in FP32.
    func multiply(
        _ left: UInt64, _ right: UInt64, into product: UInt64, size: Int
    ) throws(DeviceFault) {
        var (one, zero): (Float, Float) = (1, 0)
        let n = Int32(clamping: size)
        let kind = Cublas.bfloat16
        let code = multiply(
            handle, 0, 0, n, n, n, &one, left, kind, n, right, kind, n, &zero, product, kind, n,
            Cublas.computeFloat32, Cublas.anyAlgorithm)
        guard code == 0 else {
            throw DeviceFault(
                words: "cublasGemmEx: status \(code)",
                isHardware: code == Cublas.executionFailed)
        }
    }
}
