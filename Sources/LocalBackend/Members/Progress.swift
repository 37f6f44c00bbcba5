import Glibc

/// How far a job says it is.
struct Progress: Equatable {
    /// The step that it is at.
    var step: Int64
    /// The last step that a checkpoint keeps.
    var checkpointedStep: Int64?
    /// How long the last checkpoint held the job up.
    var checkpointMilliseconds: Int64?

    /// Reads a line `STEP [CHECKPOINTED_STEP [CHECKPOINT_MILLISECONDS]]`; nil for anything else,
    /// such as a file that is just being written.
    init?(_ bytes: [UInt8]) {
        guard bytes.count < 256 else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }
        guard (1...3).contains(words.count), let step = Int64(words[0]), step >= 0 else {
            return nil
        }
        self.step = step
        guard words.count > 1 else { return }
        guard let checkpointed = Int64(words[1]), checkpointed >= 0 else { return nil }
        checkpointedStep = checkpointed
        guard words.count > 2 else { return }
        guard let took = Int64(words[2]), (0...86_400_000).contains(took) else { return nil }
        checkpointMilliseconds = took
    }
}

/// What tells one version of a progress file from the next.
struct ProgressMark: Equatable {
    private var inode: UInt64 = 0
    private var bytes: Int64 = 0
    private var seconds: Int = 0
    private var nanoseconds: Int = 0

    /// Of no file.
    init() {}

    /// Of the file that has this status.
    init(_ status: stat) {
        inode = UInt64(status.st_ino)
        bytes = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }
}
