import CLinux
import Glibc

/// A small process beside each member that outlives the control plane.
///
/// It starts the member's program, keeps its output and how it ended, ends it when it is told to,
/// and ends what it leaves behind. It has one thread and opens nothing to the network.
public enum Supervisor {
    /// The word on a command line that makes `muster` a supervisor.
    public static let word = "__supervise"

    /// Where a supervisor finds the lock that its starter took for it.
    private static let lockDescriptor: Int32 = 3

    /// Becomes the supervisor of a member if the command line says so, and then never returns.
    public static func takeOver(_ arguments: [String]) {
        guard arguments.count > 1, arguments[1] == word else { return }
        guard arguments.count == 3 else { exit(EX_USAGE) }
        exit(main(folder: arguments[2]))
    }

    /// Starts the supervisor of the member whose folder this is, with the lock on it, as a process
    /// that is no part of this one's session. Its id is good for reaping it and for nothing else.
    public static func start(
        executable: String, folder: Folder, lock: Descriptor, environment: [String]
    ) throws(SystemError) -> pid_t {
        var process: pid_t = 0
        let error = withStrings(["muster", word, folder.path]) { arguments in
            withStrings(environment) { environment in
                clinux_start_supervisor(
                    executable, arguments, environment, lock.number,
                    folder.path + "/" + MemberFiles.complaints, &process)
            }
        }
        guard error == 0 else {
            throw SystemError("cannot start the supervisor \(executable)", errno: error)
        }
        return process
    }

    private static func main(folder path: String) -> Int32 {
        // The program must not inherit the lock, nor keep it held beyond this process.
        guard fcntl(lockDescriptor, F_SETFD, FD_CLOEXEC) == 0,
            clinux_adopt_orphans() == 0,
            let signals = Descriptor(clinux_open_signals()),
            let folder = try? Folder(path: path)
        else { return EX_OSERR }
        clinux_name_process("muster-member")
        chdir("/")
        guard let bytes = try? folder.read(MemberFiles.launch, limit: 16 << 20),
            let launch = LaunchFile(bytes)
        else {
            let record = ExitRecord(end: .unstartable(.prepare, errno: EINVAL))
            return keep(record, nil, folder, LaunchFile()) ? EX_OK : EX_CANTCREAT
        }
        let (record, log) = supervise(folder, launch, signals)
        return keep(record, log, folder, launch) ? EX_OK : EX_CANTCREAT
    }

    private static func supervise(
        _ folder: Folder, _ launch: LaunchFile, _ signals: Descriptor
    ) -> (ExitRecord, OutputLog?) {
        var ends: [Int32] = [-1, -1]
        // Open for writing as well, so that it never comes to an end.
        guard let control = try? folder.open(MemberFiles.control, O_RDWR | O_NONBLOCK),
            clinux_open_pipe(&ends, 1 << 20) == 0, let output = Descriptor(ends[0])
        else { return (unstartable(.prepare, errno), nil) }
        let group = MemberGroup(launch)
        var stage = CLINUX_FORK
        let program = spawn(launch, output: ends[1], group: group, stage: &stage)
        let number = errno
        // Only the program and its descendants hold this end, so that the output can end.
        close(ends[1])
        guard program > 0 else {
            group?.remove()
            let step: ExitRecord.Step =
                switch stage {
                case CLINUX_DIRECTORY: .directory
                case CLINUX_EXEC: .execute
                default: .fork
                }
            return (unstartable(step, number), nil)
        }
        try? folder.rename(MemberFiles.launch, MemberFiles.launched)
        wake(launch)
        var watch = Watch(
            folder: folder, launch: launch, signals: signals, control: control, output: output,
            group: group, program: program)
        return watch.run()
    }

    private static func spawn(
        _ launch: LaunchFile, output: Int32, group: MemberGroup?, stage: inout clinux_stage
    ) -> pid_t {
        withStrings(launch.arguments) { arguments in
            withStrings(launch.environment) { environment in
                launch.directory.withCString { directory in
                    var program = clinux_program(
                        arguments: arguments, environment: environment, directory: directory,
                        output: output, cgroup: group?.members.number ?? -1)
                    return clinux_spawn(&program, &stage)
                }
            }
        }
    }

    private static func unstartable(_ step: ExitRecord.Step, _ number: Int32) -> ExitRecord {
        var record = ExitRecord(end: .unstartable(step, errno: number))
        record.endedAt = Clock.sinceEpoch()
        return record
    }

    /// Writes how the member ended, however long that takes; false when its folder is gone.
    private static func keep(
        _ record: ExitRecord, _ log: OutputLog?, _ folder: Folder, _ launch: LaunchFile
    ) -> Bool {
        let bytes = record.encoded()
        while true {
            do throws(SystemError) {
                let file = try folder.open(MemberFiles.exitRoom, O_WRONLY | O_CREAT)
                try file.write(bytes, at: 0)
                // Cut to size only now: the room is not given back before the record is in it.
                guard ftruncate(file.number, off_t(bytes.count)) == 0, fsync(file.number) == 0
                else { throw SystemError("cannot write") }
                try folder.rename(MemberFiles.exitRoom, MemberFiles.exit)
                wake(launch)
                fsync(folder.descriptor.number)
                return true
            } catch {
                if error.errno == ENOENT { return false }
                // How it ended is worth more than old output.
                if log?.dropOldest() != true { sleep(1) }
            }
        }
    }

    /// Tells whoever listens that there is something to look at.
    private static func wake(_ launch: LaunchFile) {
        guard !launch.wakePath.isEmpty,
            let listener = Descriptor(
                open(launch.wakePath, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC))
        else { return }
        try? listener.write((launch.wakeText + "\n").utf8)
    }
}
