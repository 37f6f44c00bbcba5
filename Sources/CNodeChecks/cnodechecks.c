#define _GNU_SOURCE
#include "cnodechecks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define MOST_THREADS 1024

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int cnodechecks_end_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL); }

char **cnodechecks_environment(void) { return environ; }

int cnodechecks_direct_flag(void) { return O_DIRECT; }

int cnodechecks_folder(const char *path, int64_t *free, int *is_memory) {
    struct statfs system;
    if (statfs(path, &system) < 0) { return -1; }
    *free = (int64_t)system.f_bavail * (int64_t)system.f_bsize;
    uint32_t kind = (uint32_t)system.f_type;
    *is_memory = kind == TMPFS_MAGIC || kind == RAMFS_MAGIC;
    return 0;
}

// The same arithmetic as the kernels for devices, so that either side can check what the other
// wrote.
static inline uint32_t pattern(size_t index, uint32_t seed) {
    uint32_t word = ((uint32_t)index * 0x9E3779B1u) ^ seed;
    return word ^ (word >> 15);
}

void cnodechecks_fill(uint32_t *words, size_t count, uint32_t seed) {
    for (size_t index = 0; index < count; index++) { words[index] = pattern(index, seed); }
}

size_t cnodechecks_verify(const uint32_t *words, size_t count, uint32_t seed, size_t *first) {
    size_t wrong = 0;
    for (size_t index = 0; index < count; index++) {
        if (words[index] != pattern(index, seed)) {
            if (wrong == 0) { *first = index; }
            wrong++;
        }
    }
    return wrong;
}

// Runs `work` on so many threads and waits for all; 0 or an error number.
static int on_threads(unsigned count, void *(*work)(void *), void *items, size_t size) {
    pthread_t threads[MOST_THREADS];
    unsigned started = 0;
    int error = 0;
    while (started < count) {
        error = pthread_create(&threads[started], NULL, work, (char *)items + started * size);
        if (error != 0) { break; }
        started++;
    }
    for (unsigned index = 0; index < started; index++) { pthread_join(threads[index], NULL); }
    return error;
}

static unsigned bounded(unsigned threads) {
    return threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
}

struct memory_part {
    uint32_t *words;
    size_t count;
    size_t offset;
    uint32_t seed;
    size_t wrong;
    size_t first;
};

static void *fill_part(void *context) {
    struct memory_part *part = context;
    cnodechecks_fill(part->words, part->count, part->seed);
    return NULL;
}

static void *verify_part(void *context) {
    struct memory_part *part = context;
    part->wrong = cnodechecks_verify(part->words, part->count, part->seed, &part->first);
    return NULL;
}

int cnodechecks_memory_test(
    void *memory, size_t bytes, unsigned threads, double seconds,
    struct cnodechecks_memory *result) {
    static const uint32_t seeds[] = {0, 0xFFFFFFFFu, 0x55555555u, 0xAAAAAAAAu, 0x2545F491u};
    unsigned count = bounded(threads);
    size_t words = bytes / 4 / count;
    struct memory_part *parts = calloc(count, sizeof *parts);
    if (parts == NULL) { return ENOMEM; }
    double end = now() + seconds;
    memset(result, 0, sizeof *result);
    int error = 0;
    do {
        uint32_t seed = seeds[result->passes % (sizeof seeds / sizeof *seeds)] + result->passes;
        for (unsigned index = 0; index < count; index++) {
            parts[index] = (struct memory_part){
                (uint32_t *)memory + index * words, words, index * words * 4, seed + index, 0, 0};
        }
        error = on_threads(count, fill_part, parts, sizeof *parts);
        // Each part moves on by one, to a thread that has none of it in its cache.
        struct memory_part last = parts[count - 1];
        memmove(parts + 1, parts, (count - 1) * sizeof *parts);
        parts[0] = last;
        if (error == 0) { error = on_threads(count, verify_part, parts, sizeof *parts); }
        for (unsigned index = 0; error == 0 && index < count; index++) {
            uint64_t place = parts[index].offset + parts[index].first * 4;
            if (parts[index].wrong > 0 && (result->wrong == 0 || place < result->first)) {
                result->first = place;
            }
            result->wrong += parts[index].wrong;
        }
        if (error == 0) {
            result->tested += (uint64_t)words * 4 * count;
            result->passes++;
        }
    } while (error == 0 && now() < end && result->wrong == 0);
    free(parts);
    return error;
}

