// The loops of node checks that have to run at the machine's own speed, and constants that Swift
// cannot reach.
#ifndef CNODECHECKS_H
#define CNODECHECKS_H

#include <stddef.h>
#include <stdint.h>

/// Kills this process when its parent ends. 0, or -1 with errno.
int cnodechecks_end_with_parent(void);

/// The variables of this process, with a null pointer behind the last.
char **cnodechecks_environment(void);

/// O_DIRECT of this architecture.
int cnodechecks_direct_flag(void);

/// Bytes that are free in a folder, and whether what is in it is kept in memory and not on a disk.
/// 0, or -1 with errno.
int cnodechecks_folder(const char *path, int64_t *free, int *is_memory);

/// Fills words with a pattern that depends on their place and a seed.
void cnodechecks_fill(uint32_t *words, size_t count, uint32_t seed);

/// Counts words that differ from the pattern; the place of the first is left in `first`.
size_t cnodechecks_verify(const uint32_t *words, size_t count, uint32_t seed, size_t *first);

/// What came of a test of memory.
struct cnodechecks_memory {
    /// Bytes that were filled and read back, passes together.
    uint64_t tested;
    /// Words that were wrong.
    uint64_t wrong;
    /// The place of the first wrong word, in bytes.
    uint64_t first;
    /// Passes that came to an end.
    uint32_t passes;
};

/// Fills memory with patterns and reads it back until the time is over, at least once: each part is
/// read by another thread than wrote it. 0, or an error number when no thread could be started.
int cnodechecks_memory_test(
    void *memory, size_t bytes, unsigned threads, double seconds,
    struct cnodechecks_memory *result);

/// Bytes per second that so many threads read and write together when they copy memory, each within
/// twice `bytes` of its own; 0 when memory or threads are not to be had.
double cnodechecks_memory_bandwidth(size_t bytes, unsigned threads, double seconds);

/// What one core did.
struct cnodechecks_core {
    /// The number of the core.
    int core;
    /// Rounds of work that it came to.
    uint64_t rounds;
    /// Rounds whose result was wrong.
    uint64_t wrong;
    /// Seconds that it gave to them; others may have had it for the rest of the time.
    double seconds;
};

/// Loads every core that this process may use, one thread on each, until the time is over; calls
/// `watch` about five times a second. Returns how many cores were loaded, at most `room`; or -1
/// with errno. `spoil` makes every round of the first core wrong, so that a test sees it noticed.
int cnodechecks_load_cores(
    struct cnodechecks_core *cores, int room, double seconds, int spoil,
    void (*watch)(void *), void *context);

#endif
