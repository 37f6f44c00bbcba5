import AgentWire
import FleetModel
import Glibc

/// The program of the process that asks the driver: `muster-agent probe`. It writes frames to its
/// standard output and ends when nobody reads them any more.
enum ProbeProgram {
    /// Asks again and again.
    static func run(library: String, interval: TimeSpan) -> Never {
        let nvml: NVML
        do {
            nvml = try NVML(path: library) { send(.loaded) }
        } catch {
            switch error {
            case .noLibrary: send(.absent(code: nil))
            case .notStarting(let code): send(.absent(code: code))
            }
            exit(0)
        }
        var places = PlacementBook()
        while true {
            if let reading = read(nvml, &places) { send(.reading(reading)) }
            pause(interval)
        }
    }

    /// Nil when the library does not even say how many devices there are.
    private static func read(
        _ nvml: NVML, _ places: inout PlacementBook
    ) -> DeviceReading? {
        guard let count = nvml.count() else { return nil }
        var reading = DeviceReading()
        reading.versions = nvml.versions()
        for index in 0..<count {
            send(.asking(UInt8(index)))
            guard let handle = nvml.handle(index),
                var device = nvml.identity(of: handle, index: index)
            else { continue }
            let place = places.placement(of: device.uuid, now: Clock.monotonic()) {
                nvml.placement(of: handle)
            }
            (device.seat, device.fabric) = (place.seat, place.fabric)
            reading.devices.append(device)
            reading.samples += nvml.samples(of: handle, index: index)
            reading.samples += place.values.map {
                AgentSample(SampleKey(.device(UInt8(index)), .field($0)), $1)
            }
        }
        return reading
    }

    private static func send(_ frame: ProbeFrame) { FramePipe.send(frame.encoded()) }

    /// Waits, and ends when the reading end of the pipe is closed: then the agent is gone.
    private static func pause(_ interval: TimeSpan) {
        let end = Clock.monotonic() + interval
        while true {
            let left = end - Clock.monotonic()
            guard left > .zero else { return }
            var output = pollfd(fd: 1, events: 0, revents: 0)
            if poll(&output, 1, Int32(clamping: left.nanoseconds / 1_000_000 + 1)) > 0 { exit(0) }
        }
    }
}
