import Glibc

/// One GPU as the driver describes it.
struct GPU: Equatable, Sendable {
    /// The product, such as `NVIDIA H100 80GB HBM3`.
    var name: String
    /// What it is called whatever machine it is put into.
    var uuid: String
    /// Its memory.
    var memoryMiB: Int64
}

/// NVIDIA's management library, loaded when it is asked for, so that machines without it need
/// nothing. Source of the calls: NVML API reference, `nvml.h`.
enum NVML {
    private typealias Plain = @convention(c) () -> Int32
    private typealias Count = @convention(c) (UnsafeMutablePointer<UInt32>) -> Int32
    private typealias Handle =
        @convention(c) (UInt32, UnsafeMutablePointer<UnsafeMutableRawPointer?>) -> Int32
    private typealias Text =
        @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>, UInt32) -> Int32
    private typealias Memory =
        @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt64>) -> Int32

    /// `NVML_DEVICE_NAME_V2_BUFFER_SIZE` and `NVML_DEVICE_UUID_V2_BUFFER_SIZE`.
    private static let textBytes = 96

    /// The GPUs in order of their index; nil where there is no library or no driver.
    static func devices(library: String) -> [GPU]? {
        guard let handle = dlopen(library, RTLD_LAZY) else { return nil }
        defer { dlclose(handle) }
        func function<Call>(_ name: String, as type: Call.Type) -> Call? {
            dlsym(handle, name).map { unsafeBitCast($0, to: type) }
        }
        guard let start = function("nvmlInit_v2", as: Plain.self),
            let end = function("nvmlShutdown", as: Plain.self),
            let count = function("nvmlDeviceGetCount_v2", as: Count.self),
            let device = function("nvmlDeviceGetHandleByIndex_v2", as: Handle.self),
            let name = function("nvmlDeviceGetName", as: Text.self),
            let uuid = function("nvmlDeviceGetUUID", as: Text.self),
            let memory = function("nvmlDeviceGetMemoryInfo", as: Memory.self),
            start() == 0
        else { return nil }
        defer { _ = end() }
        var number: UInt32 = 0
        guard count(&number) == 0 else { return nil }
        func text(_ call: Text, _ device: UnsafeMutableRawPointer?) -> String {
            var buffer = [CChar](repeating: 0, count: textBytes)
            guard call(device, &buffer, UInt32(textBytes)) == 0 else { return "" }
            return String(
                decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        return (0..<number).map { index in
            var pointer: UnsafeMutableRawPointer?
            // A GPU that has fallen off the bus keeps its index and has no handle.
            guard device(index, &pointer) == 0 else { return GPU(name: "", uuid: "", memoryMiB: 0) }
            // Total, free, used.
            var sizes: [UInt64] = [0, 0, 0]
            let total = memory(pointer, &sizes) == 0 ? sizes[0] : 0
            return GPU(
                name: text(name, pointer), uuid: text(uuid, pointer),
                memoryMiB: Int64(clamping: total >> 20))
        }
    }

    /// The kind as people call it: `H100` of `NVIDIA H100 80GB HBM3`, `RTX-4090` of
    /// `NVIDIA GeForce RTX 4090`.
    static func kind(of product: String) -> String {
        let words = product.split { " -/".contains($0) }.map { word in
            String(word.filter { $0.isASCII && ($0.isLetter || $0.isNumber) })
        }
        guard let at = words.firstIndex(where: { $0.contains(where: \.isNumber) }) else {
            return "GPU"
        }
        let model = words[at]
        let isNumber = model.first?.isNumber ?? false
        let isSeries = at > 0 && words[at - 1] == "RTX"
        guard isNumber || isSeries else { return model }
        return (at > 0 ? words[at - 1] : "GPU") + "-" + model
    }
}
