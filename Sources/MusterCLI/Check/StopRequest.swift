import Glibc
import Synchronization

/// Whether somebody asked this process to stop, for commands without tasks: the handler of a signal
/// sets a flag and the command looks at it. Who asks twice gets the default.
enum StopRequest {
    private static let made = Atomic<Bool>(false)

    /// From now on Ctrl-C and SIGTERM are requests.
    static func listen() {
        // Set before a signal can come: a handler must not be the first to touch it.
        made.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                StopRequest.made.store(true, ordering: .relaxed)
                signal(number, SIG_DFL)
            }
        }
        // Who starts this from a thread of a pool hands down signals that are blocked.
        var wanted = sigset_t()
        sigemptyset(&wanted)
        sigaddset(&wanted, SIGINT)
        sigaddset(&wanted, SIGTERM)
        sigprocmask(SIG_UNBLOCK, &wanted, nil)
    }

    /// Whether it was asked for.
    static var isMade: Bool { made.load(ordering: .relaxed) }
}
