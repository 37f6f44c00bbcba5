import KubernetesJSON
import Qualification

/// A matrix multiplication by PyTorch: what users' jobs reach on the same device.
public enum PyTorchRun {
    /// The program, which writes one line of JSON. The size of the matrices and the way to time are
    /// those of Muster's own check, so that the figures can be compared.
    static let script = """
        import json, sys, time
        try:
            import torch
        except Exception as error:
            print(json.dumps({"absent": str(error)[:200]}))
            sys.exit(0)
        if not torch.cuda.is_available():
            print(json.dumps({"trouble": "PyTorch sees no CUDA device"}))
            sys.exit(0)
        seconds = float(sys.argv[1])
        size = 8192
        slowest, wrong = None, []
        for index in range(torch.cuda.device_count()):
            torch.cuda.set_device(index)
            a = torch.randn(size, size, device="cuda", dtype=torch.bfloat16)
            b = torch.randn(size, size, device="cuda", dtype=torch.bfloat16)
            first = a @ b
            torch.cuda.synchronize()
            begin = torch.cuda.Event(enable_timing=True)
            end = torch.cuda.Event(enable_timing=True)
            spent, done, limit = 0.0, 0, time.monotonic() + seconds / torch.cuda.device_count()
            while True:
                begin.record()
                for _ in range(8):
                    c = a @ b
                end.record()
                torch.cuda.synchronize()
                spent += begin.elapsed_time(end) / 1000
                done += 8
                if time.monotonic() > limit:
                    break
            if not torch.equal(c, first):
                wrong.append(index)
            speed = 2 * size ** 3 * done / spent / 1e12
            slowest = speed if slowest is None else min(slowest, speed)
        print(json.dumps({"tflops": round(slowest, 3), "wrong": wrong, "torch": torch.__version__}))
        """

    /// Reads the line. Throws for what is not JSON of that shape.
    public static func read(_ bytes: [UInt8]) throws(JSONFault) -> ToolFindings {
        try JSONScanner.read(bytes) { (scanner) throws(JSONFault) in
            var findings = ToolFindings()
            var isFound = false
            try scanner.enterObject()
            while let key = try scanner.nextKey() {
                switch key {
                case "absent":
                    isFound = true
                    findings.note(.notApplicable, try scanner.string())
                case "trouble":
                    isFound = true
                    findings.note(.error, try scanner.string())
                case "torch": findings.note(.notApplicable, "PyTorch \(try scanner.string())")
                case "tflops":
                    isFound = true
                    findings.status = findings.status.worse(.passed)
                    if let milli = FixedDecimal.milli(try scanner.number().string.utf8) {
                        findings.figures.append(Figure(.pytorchBF16, milli: milli))
                    }
                case "wrong":
                    try scanner.enterArray()
                    while try scanner.nextElement() {
                        let device = try scanner.integer()
                        findings.failedDevices.insert(device)
                        findings.note(.failed, "device \(device): a product differs from the first")
                    }
                default: try scanner.skipValue()
                }
            }
            guard isFound else { throw scanner.fault(.value("there is no figure")) }
            return findings
        }
    }
}
