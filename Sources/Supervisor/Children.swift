import Glibc

/// The children of this process: the program, and what lost its own parents.
///
/// Only children are ever signalled one by one. A child that has ended keeps its number until it is
/// reaped here, so that no number can mean a stranger; and what loses its parent becomes a child.
enum Children {
    /// Their process ids, as far as they can be seen at one moment.
    static func all() -> [pid_t] {
        let own = getpid()
        if let proc = try? Folder(path: "/proc/self/task/\(own)"),
            let bytes = try? proc.read("children")
        {
            return String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap {
                pid_t($0)
            }
        }
        // Kernels without CONFIG_PROC_CHILDREN.
        guard let proc = try? Folder(path: "/proc") else { return [] }
        return proc.names().compactMap { name in
            guard let id = pid_t(name), parent(of: id, in: proc) == own else { return nil }
            return id
        }
    }

    /// Reaps those that have ended, but for one.
    static func reap(except kept: pid_t) {
        for child in all() where child != kept { waitpid(child, nil, WNOHANG) }
    }

    /// Whether this process has no child at all.
    static func isAlone() -> Bool {
        var info = siginfo_t()
        return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD
    }

    /// How a child ended, without reaping it; nil while it runs.
    static func end(of child: pid_t) -> ExitRecord.End? {
        var info = siginfo_t()
        let result = waitid(P_PID, id_t(child), &info, WEXITED | WNOHANG | WNOWAIT)
        guard result == 0, info._sifields._sigchld.si_pid == child else { return nil }
        let status = info._sifields._sigchld.si_status
        return Int(info.si_code) == Int(CLD_EXITED) ? .code(status) : .signal(status)
    }

    private static func parent(of id: pid_t, in proc: Folder) -> pid_t? {
        guard let bytes = try? proc.folder(String(id)).read("stat") else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        // The name stands in parentheses and may have any character.
        guard let close = text.lastIndex(of: ")") else { return nil }
        let words = text[text.index(after: close)...].split(separator: " ")
        return words.count > 1 ? pid_t(words[1]) : nil
    }
}
