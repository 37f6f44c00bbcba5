import FleetModel
import Glibc
import Testing

@testable import NodeAgent

@Suite struct AddressBookTests {
    /// A name server that counts how often it is asked.
    private final class Names {
        var asked = 0
        var known: [HostAddress] = []
    }

    private let target = HTTPTarget("http://control-plane:7070")!

    @Test func namesAreAskedForRarely() {
        let names = Names()
        var book = AddressBook { _ in
            names.asked += 1
            return names.known
        }
        func ask(_ second: Int64) -> [HostAddress] {
            book.addresses(of: target, now: .seconds(second))
        }
        #expect(ask(0) == [] && ask(9) == [] && names.asked == 1)
        let first = HostAddress(family: 2, bytes: [1])
        names.known = [first]
        #expect(ask(10) == [first] && ask(600) == [first] && names.asked == 2)
        // Nothing answers there: it is asked again, once a minute.
        book.doubt(target)
        #expect(ask(601) == [first] && names.asked == 3)
        book.doubt(target)
        #expect(ask(660) == [first] && names.asked == 3)
        // The name server is away: what it said before is better than nothing.
        names.known = []
        #expect(ask(661) == [first] && names.asked == 4)
        names.known = [HostAddress(family: 2, bytes: [2])]
        #expect(ask(1261) == names.known && names.asked == 5)
    }

    @Test func aNumberNeedsNoNameServer() throws {
        let four = try #require(HTTPTarget("http://127.0.0.1:80").map(HostAddress.resolve))
        #expect(four.map(\.family) == [AF_INET])
        let six = try #require(HTTPTarget("http://[::1]:80").map(HostAddress.resolve))
        #expect(six.map(\.family) == [AF_INET6])
    }
}
