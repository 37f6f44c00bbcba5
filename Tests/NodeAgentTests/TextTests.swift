import AgentWire
import FleetModel
import HealthSignals
import Testing

@testable import NodeAgent

@Suite struct ExporterTests {
    private func samples(_ text: String) -> [AgentSample] {
        ExporterText.read(Array(text.utf8)).samples
    }

    private func sample(_ device: UInt8, _ field: Int32, _ value: Int64) -> AgentSample {
        AgentSample(SampleKey(.device(device), .field(field)), value)
    }

    @Test func oldAndNewNames() {
        #expect(
            samples(
                """
                # HELP DCGM_FI_DEV_GPU_TEMP GPU temperature (in C).
                # TYPE DCGM_FI_DEV_GPU_TEMP gauge
                DCGM_FI_DEV_GPU_TEMP{gpu="3",UUID="GPU-1",Hostname="a"} 61
                DCGM_FI_DEV_GPU_TEMP_CELSIUS{gpu="4",UUID="GPU-2",hostname="a"} 6.2e+01
                DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{gpu="0",UUID="GPU-0"} 0.123456
                DCGM_FI_DEV_ROW_REMAP_FAILURE{gpu="1",err="a, \\"b\\", c=d"} 1
                """) == [
                    sample(3, 150, 61), sample(4, 150, 62), sample(0, 1004, 123),
                    sample(1, 395, 1),
                ])
    }

    @Test func whatIsNoValueIsLeftOut() {
        #expect(
            samples(
                """
                DCGM_FI_DEV_GPU_TEMP{UUID="GPU-1"} 61
                DCGM_FI_DEV_GPU_TEMP{gpu="0"} NaN
                DCGM_FI_DEV_GPU_TEMP{gpu="0"}
                DCGM_FI_DEV_GPU_TEMP{gpu="0"
                DCGM_FI_DEV_GPU_TEMP}gpu="0"{ 5
                DCGM_FI_DEV_GPU_TEMP{gpu=0} 5
                DCGM_FI_DEV_GPU_TEMP{gpu="0",GPU_I_ID="3"} 5
                DCGM_FI_DEV_BOARD_SERIAL{gpu="0"} 5
                DCGM_FI_DEV_NOBODY_KNOWS{gpu="0"} 5
                """) == [])
    }

    /// Fields of a seat are values or labels, as the exporter's list says.
    @Test func whereDevicesSit() {
        let text = """
            DCGM_FI_DEV_GPU_TEMP{gpu="0",DCGM_FI_DEV_PLATFORM_CHASSIS_SERIAL_NUMBER="182162",\
            DCGM_FI_DEV_PLATFORM_INFINIBAND_GUID="3F26F0DE-f26b-9c79-0000-000000000000"} 61
            DCGM_FI_DEV_GPU_TEMP{gpu="1",UUID="GPU-1"} 61
            DCGM_FI_DEV_PLATFORM_CHASSIS_SLOT_NUMBER{gpu="0"} 12
            DCGM_FI_DEV_PLATFORM_TRAY_INDEX{gpu="0"} 8
            DCGM_FI_DEV_PLATFORM_HOST_ID{gpu="0"} 1
            DCGM_FI_DEV_PLATFORM_PEER_TYPE{gpu="0"} 2147483632
            DCGM_FI_DEV_PLATFORM_MODULE_ID{gpu="0"} 3
            DCGM_FI_DEV_PLATFORM_MODULE_ID{gpu="2",GPU_I_ID="1"} 3
            DCGM_FI_DEV_PLATFORM_MODULE_ID{gpu="3"} 2147483632
            """
        let found = ExporterText.read(Array(text.utf8))
        var seat = ReportedSeat()
        seat.guid = "0x3f26f0def26b9c79"
        seat.chassisSerial = "182162"
        (seat.slot, seat.tray, seat.host, seat.module) = (12, 8, 1, 3)
        #expect(found.seats == [0: seat])
        #expect(found.samples == [sample(0, 150, 61), sample(1, 150, 61)])
    }

    @Test func aPublicScrape() throws {
        guard let text = try PublicLogs.text("dcgm/dcgm_scrape_t4.prom") else { return }
        let found = samples(text)
        #expect(found.contains(sample(0, 150, 25)))
        #expect(found.count > 5)
    }

    @Test(
        arguments: [
            ("0", 0, 0), ("1.5e+03", 0, 1500), ("0.9999", 3, 999), ("-2.5", 0, -2), ("1e-3", 3, 1),
            ("12345.678", 0, 12345), ("9223372036854775807", 0, .max), (".5", 3, 500), ("5.", 0, 5),
            ("1e-400", 0, 0), ("0.000000000000000000000000000001", 3, 0),
        ] as [(Substring, Int, Int64)])
    func decimals(_ text: Substring, _ power: Int, _ value: Int64) {
        #expect(DecimalNumber.scaled(text, by: power) == value)
    }

    @Test(arguments: ["", "-", ".", "NaN", "+Inf", "1e", "1e5x", "1e999", "9223372036854775808"])
    func noDecimals(_ text: Substring) {
        #expect(DecimalNumber.scaled(text, by: 0) == nil)
    }

    @Test func anyTextIsHarmless() {
        var random = SplitMix(seed: 4)
        let parts = [
            "DCGM_FI_DEV_GPU_TEMP", "{", "}", "gpu=\"0\"", "\\", "\"", ",", "=", " ", "1e5", "\n",
            "\u{FF}", "D",
        ]
        for _ in 0..<3000 {
            _ = samples(
                (0..<random.below(14)).map { _ in parts[random.below(parts.count)] }.joined())
        }
    }
}

