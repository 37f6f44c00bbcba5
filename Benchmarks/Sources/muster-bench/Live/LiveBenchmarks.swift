import Glibc

/// A whole control plane under load: 10,000 nodes, 100,000 jobs, over HTTP.
///
/// The server, its simulated fleet and the clients share the machine, so every figure is worse than
/// with clients of their own.
enum LiveBenchmarks {
    /// Jobs that are submitted before anything else is measured.
    private static let jobs = 100_000
    /// Connections that submit at the same time.
    private static let clients = 16
    /// Streams of events that follow.
    private static let streams = 200

    static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static func all() -> [Figure] {
        let plane = LivePlane()
        guard plane.start() != nil else { return [missing("the control plane does not start")] }
        var figures = submit(plane)
        figures += reads(plane)
        figures += EventDelivery(plane, streams: streams).measure()
        figures.append(
            Figure(
                name: "peak resident memory", value: plane.peakMiB, unit: "MiB",
                limit: 1024, isFloor: false, detail: ""))
        plane.end(SIGKILL)
        guard let restart = plane.start() else { return figures + [missing("no restart")] }
        figures.append(
            Figure(
                name: "from SIGKILL to ready again", value: restart, unit: "s",
                limit: 10, isFloor: false, detail: ""))
        return figures
    }

    private static func missing(_ what: String) -> Figure {
        Figure(
            name: what, value: .infinity, unit: "",
            limit: 0, isFloor: false, detail: "build it first: swift build -c release")
    }

    /// Shapes as a laboratory asks for them: most jobs small, most GPUs in few.
    static func document(_ number: Int) -> String {
        let draw = number &* 7919 % 100
        let (members, gpus) =
            draw < 50 ? (1, 1) : draw < 80 ? (1, 8) : draw < 95 ? (2, 8) : (8, 8)
        return "{\"name\":\"load-\(number)\",\"members\":\(members),\"gpus\":\(gpus),"
            + "\"preemptible\":\(draw % 2 == 0),\"runTime\":\"\(24 + number % 48)h\","
            + "\"timeLimit\":\"\(48 + number % 48)h\"}"
    }

    private static func submit(_ plane: LivePlane) -> [Figure] {
        let (port, token) = (plane.port, plane.token)
        let began = seconds()
        let results = concurrently(clients) { client -> [Double] in
            guard let connection = LoadConnection(port: port) else { return [] }
            var latencies: [Double] = []
            for number in stride(from: client, to: jobs, by: clients) {
                var start = seconds()
                var answer = connection.call(
                    "POST", "/v1/jobs", token: token, body: document(number))
                // A fast machine runs into the server's limit for one caller.
                while answer?.status == 429 {
                    usleep(100_000)
                    start = seconds()
                    answer = connection.call(
                        "POST", "/v1/jobs", token: token, body: document(number))
                }
                guard answer?.status == 201 else { return latencies }
                latencies.append(seconds() - start)
            }
            return latencies
        }
        let took = seconds() - began
        let latencies = results.flatMap { $0 }.sorted()
        let isWhole = latencies.count == jobs
        return [
            Figure(
                name: "jobs submitted over \(clients) connections",
                value: isWhole ? Double(jobs) / took : 0, unit: "/s",
                limit: 2000, isFloor: true, detail: "\(latencies.count) of \(jobs) accepted"),
            Figure(
                name: "submit, p99", value: percentile(latencies, 99) * 1000, unit: "ms",
                limit: 50, isFloor: false,
                detail: "p50 \(rounded(percentile(latencies, 50) * 1000)), max "
                    + "\(rounded((latencies.last ?? 0) * 1000))"),
        ]
    }

    private static func reads(_ plane: LivePlane) -> [Figure] {
        guard let connection = LoadConnection(port: plane.port) else { return [] }
        func time(_ path: String) -> Double? {
            let start = seconds()
            guard connection.call("GET", path, token: plane.token)?.status == 200 else {
                return nil
            }
            return seconds() - start
        }
        let nodes = (0..<20).compactMap { _ in time("/v1/nodes") }.sorted()
        // The last jobs wait; every hundredth of them is asked about.
        let why = (0..<300).compactMap { time("/v1/jobs/\(jobs - 1 - $0 * 100)/why") }.sorted()
        let fleet = (0..<20).compactMap { _ in time("/v1/fleet") }.sorted()
        return [
            Figure(
                name: "GET /v1/nodes, all of them, median", value: percentile(nodes, 50) * 1000,
                unit: "ms",
                limit: 100, isFloor: false, detail: "max \(rounded((nodes.last ?? 0) * 1000))"),
            Figure(
                name: "why, p99 of 300",
                value: why.count == 300 ? percentile(why, 99) * 1000 : .infinity, unit: "ms",
                limit: 20, isFloor: false,
                detail: "p50 \(rounded(percentile(why, 50) * 1000)), max "
                    + "\(rounded((why.last ?? 0) * 1000))"),
            Figure(
                name: "GET /v1/fleet, median", value: percentile(fleet, 50) * 1000, unit: "ms",
                limit: nil, isFloor: false, detail: ""),
        ]
    }

    static func percentile(_ sorted: [Double], _ percent: Int) -> Double {
        guard !sorted.isEmpty else { return .infinity }
        return sorted[min(sorted.count - 1, sorted.count * percent / 100)]
    }

    static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

    /// Runs `body` on threads of their own and gathers what they return, in order.
    static func concurrently<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) -> Value
    ) -> [Value] {
        let workers = (0..<count).map { index in LoadWorker { body(index) } }
        return workers.map { $0.wait() }
    }
}

/// One thread with a result.
private final class LoadWorker<Value: Sendable>: @unchecked Sendable {
    private var thread = pthread_t()
    private var value: Value?
    private let body: @Sendable () -> Value

    init(_ body: @escaping @Sendable () -> Value) {
        self.body = body
        let context = Unmanaged.passRetained(self as AnyObject).toOpaque()
        pthread_create(
            &thread, nil,
            { pointer in
                guard let pointer else { return nil }
                let worker = Unmanaged<AnyObject>.fromOpaque(pointer).takeRetainedValue()
                (worker as? any Runnable)?.run()
                return nil
            }, context)
    }

    /// The result, once the thread has ended.
    func wait() -> Value {
        pthread_join(thread, nil)
        guard let value else { preconditionFailure("a thread without a result") }
        return value
    }
}

/// What a thread runs, whatever its result.
private protocol Runnable {
    func run()
}

extension LoadWorker: Runnable {
    func run() { value = body() }
}
