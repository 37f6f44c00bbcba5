import Glibc

/// A process that runs something which may trap.
struct Child {
    /// How it ended.
    enum End { case exited(Int32), trapped }

    let process: pid_t

    /// Runs `body` in a copy of this process, for `seconds` at most; its value is the exit code.
    /// A trap ends it at once: the backtrace belongs to the last run, on the shortest list.
    init(seconds: UInt32, isQuiet: Bool = true, _ body: () -> Int32) {
        process = fork()
        guard process == 0 else { return }
        if isQuiet {
            for number in [SIGILL, SIGTRAP, SIGSEGV, SIGABRT, SIGBUS, SIGFPE] {
                signal(number, SIG_DFL)
            }
        }
        alarm(seconds)
        exit(body())
    }

    /// Waits for it.
    func end() -> End {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return Child.end(of: status)
    }

    /// Reads what `waitpid` gave.
    static func end(of status: Int32) -> End {
        status & 0x7F == 0 ? .exited((status >> 8) & 0xFF) : .trapped
    }
}

/// Numbers that a child leaves to its parent, even when it traps.
struct SharedNumbers {
    private let base: UnsafeMutablePointer<Int>
    let count: Int

    init(count: Int) {
        self.count = count
        let bytes = count * MemoryLayout<Int>.stride
        let memory = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else {
            preconditionFailure("no memory to share with a child")
        }
        base = memory.bindMemory(to: Int.self, capacity: count)
    }

    subscript(index: Int) -> Int {
        get { base[index] }
        nonmutating set { base[index] = newValue }
    }

    func clear() { for index in 0..<count { base[index] = 0 } }
}
