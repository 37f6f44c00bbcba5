import DeviceLibraries

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
/// nothing.
enum NVML {
    /// The GPUs in order of their index; nil where there is no library or no driver.
    static func devices(library name: String) -> [GPU]? {
        guard case .success(let loaded?) = DynamicLibrary.open([name]),
            let library = ManagementLibrary(loaded), case .told = library.start()
        else { return nil }
        defer { library.end() }
        guard let count = library.number("nvmlDeviceGetCount_v2").value else { return nil }
        return (0..<Int(count)).map { index in
            // A GPU that has fallen off the bus keeps its index and has no handle.
            guard let device = library.device(index).value else {
                return GPU(name: "", uuid: "", memoryMiB: 0)
            }
            return GPU(
                name: library.text("nvmlDeviceGetName", of: device).value ?? "",
                uuid: library.text("nvmlDeviceGetUUID", of: device).value ?? "",
                memoryMiB: Int64(clamping: (library.memoryBytes(of: device).value ?? 0) >> 20))
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
