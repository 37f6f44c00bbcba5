import Foundation
import Testing

/// `muster up` as a program.
struct UpTests {
    @Test(
        arguments: [
            "--listen 0.0.0.0:0", "--listen [::]:0", "--listen 10.1.2.3:0 --anonymous none",
        ])
    func refusesAnOpenAddressInPlainText(options: String) throws {
        let place = try Workplace()
        let ran = try place.muster("up --data data --devices 1 \(options)")
        #expect(ran.status == 78, "\(ran.talk)")
        #expect(ran.codes == ["M0708"])
        #expect(ran.talk.contains("--insecure-plaintext"))
        #expect(place.names == [], "it has begun all the same")
    }

    @Test func submittersAreToldWhatAPartOfAGPUIs() throws {
        let place = try Workplace()
        let ran = try place.muster("submit --gpus 1.5 -- true")
        #expect(ran.status == 64, "\(ran.talk)")
        #expect(ran.talk.contains("whole GPUs such as 2, or a part of one such as 0.5"))
    }

    /// `muster up` beside files that stand for a machine, and a function that waits for things.
    private static let machine = """
        export HOME=$PWD/home; mkdir -p home root/sys/class/dmi/id
        echo SN4711 > root/sys/class/dmi/id/chassis_serial; : > log
        up() {
            $muster up --data data --devices 2 --listen 127.0.0.1:0 "$@" 2>talk &
            server=$!; trap 'kill $server; wait $server' EXIT
            for _ in $(seq 2400); do grep -q dashboard talk && break; sleep 0.1; done
            address=$(sed -n 's/^ *dashboard *//p' talk)
            export MUSTER_SERVER=${address%%/#*} MUSTER_TOKEN=${address##*=}
        }
        agent() {
            for child in $(cat /proc/$server/task/*/children); do
                tr '\\0' ' ' < /proc/$child/cmdline | grep -q node-agent && echo $child
            done
        }
        await() {
            for _ in $(seq 2400); do eval "$1" >/dev/null 2>&1 && return; sleep 0.1; done
            echo "never: $1"; cat talk
        }
        out() { $muster health --json | grep -q "$1"; }
        """

    @Test func theAgentOfThisMachineIsWithIt() throws {
        let place = try Workplace()
        let ran = try place.shell(
            UpTests.machine + """

                up --agent-option=--root=$PWD/root --agent-option=--kernel-log=$PWD/log \\
                    --agent-option=--nvml=none
                await '$muster hardware SN4711'
                first=$(agent); echo agents $(echo $first | wc -w)
                echo "NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off the bus." >> log
                await 'out "XID 79"'
                # Its death is nobody else's, and what comes meanwhile is read by the next one.
                kill -9 $first
                echo "NVRM: Xid (PCI:0000:3b:00): 62, pid=1, 0000(0000) 00000000" >> log
                await '$muster hardware SN4711 --json | grep "0000(0000)"'
                second=$(agent); test "$first" != "$second" && echo another
                kill -0 $server && echo up
                grep -c "has ended" talk
                # It ends with the control plane, however that ends.
                kill -9 $server
                await '! kill -0 $second'
                trap - EXIT
                """)
        #expect(ran.out == "agents 1\nanother\nup\n1\n", "\(ran.out) \(ran.talk)")
    }

    @Test func theAgentCanBeLeftOut() throws {
        let place = try Workplace()
        let ran = try place.shell(UpTests.machine + "\nup --no-agent; sleep 1; agent")
        #expect(ran.out == "", "\(ran.out) \(ran.talk)")
        for (options, what) in [
            ("--agent-option=--node=x", "--agent-option"),
            ("--agent-option=--interval=1", "5 to 3600"),
            ("--no-agent --agent-option=--nvml=none", "there is no agent"),
            ("--backend simulated --no-agent", "for this machine"),
        ] {
            let ran = try place.muster("up --data x \(options)")
            #expect(ran.status == 64 && ran.talk.contains(what), "\(ran.talk)")
        }
    }

    /// A job that reports its progress over HTTP as it is told to, and tries the token on more.
    private static let job = """
        import json, os, urllib.error, urllib.request
        def ask(url, body=None):
            headers = {"Authorization": "Bearer " + os.environ["MUSTER_PROGRESS_TOKEN"],
                       "Content-Type": "application/json"}
            data = None if body is None else json.dumps(body).encode()
            try:
                request = urllib.request.Request(url, data, headers)
                return urllib.request.urlopen(request, timeout=240).status
            except urllib.error.HTTPError as error:
                return error.code
        print(ask(os.environ["MUSTER_PROGRESS_URL"], {"step": 7, "checkpointedStep": 5}),
              ask(os.environ["MUSTER_SERVER"] + "/v1/fleet"))
        """

    @Test func attemptsReportTheirProgress() throws {
        let place = try Workplace()
        try place.write(UpTests.job, "job.py")
        // Everything in one shell, so that the server ends with the test.
        let ran = try place.shell(
            """
            export HOME=$PWD/home; mkdir home
            $muster up --data data --devices 1 --listen 127.0.0.1:0 --insecure-plaintext 2>talk &
            server=$!; trap 'kill $server; wait $server' EXIT
            for _ in $(seq 2400); do grep -q dashboard talk && break; sleep 0.1; done
            address=$(sed -n 's/^ *dashboard *//p' talk)
            export MUSTER_SERVER=${address%%/#*} MUSTER_TOKEN=${address##*=}
            job=$($muster submit --wait -- python3 $PWD/job.py 2>/dev/null | head -1)
            $muster logs 0; $muster job 0 --json; echo
            stat -c %a data/progress.key
            grep -c -a -F "$(cat data/progress.key)" data/muster.sqlite data/muster.sqlite-wal talk
            $muster journal export journal.bin 2>/dev/null; grep -c -a mp_0_1_ journal.bin
            grep -c -a mp_0_1_ data/muster.sqlite data/muster.sqlite-wal talk
            """)
        let lines = ran.out.split(separator: "\n").map(String.init)
        #expect(lines.first == "204 403", "\(ran.out) \(ran.talk)")
        #expect(ran.out.contains(#""step":7"#) && ran.out.contains(#""checkpointedStep":5"#))
        #expect(lines.contains("600"))
        // The secret and the token are in none of these files.
        let counts = lines.suffix(7)
        #expect(counts.allSatisfy { $0 == "0" || $0.hasSuffix(":0") }, "\(counts)")
    }
}
