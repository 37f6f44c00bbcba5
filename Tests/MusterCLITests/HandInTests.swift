import Foundation
import Testing

/// What is handed in to a real control plane, and what its sender hears.
struct HandInTests {
    /// Runs a line of shell beside a server whose only node is in `$node`.
    private func shell(_ place: Workplace, _ line: String) throws -> Ran {
        try place.shell(
            besideServerWith: 2,
            """
            node=$($muster nodes --json | sed 's/.*"name":"\\([^"]*\\)".*/\\1/' | head -1)
            \(line)
            """)
    }

    /// The answer may be lost with a connection that breaks while the rest is sent.
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
