// What Swift cannot reach through the Glibc module: variadic calls, signalfd, and the way from fork
// to exec, on which nothing of a language's runtime may run.
#ifndef CLINUX_H
#define CLINUX_H

#include <sys/types.h>

/// A program and what it starts with.
struct clinux_program {
    /// Its name, looked up in the PATH of `environment` unless it has a slash, and its arguments.
    char *const *arguments;
    /// All of its environment.
    char *const *environment;
    /// Where it starts.
    const char *directory;
    /// Its standard output and error.
    int output;
    /// An open cgroup.procs file that it joins, or -1.
    int cgroup;
};

/// What could not be done for a program.
enum clinux_stage {
    CLINUX_FORK = 1,
    CLINUX_DIRECTORY = 2,
    CLINUX_EXEC = 3,
};

/// Starts a program as the leader of a process group of its own, with standard input closed, every
/// signal at its default, and no other descriptor. It is killed when the calling thread ends.
/// Returns its process id; or -1 with errno, and what failed in `stage`. Other threads may go on:
/// between fork and exec nothing is called that one of them could hold a lock of, if the name has a
/// slash or the C library's execvp takes none, as glibc's.
pid_t clinux_spawn(const struct clinux_program *program, enum clinux_stage *stage);

/// As `clinux_spawn`, for whoever must not wait until the program has been read of a disk that may
/// hang: it returns when there is a process. What that could not do for its program can be asked of
/// `failures`, a descriptor that the caller closes.
pid_t clinux_begin(const struct clinux_program *program, int *failures);

/// Why a program did not start, as an error number; 0 if it did, or it is not known yet.
int clinux_failure(int failures);

/// Starts the supervisor of a member in a session of its own, so that it outlives this process and
/// its terminal: with `lock` as descriptor 3, complaints written to a file, every signal at its
/// default, and no other descriptor. Returns 0 or an error number. Any thread may call it.
int clinux_start_supervisor(
    const char *executable, char *const *arguments, char *const *environment, int lock,
    const char *complaints, pid_t *process);

/// Makes this process the parent of descendants whose own parent has ended. 0, or -1 with errno.
int clinux_adopt_orphans(void);

/// Names this process, for `ps` and its like.
void clinux_name_process(const char *name);

/// Blocks SIGCHLD and SIGTERM, ignores what a terminal sends, and returns a descriptor from which
/// clinux_next_signal reads; -1 with errno.
int clinux_open_signals(void);

/// The next signal that has come; 0 when there is none.
int clinux_next_signal(int descriptor);

/// Copies this process, which must have one thread only. Returns 0 in the copy, which has `output` as
/// standard output, nothing to read, no other file but standard error, a name of its own for `ps`,
/// and is killed when this process ends; else the copy's process id, or -1 with errno.
pid_t clinux_fork(int output, const char *name);

/// Opens a pipe that no program inherits and whose reading end, the first, never blocks; with room
/// for so many bytes, if that is allowed. 0, or -1 with errno.
int clinux_open_pipe(int ends[2], int bytes);

#endif
