import CLinux
import Glibc

/// The process that asks parts for their values: a copy of the agent, with its memory and without
/// its files. It writes frames to its standard output, and ends.
enum PassProgram {
    /// Starts a copy that writes to a pipe; its number, or less than one if there is none.
    static func start(_ parts: [MachinePart], in tree: SysTree, output: Int32) -> pid_t {
        let child = clinux_fork(output, "muster-parts")
        if child == 0 { run(parts, in: tree.waiting) }
        return child
    }

    private static func run(_ parts: [MachinePart], in tree: SysTree) -> Never {
        // What a part told goes with the next question: one write for both.
        var told: [UInt8] = []
        for (place, part) in parts.enumerated() {
            FramePipe.send(told + PassFrame.asking(place).encoded())
            told = PassFrame.told(place, part.samples(in: tree)).encoded()
        }
        FramePipe.send(told)
        _exit(0)
    }
}
