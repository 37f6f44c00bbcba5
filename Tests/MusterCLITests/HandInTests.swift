import Foundation
import Testing

/// What is handed in to a real control plane, and what its sender hears.
struct HandInCommandTests {
    /// Runs a line of shell beside a server whose only node is in `$node`.
    private func shell(_ place: Workplace, _ line: String) throws -> Ran {
        try place.shell(
            """
            export HOME=$PWD/home; mkdir home
            $muster up --data data --devices 2 --listen 127.0.0.1:0 --insecure-plaintext 2>talk &
            server=$!; trap 'kill $server; wait $server' EXIT
            for _ in $(seq 2400); do grep -q dashboard talk && break; sleep 0.1; done
            address=$(sed -n 's/^ *dashboard *//p' talk)
            export MUSTER_SERVER=${address%%/#*} MUSTER_TOKEN=${address##*=}
            node=$($muster nodes --json | sed 's/.*"name":"\\([^"]*\\)".*/\\1/' | head -1)
            \(line)
            """)
    }

    /// Who still sends when the answer comes hears it all the same.
    @Test func aBodyThatIsTooLargeIsNoMissingServer() throws {
        let ran = try shell(
            try Workplace(),
            """
            head -c 20000000 /dev/zero | tr '\\0' 'x' >big
            $muster qualify $node --result big; echo "status $?"
            """)
        #expect(ran.out.contains("status 65"), "\(ran.out) \(ran.talk)")
        #expect(ran.talk.contains("M0607"), "\(ran.talk)")
    }

    /// Lines may end as on a terminal, and be long.
    @Test func logsAreReadHoweverTheirLinesEnd() throws {
        let ran = try shell(
            try Workplace(),
            """
            seq 3000 | sed 's/$/ quiet\\r/' >log
            printf 'NVRM: Xid (PCI:0000:04:00): 48, pid=1, DBE\\r\\n' >>log
            $muster signals $node log
            yes "$(head -c 3900 /dev/zero | tr '\\0' 'x')" | head -900 >long
            $muster signals $node long; echo "status $?"
            printf '2020-01-21T04:41:44Z gpu kernel: NVRM: Xid (PCI:0000:04:00): 79, pid=1\\n' >old
            $muster signals $node old
            $muster say test $node
            """)
        #expect(ran.out.contains("3,001 lines, 1 of use\n"), "\(ran.out) \(ran.talk)")
        #expect(ran.out.contains("900 lines, 0 of use\nstatus 0\n"), "\(ran.out) \(ran.talk)")
        #expect(ran.out.contains("1 of use; 1 are old"), "\(ran.out) \(ran.talk)")
    }
}
