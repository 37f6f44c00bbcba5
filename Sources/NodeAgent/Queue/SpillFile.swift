import AgentWire
import Glibc

/// The agent's memory: what waits to be acknowledged, and how far the log has been told, in a file
/// that outlives the agent.
///
/// Everything is written before it is sent, so a kill at any point loses nothing. The folder is
/// meant to be on a file system in memory (`/run`): then a disk that hangs does not hang the agent,
/// and what a restart of the machine takes away is of no use any more: the kernel's log is gone,
/// too.
final class SpillFile {
    private let path: String
    /// How often an agent was started with this memory.
    let run: UInt32
    private let boot: BootID
    private var file: Int32 = -1
    private var bytes = 0
    /// Whether writing works; if not, the agent goes on and says so.
    private(set) var isWritable = true

    /// A file grows to this before it is written anew.
    private static let most = 4 << 20
    /// A file without records that wait is written anew from this on.
    private static let idle = 64 << 10
    private static let readLimit = 16 << 20

    /// Goes on with the memory in a folder in a new run, and says what was left; nil at the first
    /// start, or when the file is no memory, which is said.
    static func open(
        folder: String, boot: BootID
    ) -> (file: SpillFile, image: SpillImage?) {
        mkdir(folder, 0o700)
        let path = folder + "/spill"
        let bytes = HostFile.bytes(path, limit: readLimit)
        let image = bytes.flatMap { SpillImage($0) }
        if bytes != nil, image == nil {
            Agent.say(
                "\(path) is damaged: what waited there is lost, and what the kernel's log and "
                    + "the journal still hold is told again")
        }
        let file = SpillFile(path: path, run: (image?.run ?? 0) &+ 1, boot: boot)
        return (file, image)
    }

    private init(path: String, run: UInt32, boot: BootID) {
        self.path = path
        self.run = run
        self.boot = boot
    }

    deinit { if file >= 0 { close(file) } }

    /// Writes the whole memory anew, in one step.
    func rewrite(_ queue: RecordQueue, position: LogPosition) {
        let image = SpillImage.encoded(queue, run: run, boot: boot, position: position)
        let other = path + ".new"
        if file >= 0 { close(file) }
        file = Glibc.open(other, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        bytes = 0
        isWritable = file >= 0 && write(image) && fdatasync(file) == 0 && rename(other, path) == 0
    }

    /// Appends entries in one write.
    func append(
        _ entries: [SpillImage.Entry], _ queue: RecordQueue, position: LogPosition
    ) {
        let image = entries.reduce(into: [UInt8]()) { $0 += SpillImage.encoded($1) }
        let isLong = bytes > (queue.count == 0 ? SpillFile.idle : SpillFile.most)
        if isLong || !isWritable || !write(image) {
            rewrite(queue, position: position)
        }
    }

    private func write(_ image: [UInt8]) -> Bool {
        var done = 0
        while done < image.count {
            let count = image[done...].withUnsafeBytes {
                Glibc.write(file, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        bytes += image.count
        return true
    }
}
