import Supervisor
import Testing

@Suite struct SupervisorFileTests {
    @Test func launchFilesComeBackAsTheyWere() throws {
        var launch = LaunchFile()
        launch.arguments = ["/bin/sh", "-c", "echo 'a=b'\n\t", ""]
        launch.environment = ["A=1=2", "B=", "C=\n", "end=x"]
        launch.directory = "/some where/ünd"
        launch.graceNanoseconds = 7
        launch.logLimitBytes = 1 << 40
        launch.wakePath = "/wake"
        launch.wakeText = "1 2 3"
        launch.cgroup = "/sys/fs/cgroup/x"
        launch.cpuMilli = 1500
        launch.memoryMiB = 12
        #expect(LaunchFile(launch.encoded()) == launch)
        for length in 0..<launch.encoded().count {
            #expect(LaunchFile(Array(launch.encoded()[..<length])) == nil || length > 250)
        }
        #expect(LaunchFile([]) == nil)
        #expect(LaunchFile(Array("end=\0".utf8)) == nil)
    }

    @Test func exitFilesComeBackAsTheyWere() throws {
        let ends: [ExitRecord.End] = [
            .code(0), .code(255), .signal(9), .unstartable(.execute, errno: 2),
            .unstartable(.directory, errno: 13),
        ]
        for end in ends {
            var record = ExitRecord(end: end)
            record.stop = .signal
            record.isForced = true
            record.endedAt = 1_800_000_000_000_000_000
            record.lostBytes = 5
            record.memoryKills = 1
            let bytes = record.encoded()
            #expect(ExitRecord(bytes) == record)
            // One that was cut short by a crash of the machine is none.
            for length in 0..<(bytes.count - 4) {
                #expect(ExitRecord(Array(bytes[..<length])) == nil)
            }
        }
        #expect(ExitRecord([UInt8](repeating: 0, count: 4096)) == nil)
    }

    @Test func segmentsHaveTheirNumbersInTheirNames() {
        #expect(MemberFiles.logSegment(of: MemberFiles.log(segment: 17)) == 17)
        #expect(MemberFiles.logSegment(of: "log.") == nil)
        #expect(MemberFiles.logSegment(of: "log.-1") == nil)
        #expect(MemberFiles.logSegment(of: "launch") == nil)
        #expect(MemberFiles.logSegmentBytes(limit: 64 << 20) == 8 << 20)
    }
}
