import Glibc

/// How long after a submission its event has reached every one of many streams.
struct EventDelivery {
    private let plane: LivePlane
    private let streams: Int
    private static let submissions = 100

    init(_ plane: LivePlane, streams: Int) {
        self.plane = plane
        self.streams = streams
    }

    func measure() -> [Figure] {
        let connections = (0..<streams).compactMap { _ in LoadConnection(port: plane.port) }
        for connection in connections {
            connection.send("GET", "/v1/events?kind=submitted", token: plane.token)
        }
        guard let submitter = LoadConnection(port: plane.port) else { return [] }
        usleep(1_500_000)
        for connection in connections { _ = connection.receive() }
        var latencies: [Double] = []
        for number in 0..<EventDelivery.submissions {
            let name = "delivery-\(number)"
            let start = LiveBenchmarks.seconds()
            _ = submitter.call(
                "POST", "/v1/jobs", token: plane.token,
                body: "{\"name\":\"\(name)\",\"gpus\":1,\"runTime\":\"1h\"}")
            latencies += arrivals(of: name, connections, since: start)
        }
        latencies.sort()
        let expected = streams * EventDelivery.submissions
        return [
            Figure(
                name: "event on \(connections.count) streams after its submission, p99",
                value: latencies.count == expected
                    ? LiveBenchmarks.percentile(latencies, 99) * 1000 : .infinity, unit: "ms",
                limit: 250, isFloor: false,
                detail: "\(latencies.count) of \(expected) arrived; p50 "
                    + "\(LiveBenchmarks.rounded(LiveBenchmarks.percentile(latencies, 50) * 1000))")
        ]
    }

    /// Seconds until each stream has shown a name; those that have not after five are left out.
    private func arrivals(
        of name: String, _ connections: [LoadConnection], since start: Double
    ) -> [Double] {
        let wanted = Array("\"\(name)\"".utf8)
        var latencies: [Double] = []
        var waiting = connections
        while !waiting.isEmpty, LiveBenchmarks.seconds() - start < 5 {
            var descriptors = waiting.map {
                pollfd(fd: $0.socketDescriptor, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&descriptors, nfds_t(descriptors.count), 1000) > 0 else { continue }
            var left: [LoadConnection] = []
            for (connection, descriptor) in zip(waiting, descriptors) {
                guard descriptor.revents != 0, Self.contains(connection.receive(), wanted) else {
                    left.append(connection)
                    continue
                }
                latencies.append(LiveBenchmarks.seconds() - start)
            }
            waiting = left
        }
        return latencies
    }

    private static func contains(_ bytes: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard bytes.count >= wanted.count, let first = wanted.first else { return false }
        return bytes.indices.dropLast(wanted.count - 1).contains { index in
            bytes[index] == first && bytes[index..<index + wanted.count].elementsEqual(wanted)
        }
    }
}
