import Glibc

/// Where a user's files belong (XDG Base Directory Specification 0.8).
enum UserFolders {
    /// What programs keep: `~/.local/share/muster`.
    static var data: String { folder("XDG_DATA_HOME", "/.local/share") }
    /// What programs remember of their runs: `~/.local/state/muster`.
    static var state: String { folder("XDG_STATE_HOME", "/.local/state") }
    /// What people set: `~/.config/muster`.
    static var configuration: String { folder("XDG_CONFIG_HOME", "/.config") }

    private static func folder(_ variable: String, _ path: String) -> String {
        let value = getenv(variable).map { String(cString: $0) } ?? ""
        // The specification says that paths which are not absolute are passed over.
        return (value.hasPrefix("/") ? value : home + path) + "/muster"
    }

    private static var home: String {
        if let home = getenv("HOME") { return String(cString: home) }
        guard let entry = getpwuid(getuid()), let folder = entry.pointee.pw_dir else { return "" }
        return String(cString: folder)
    }

    /// Makes a folder and those above it. Says whether it is there then.
    static func make(_ path: String) -> Bool {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            mkdir(made, 0o700)
        }
        return access(path, W_OK) == 0
    }
}
