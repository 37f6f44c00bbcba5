#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// What the child tells when it could not become the program.
struct failure {
    int stage;
    int error;
};

static void fail(int report, int stage) {
    struct failure failure = {stage, errno};
    if (write(report, &failure, sizeof failure) < 0) { _exit(126); }
    _exit(127);
}

static void become(const struct clinux_program *program, pid_t parent, int report) {
    setpgid(0, 0);
    // All zeros mean the default in the kernel's own form. The library's call refuses two signals of
    // its own, which posix_spawn leaves ignored.
    char nothing[64] = {0};
    for (int signal_number = 1; signal_number < NSIG; signal_number++) {
        syscall(SYS_rt_sigaction, signal_number, nothing, NULL, (NSIG - 1) / 8);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) { _exit(127); }
    if (program->cgroup >= 0 && write(program->cgroup, "0", 1) < 0) {
        // The limits of a cgroup are a service; the program runs without them as well.
        errno = 0;
    }
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0 || dup2(program->output, 1) < 0
        || dup2(program->output, 2) < 0) {
        fail(report, CLINUX_FORK);
    }
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (chdir(program->directory) < 0) { fail(report, CLINUX_DIRECTORY); }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    environ = (char **)program->environment;
    execvp(program->arguments[0], program->arguments);
    fail(report, CLINUX_EXEC);
}

static pid_t begin(const struct clinux_program *program, int *failures) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) < 0) { return -1; }
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        close(report[0]);
        become(program, parent, report[1]);
    }
    int error = errno;
    close(report[1]);
    if (child < 0) {
        close(report[0]);
        errno = error;
        return -1;
    }
    // On both sides, so that the group is there whoever comes first.
    setpgid(child, child);
    *failures = report[0];
    return child;
}

// Whether a program could not be started, as far as is known.
static int has_failed(int failures, struct failure *failure) {
    ssize_t count;
    do {
        count = read(failures, failure, sizeof *failure);
    } while (count < 0 && errno == EINTR);
    return count == sizeof *failure;
}

pid_t clinux_spawn(const struct clinux_program *program, enum clinux_stage *stage) {
    int failures;
    *stage = CLINUX_FORK;
    pid_t child = begin(program, &failures);
    if (child < 0) { return -1; }
    struct failure failure;
    int failed = has_failed(failures, &failure);
    close(failures);
    if (!failed) { return child; }
    waitpid(child, NULL, 0);
    *stage = failure.stage;
    errno = failure.error;
    return -1;
}

pid_t clinux_begin(const struct clinux_program *program, int *failures) {
    pid_t child = begin(program, failures);
    if (child >= 0) { fcntl(*failures, F_SETFL, O_NONBLOCK); }
    return child;
}

int clinux_failure(int failures) {
    struct failure failure;
    return has_failed(failures, &failure) ? failure.error : 0;
}

int clinux_start_supervisor(
    const char *executable, char *const *arguments, char *const *environment, int lock,
    const char *complaints, pid_t *process) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawn_file_actions_init(&files);
    if (error != 0) { return error; }
    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&files);
        return error;
    }
    int creating = O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW;
    if ((error = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)) == 0
        && (error = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0)) == 0
        && (error = posix_spawn_file_actions_addopen(&files, 2, complaints, creating, 0600)) == 0
        && (error = posix_spawn_file_actions_adddup2(&files, lock, 3)) == 0
        && (error = posix_spawn_file_actions_addclosefrom_np(&files, 4)) == 0
        && (error = posix_spawnattr_setsigmask(&attributes, &none)) == 0
        && (error = posix_spawnattr_setsigdefault(&attributes, &all)) == 0
        && (error = posix_spawnattr_setflags(
                &attributes,
                POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)) == 0) {
        error = posix_spawn(process, executable, &files, &attributes, arguments, environment);
    }
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

int clinux_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1); }

void clinux_name_process(const char *name) { prctl(PR_SET_NAME, name); }

int clinux_open_signals(void) {
    int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};
    for (size_t index = 0; index < sizeof ignored / sizeof *ignored; index++) {
        signal(ignored[index], SIG_IGN);
    }
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    // Children of a process that ignores SIGCHLD leave no status.
    signal(SIGCHLD, SIG_DFL);
    if (sigprocmask(SIG_SETMASK, &set, NULL) < 0) { return -1; }
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int clinux_next_signal(int descriptor) {
    struct signalfd_siginfo info;
    if (read(descriptor, &info, sizeof info) != sizeof info) { return 0; }
    return (int)info.ssi_signo;
}

pid_t clinux_fork(int output, const char *name) {
    pid_t parent = getpid();
    pid_t child = fork();
    if (child != 0) { return child; }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) { _exit(127); }
    int input = open("/dev/null", O_RDONLY);
    if (input < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0) { _exit(127); }
    // Kernels before 5.9 cannot close a range.
    if (close_range(3, ~0U, 0) < 0) {
        for (int file = 3; file < 1024; file++) { close(file); }
    }
    prctl(PR_SET_NAME, name);
    return 0;
}

int clinux_open_pipe(int ends[2], int bytes) {
    if (pipe2(ends, O_CLOEXEC) < 0) { return -1; }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(ends[0], F_SETPIPE_SZ, bytes);
    return 0;
}
