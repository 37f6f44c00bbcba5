import CLinux
import Glibc

/// A cgroup of the second version with nothing in it but a member and its descendants.
struct MemberGroup {
    private let folder: Folder
    private let path: String
    /// An open `cgroup.procs`, which the program joins.
    let members: Descriptor

    /// Makes the cgroup with its limits; nil where that is not allowed.
    init?(_ launch: LaunchFile) {
        guard !launch.cgroup.isEmpty else { return nil }
        if mkdir(launch.cgroup, 0o755) != 0 {
            // One of an earlier supervisor that did not come to its end.
            guard errno == EEXIST, MemberGroup.clear(launch.cgroup),
                mkdir(launch.cgroup, 0o755) == 0
            else { return nil }
        }
        path = launch.cgroup
        guard let folder = try? Folder(path: path),
            let members = try? folder.open("cgroup.procs", O_WRONLY)
        else { return nil }
        self.folder = folder
        self.members = members
        if launch.cpuMilli > 0 {
            // Microseconds of CPU time in each period of 100 ms; the kernel takes 1 ms at least.
            set("cpu.max", "\(max(1000, launch.cpuMilli * 100)) 100000")
        }
        if launch.memoryMiB > 0 {
            set("memory.max", String(launch.memoryMiB << 20))
            set("memory.oom.group", "1")
        }
    }

    /// Kills everything in it.
    func kill() { set("cgroup.kill", "1") }

    /// How many of its processes the kernel killed for want of memory.
    var memoryKills: Int64 {
        guard let bytes = try? folder.read("memory.events") else { return 0 }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == "oom_kill" { return Int64(words[1]) ?? 0 }
        }
        return 0
    }

    /// Ends everything in it and deletes it. Should it not be empty in time, it stays: the backend
    /// clears up what has no supervisor.
    func remove() { _ = MemberGroup.clear(path) }

    private func set(_ name: String, _ value: String) {
        // A controller that is not there leaves the member without that limit.
        try? folder.open(name, O_WRONLY).write(value.utf8)
    }

    /// Kills what is in a cgroup and deletes it; the dead take a moment to leave it.
    private static func clear(_ path: String) -> Bool {
        for _ in 0..<50 {
            if rmdir(path) == 0 || errno == ENOENT { return true }
            guard errno == EBUSY else { return false }
            try? Folder(path: path).open("cgroup.kill", O_WRONLY).write("1".utf8)
            usleep(10_000)
        }
        return false
    }
}
