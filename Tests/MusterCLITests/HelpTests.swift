import Foundation
import Testing

/// The words of the program about itself.
struct HelpTests {
    @Test(arguments: [
        ("muster", ["--help"]), ("simulate", ["simulate", "--help"]), ("fill", ["fill", "--help"]),
        ("replay", ["replay", "--help"]), ("version", ["version", "--help"]),
        ("submit", ["submit", "--help"]), ("check", ["check", "--help"]),
    ])
    func isAsReadByAPerson(name: String, arguments: [String]) throws {
        let ran = try Workplace().muster(arguments)
        #expect(ran.status == 0)
        #expect(ran.talk.isEmpty)
        let golden = Program.repository + "/Tests/MusterCLITests/Golden/\(name).txt"
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try Data(ran.out.utf8).write(to: URL(fileURLWithPath: golden))
        }
        let expected = try #require(FileManager.default.contents(atPath: golden))
        #expect(ran.out == String(decoding: expected, as: UTF8.self), "UPDATE_GOLDEN=1 rewrites it")
    }

    @Test func showsHelpWithoutACommand() throws {
        let ran = try Workplace().muster([])
        #expect(ran.status == 0)
        #expect(ran.out.contains("simulate"))
    }

    @Test func namesEveryExitStatusThatIsDocumented() throws {
        let help = try Workplace().muster(["--help"]).out.replacing("\n", with: " ")
        for status in [
            "0 ", "1 ", "64 ", "65 ", "66 ", "69 ", "73 ", "74 ", "75 ", "76 ", "77 ", "78 ",
        ] {
            #expect(help.contains(status), "\(status)")
        }
    }

    @Test func tellsItsVersionInThreeWays() throws {
        let place = try Workplace()
        let plain = try place.muster("version")
        #expect(plain.status == 0)
        #expect(plain.out.hasPrefix("muster "))
        #expect(try place.muster("--version").out == plain.out)
        let json = try #require(try place.muster("version --json").json() as? [String: String])
        #expect(json["name"] == "muster")
        #expect("muster \(json["version"] ?? "")\n" == plain.out)
    }

    @Test(arguments: [
        "simulate --bogus", "bogus", "replay", "fill", "simulate --seed x", "simulate --seed -1",
        "simulate --seed 18446744073709551616", "simulate --until -5", "replay a b",
    ])
    func refusesArgumentsInTheFormOfEveryMistake(line: String) throws {
        let ran = try Workplace().muster(line)
        #expect(ran.status == 64)
        #expect(ran.out.isEmpty)
        #expect(ran.talk.hasPrefix("error M0501: "))
        #expect(ran.talk.contains("\n    expected: muster"))
        #expect(ran.talk.contains("\n    hint: see muster "))
    }
}