@Suite struct HTTPTests {
    private func read(_ text: String, parts: Int, isEnd: Bool = true) -> HTTPAnswer.State {
        var answer = HTTPAnswer(limit: 1 << 16)
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: parts) {
            let state = answer.take(
                Array(bytes[start..<min(bytes.count, start + parts)]), isEnd: false)
            if state != .unfinished { return state }
        }
        return isEnd ? answer.take([], isEnd: true) : .unfinished
    }

    @Test func answersInAnyPieces() {
        let body = Array("hello".utf8)
        for parts in 1...40 {
            for (text, status) in [
                ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200),
                ("HTTP/1.1 503 No\r\nRetry-After: 7\r\n\r\nhello", 503),
                (
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", 200
                ),
                (
                    "HTTP/1.1 100 Continue\r\n\r\n"
                        + "HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200
                ),
            ] {
                let state = read(text, parts: parts)
                guard case .finished(status, let after, body) = state else {
                    Issue.record("\(text.debugDescription) in \(parts): \(state)")
                    continue
                }
                #expect(after == (status == 503 ? 7 : nil))
            }
        }
    }

    @Test(arguments: [
        "", "HTTP/1.1", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nnocolon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func brokenAnswers(_ text: String) {
        #expect(read(text, parts: 7) == .broken)
    }

    @Test func aLongAnswerIsCutOff() {
        var answer = HTTPAnswer(limit: 100)
        #expect(answer.take([UInt8](repeating: 65, count: 101), isEnd: false) == .broken)
    }

    @Test func targets() throws {
        let plain = try #require(HTTPTarget("http://10.0.0.1:7070"))
        #expect(
            plain.host == "10.0.0.1" && plain.port == 7070 && plain.authority == "10.0.0.1:7070")
        let deep = try #require(HTTPTarget("http://[::1]:9400/metrics/"))
        #expect(deep.host == "::1" && deep.path == "/metrics" && deep.authority == "[::1]:9400")
        #expect(HTTPTarget("http://plane")?.port == 80)
        let safe = try #require(HTTPTarget("https://plane/"))
        #expect(safe.isEncrypted && !plain.isEncrypted)
        #expect(safe.port == 443 && safe.authority == "plane")
        #expect(HTTPTarget("https://plane:80")?.authority == "plane:80")
        for wrong in [
            "ftp://a", "a:1", "http://", "https://", "https://a:0", "http://a:0", "http://a:x",
            "http://a:99999",
            "http://a b", "http://u@a", "http://a:", "http://[::1", "http://a\r\nX: y",
        ] {
            #expect(HTTPTarget(wrong) == nil, "\(wrong)")
        }
        #expect(HTTPTarget.escaped("gpu-01.rack/ü%") == "gpu-01.rack%2F%C3%BC%25")
    }
}

@Suite struct OptionTests {
    @Test func arguments() throws {
        let options = try AgentOptions([
            "--control-plane", "http://plane:7070", "--node", "n", "--nvml", "none",
            "--interval=10",
        ])
        #expect(options.node == "n" && options.library == nil && options.interval == .seconds(10))
        #expect(try AgentOptions(["--show"]).isShowing)
        let safe = try AgentOptions(["--control-plane", "https://a", "--ca-file", "ca.pem"])
        #expect(safe.controlPlane?.isEncrypted == true && safe.authorityFile == "ca.pem")
        for wrong in [
            [], ["--control-plane"], ["--control-plane", "ftp://a"], ["--nothing", "x"], ["x"],
            ["--show", "--interval", "4"], ["--show", "--interval="],
        ] {
            #expect(throws: UsageError.self) { try AgentOptions(wrong) }
        }
        #expect(throws: UsageError("there is no option --bogus")) {
            try AgentOptions(["--show", "--bogus"])
        }
    }
}
