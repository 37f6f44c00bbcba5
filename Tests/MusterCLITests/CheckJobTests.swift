import Foundation
import Testing

/// `muster check run`: a check across nodes as a job of a real control plane on this machine.
struct CheckJobTests {
    private func shell(_ place: Workplace, _ line: String) throws -> Ran {
        try place.shell(besideServerWith: 8, line)
    }

    @Test func checksAreListedForPeopleAndPrograms() throws {
        let place = try Workplace()
        let rows = try place.muster("check --list")
        let lines = try place.muster("check --list --json")
        #expect(rows.status == 0 && lines.status == 0)
        let names = try lines.out.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["kind"] as? String == "check" && object?["level"] is String)
            return try #require(object?["check"] as? String)
        }
        #expect(names == rows.out.split(separator: "\n").map { String($0.prefix { $0 != " " }) })
        #expect(names.contains("device-multiply"))
        let both = try place.muster("check --listen :0 --peer a:1")
        #expect(both.status == 64 && both.talk.contains("exclude each other"), "\(both.talk)")
    }

    @Test func aGangTestsTheMachineTogether() throws {
        let place = try Workplace()
        let ran = try shell(
            place,
            """
            $muster check run --nodes 4 --gpus 2 --only network --only identity --pace 0.1 \
              --slack 90 --json
            echo "status $?"
            $muster jobs --all --json; echo
            """)
        let lines = ran.out.split(separator: "\n").map(String.init)
        #expect(lines.contains("status 75"), "\(ran.out) \(ran.talk)")
        #expect(lines.filter { $0.hasPrefix(#"{"kind":"run""#) }.count == 4)
        #expect(lines.filter { $0.hasPrefix(#"{"kind":"pair""#) }.count == 2)
        let result = try #require(lines.first { $0.hasPrefix(#"{"kind":"across""#) })
        // Good, and nothing proved: it is one machine.
        #expect(result.contains(#""outcome":"inconclusive""#) && result.contains(#""blamed":[]"#))
        #expect(ran.talk.contains("job 0 check-2m\n"))
        #expect(ran.talk.contains("4 of 4"))
        // What the checks found is no failure of the job's own, and starts it no second time.
        #expect(ran.out.contains(#""state":"succeeded""#) && ran.out.contains(#""attempt":1"#))
    }

    @Test func whatIsKnownIsToldWhenAMemberDies() throws {
        let place = try Workplace()
        let ran = try shell(
            place,
            """
            $muster check run --nodes 3 --gpus 2 --only network --json 2>said &
            check=$!
            for _ in $(seq 2400); do grep -q 'pass 1' said && break; sleep 0.1; done
            has() { tr '\\0' '\\n' <$1 2>/dev/null | grep -q -x -- "$2"; }
            # By one look at all processes, while the test still goes on.
            for file in $(grep -lzsx MUSTER_RANK=2 /proc/[0-9]*/environ); do
              folder=${file%/environ}
              has $folder/environ "MUSTER_SERVER=$MUSTER_SERVER" || continue
              has $folder/cmdline across && kill -9 ${folder#/proc/}
            done
            wait $check; echo "status $?"; cat said >&2
            """)
        let lines = ran.out.split(separator: "\n").map(String.init)
        #expect(lines.last == "status 75", "\(ran.out) \(ran.talk)")
        let result = try #require(lines.first { $0.hasPrefix(#"{"kind":"across""#) })
        #expect(result.contains(#""rank":2,"node":"#) && result.contains("its connection ended"))
        #expect(result.contains(#""blamed":[]"#))
    }

    @Test func theResultIsTextToRead() throws {
        let place = try Workplace()
        let ran = try shell(
            place,
            """
            $muster check run --nodes 2 --gpus 4 --only host-cpu --pace 0.05
            echo "status $?"
            $muster check run --nodes 2 --gpus 4 --program /nowhere/muster
            echo "status $?"
            """)
        #expect(ran.out.hasPrefix("2 members, level 2m\n"), "\(ran.out) \(ran.talk)")
        #expect(ran.out.contains("status 75\nstatus 75\n"))
        #expect(ran.talk.contains("error M1105: job 1 is failed without a result"))
    }

    @Test(arguments: [
        "--nodes 0", "--nodes 2 --gpus 99", "--nodes 2 --level 9m", "--nodes 2 --stack s.yaml",
        "--nodes 2 --peer a:1", "",
    ])
    func refusesWhatMakesNoSense(options: String) throws {
        let place = try Workplace()
        let ran = try place.muster(
            ["check", "run", "--server", "http://127.0.0.1:9", "--gpus", "1"]
                + options.split(separator: " ").map(String.init))
        #expect(ran.status == 64, "\(ran.talk)")
        #expect(ran.out.isEmpty)
    }
}