struct copy_part {
    size_t bytes;
    double end;
    double copied;
};

static void *copy_memory(void *context) {
    struct copy_part *part = context;
    char *from = malloc(part->bytes), *to = malloc(part->bytes);
    if (from != NULL && to != NULL) {
        memset(from, 1, part->bytes);
        memset(to, 2, part->bytes);
        double begin = now(), bytes = 0;
        do {
            memcpy(to, from, part->bytes);
            char *other = from;
            from = to;
            to = other;
            bytes += 2.0 * (double)part->bytes;
        } while (now() < part->end);
        part->copied = bytes / (now() - begin);
    }
    free(from);
    free(to);
    return NULL;
}

double cnodechecks_memory_bandwidth(size_t bytes, unsigned threads, double seconds) {
    unsigned count = bounded(threads);
    struct copy_part *parts = calloc(count, sizeof *parts);
    if (parts == NULL) { return 0; }
    for (unsigned index = 0; index < count; index++) {
        parts[index] = (struct copy_part){bytes, now() + seconds, 0};
    }
    double total = 0;
    if (on_threads(count, copy_memory, parts, sizeof *parts) == 0) {
        for (unsigned index = 0; index < count; index++) {
            if (parts[index].copied == 0) {
                total = 0;
                break;
            }
            total += parts[index].copied;
        }
    }
    free(parts);
    return total;
}

struct core_work {
    struct cnodechecks_core *core;
    double end;
    uint64_t expected;
    int is_spoiled;
};

// Integer and floating-point arithmetic over a buffer of the size of a first-level cache; the same
// on every core, so that its result is known.
static uint64_t work_round(uint64_t seed) {
    double numbers[512];
    uint64_t state = seed;
    for (int index = 0; index < 512; index++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        numbers[index] = (double)(state >> 40) / 16777216.0;
    }
    for (int pass = 0; pass < 40; pass++) {
        for (int index = 0; index < 512; index++) {
            double next = numbers[(index + 1) & 511];
            numbers[index] = numbers[index] * 0.75 + next * next * 0.25;
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
    }
    for (int index = 0; index < 512; index++) {
        uint64_t bits;
        memcpy(&bits, &numbers[index], 8);
        state = (state ^ bits) * 0x100000001B3u;
    }
    return state;
}

static void *load_core(void *context) {
    struct core_work *work = context;
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(work->core->core, &own);
    sched_setaffinity(0, sizeof own, &own);
    // Volatile, so that no compiler takes the round out of the loop.
    volatile uint64_t seed = 42;
    do {
        for (int repeat = 0; repeat < 64; repeat++) {
            uint64_t result = work_round(seed);
            if (work->is_spoiled) { result ^= 1; }
            work->core->rounds++;
            if (result != work->expected) { work->core->wrong++; }
        }
    } while (now() < work->end);
    struct timespec spent;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    work->core->seconds = (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
    return NULL;
}

int cnodechecks_load_cores(
    struct cnodechecks_core *cores, int room, double seconds, int spoil,
    void (*watch)(void *), void *context) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0) { return -1; }
    int count = 0;
    for (int core = 0; core < CPU_SETSIZE && count < room && count < MOST_THREADS; core++) {
        if (!CPU_ISSET(core, &allowed)) { continue; }
        cores[count++] = (struct cnodechecks_core){core, 0, 0, 0};
    }
    struct core_work *works = calloc((size_t)count, sizeof *works);
    pthread_t *threads = calloc((size_t)count, sizeof *threads);
    if (works == NULL || threads == NULL) {
        free(works);
        free(threads);
        errno = ENOMEM;
        return -1;
    }
    double end = now() + seconds;
    uint64_t expected = work_round(42);
    int started = 0, error = 0;
    for (; started < count; started++) {
        works[started] = (struct core_work){
            &cores[started], end, expected, spoil != 0 && started == 0};
        error = pthread_create(&threads[started], NULL, load_core, &works[started]);
        if (error != 0) { break; }
    }
    while (error == 0 && now() < end) {
        if (watch != NULL) { watch(context); }
        usleep(200000);
    }
    for (int index = 0; index < started; index++) { pthread_join(threads[index], NULL); }
    free(works);
    free(threads);
    errno = error;
    return error == 0 ? count : -1;
}
