import Foundation

/// How many times more seeds than usual the random tests try: `MUSTER_TEST_EFFORT`, 1 by default.
/// Worth raising in a release build, `swift test -c release -Xswiftc -enable-testing`.
enum Effort {
    static let factor =
        UInt64(
            ProcessInfo.processInfo.environment["MUSTER_TEST_EFFORT"] ?? "") ?? 1
}
