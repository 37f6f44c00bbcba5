// A CUDA driver, a cuBLAS and an NVML without a device: memory of the host stands for that of two
// devices, kernels are known by name, and a clock of its own says how long everything took. What
// goes wrong is chosen with -DFAKE=... when it is compiled.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOOD 0
#define SLOW 1
#define WRONG_MEMORY 2
#define WRONG_LATER 3
#define WRONG_ALWAYS 4
#define WRONG_COPY 5
#define WRONG_PEER 6
#define HANG 7
#define NO_DEVICE 8
#define BROKEN_MEMORY 9
#define BAD_ROWS 10
#define NARROW 11
#define LOST 12
#define BUSY 13
#define DIES 14
#define ALONE 15
#define SPLIT 16
#define FEWER 17
#define ON_FABRIC 18
#define OFF_FABRIC 19

#ifndef FAKE
#define FAKE GOOD
#endif

#define DEVICES (FAKE == ALONE ? 1 : 2)
// CUDA shows an instance of a device that is split, or lacks the first device.
#define SHOWN (FAKE == SPLIT || FAKE == FEWER ? 1 : DEVICES)
#define MEMORY (6u << 20)

struct device {
    int index;
    size_t used;
};

struct stream {
    struct device *device;
    double clock;
};

struct event {
    double clock;
};

struct block {
    uint64_t address;
    size_t bytes;
    struct device *device;
};

static struct device devices[2] = {{0, 0}, {1, 0}};
static __thread struct device *current;
static __thread struct stream *latest;
static struct block blocks[1024];
static int products;

static double pace(void) { return FAKE == SLOW ? 10 : 1; }

// Adds the time of so many bytes at so many GB/s.
static void spend(struct stream *stream, double bytes, double gigabytes) {
    stream->clock += bytes / (gigabytes * 1e9) * pace();
}

int cuInit(unsigned flags) { return flags != 0 ? 1 : FAKE == NO_DEVICE ? 100 : 0; }

int cuGetErrorName(int code, const char **text) {
    *text = code == 100 ? "CUDA_ERROR_NO_DEVICE"
        : code == 2 ? "CUDA_ERROR_OUT_OF_MEMORY"
        : code == 46 ? "CUDA_ERROR_DEVICE_UNAVAILABLE"
        : code == 214 ? "CUDA_ERROR_ECC_UNCORRECTABLE"
                      : "CUDA_ERROR_UNKNOWN";
    return 0;
}

int cuDeviceGetCount(int *count) {
    *count = SHOWN;
    return 0;
}

int cuDeviceGet(int *device, int index) {
    *device = FAKE == FEWER ? index + 1 : index;
    return index < SHOWN ? 0 : 101;
}

int cuDeviceGetName(char *text, int room, int device) {
    (void)device;
    snprintf(text, (size_t)room, "NVIDIA H100 80GB HBM3");
    return 0;
}

int cuDeviceGetPCIBusId(char *text, int room, int device) {
    snprintf(text, (size_t)room, "0000:%02X:00.0", 0x18 + device);
    return 0;
}

int cuDeviceGetAttribute(int *value, int attribute, int device) {
    *value = attribute == 16 ? 132 : attribute == 75 ? 9 : 0;
    return device < DEVICES ? 0 : 101;
}

int cuDeviceCanAccessPeer(int *answer, int device, int peer) {
    *answer = device != peer;
    return 0;
}

int cuDevicePrimaryCtxRetain(void **context, int device) {
    *context = &devices[device];
    if (FAKE == DIES && device == 1) { abort(); }
    return FAKE == BUSY ? 46 : 0;
}

int cuCtxSetCurrent(void *context) {
    current = context;
    return 0;
}

int cuCtxEnablePeerAccess(void *context, unsigned flags) {
    return context == current || flags != 0 ? 1 : 0;
}

int cuStreamCreate(void **stream, unsigned flags) {
    struct stream *made = calloc(1, sizeof *made);
    made->device = current;
    *stream = made;
    return flags == 1 ? 0 : 1;
}

int cuStreamSynchronize(void *stream) {
    struct stream *own = stream;
    if (FAKE == HANG && own->device->index == 0) {
        for (;;) { pause(); }
    }
    return FAKE == BROKEN_MEMORY && own->device->index == 1 ? 214 : 0;
}

int cuEventCreate(void **event, unsigned flags) {
    *event = calloc(1, sizeof(struct event));
    return flags == 0 ? 0 : 1;
}

int cuEventRecord(void *event, void *stream) {
    ((struct event *)event)->clock = ((struct stream *)stream)->clock;
    return 0;
}

int cuEventElapsedTime(float *milliseconds, void *first, void *second) {
    struct event *from = first, *to = second;
    *milliseconds = (float)(to->clock - from->clock) * 1000;
    return 0;
}

int cuMemGetInfo_v2(size_t *free_bytes, size_t *total) {
    *free_bytes = MEMORY - current->used;
    *total = MEMORY;
    return 0;
}

int cuMemAlloc_v2(uint64_t *address, size_t bytes) {
    if (current->used + bytes > MEMORY) { return 2; }
    for (int index = 0; index < 1024; index++) {
        if (blocks[index].address != 0) { continue; }
        *address = (uint64_t)(uintptr_t)aligned_alloc(256, (bytes + 255) / 256 * 256);
        blocks[index] = (struct block){*address, bytes, current};
        current->used += bytes;
        return 0;
    }
    return 2;
}

int cuMemFree_v2(uint64_t address) {
    for (int index = 0; index < 1024; index++) {
        if (blocks[index].address != address || address == 0) { continue; }
        blocks[index].device->used -= blocks[index].bytes;
        blocks[index].address = 0;
        free((void *)(uintptr_t)address);
        return 0;
    }
    return 1;
}

// Whether a piece of memory lies in one that was given out: a wild copy is a fault of the check.
static int holds(uint64_t address, size_t bytes) {
    for (int index = 0; index < 1024; index++) {
        struct block block = blocks[index];
        if (block.address != 0 && address >= block.address
            && address + bytes <= block.address + block.bytes) {
            return 1;
        }
    }
    return 0;
}

int cuMemAllocHost_v2(void **pointer, size_t bytes) {
    *pointer = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    return 0;
}

int cuMemcpyHtoDAsync_v2(uint64_t target, const void *source, size_t bytes, void *stream) {
    if (!holds(target, bytes)) { return 1; }
    memcpy((void *)(uintptr_t)target, source, bytes);
    if (FAKE == WRONG_COPY && bytes > 64) { ((uint8_t *)(uintptr_t)target)[bytes - 1] ^= 0x40; }
    spend(stream, (double)bytes, 50);
    return 0;
}

int cuMemcpyDtoHAsync_v2(void *target, uint64_t source, size_t bytes, void *stream) {
    if (!holds(source, bytes)) { return 1; }
    memcpy(target, (void *)(uintptr_t)source, bytes);
    spend(stream, (double)bytes, 52);
    return 0;
}

int cuMemcpyDtoDAsync_v2(uint64_t target, uint64_t source, size_t bytes, void *stream) {
    if (!holds(source, bytes) || !holds(target, bytes)) { return 1; }
    memcpy((void *)(uintptr_t)target, (void *)(uintptr_t)source, bytes);
    spend(stream, (double)bytes * 2, 3000);
    return 0;
}

int cuMemcpyPeerAsync(
    uint64_t target, void *target_context, uint64_t source, void *source_context, size_t bytes,
    void *stream) {
    if (!holds(source, bytes) || !holds(target, bytes) || target_context == source_context) {
        return 1;
    }
    memcpy((void *)(uintptr_t)target, (void *)(uintptr_t)source, bytes);
    if (FAKE == WRONG_PEER && source_context == &devices[1]) {
        *(uint32_t *)(uintptr_t)target ^= 1;
    }
    spend(stream, (double)bytes, 350);
    return 0;
}

// MARK: Kernels

static const char *names[] = {"muster_fill", "muster_verify", "muster_compare", "muster_multiply"};
static char text[1 << 16];

int cuModuleLoadData(void **module, const void *source) {
    strncpy(text, source, sizeof text - 1);
    *module = text;
    return strncmp(source, ".version ", 9) == 0 ? 0 : 218;
}

int cuModuleGetFunction(void **function, void *module, const char *name) {
    char entry[128];
    snprintf(entry, sizeof entry, ".visible .entry %s(", name);
    if (strstr(module, entry) == NULL) { return 500; }
    for (int index = 0; index < 4; index++) {
        if (strcmp(names[index], name) == 0) {
            *function = &names[index];
            return 0;
        }
    }
    return 500;
}

static uint32_t pattern(uint64_t index, uint32_t seed) {
    uint32_t word = ((uint32_t)index * 0x9E3779B1u) ^ seed;
    return word ^ (word >> 15);
}

// What one multiplication spoils.
static void spoil(uint32_t *product, size_t words) {
    products++;
    if (FAKE == WRONG_ALWAYS) { product[words / 2] ^= 0x00400000u; }
    if (FAKE == WRONG_LATER && products == 20) { product[words / 2] ^= 1; }
}

int cuLaunchKernel(
    void *function, unsigned blocks_x, unsigned blocks_y, unsigned blocks_z, unsigned threads_x,
    unsigned threads_y, unsigned threads_z, unsigned shared, void *stream, void **arguments,
    void **extra) {
    const char *name = *(const char **)function;
    if (threads_x != 256 || threads_y != 1 || threads_z != 1 || blocks_z != 1 || shared != 0
        || extra != NULL) {
        return 1;
    }
    uint64_t first = *(uint64_t *)arguments[0], second = *(uint64_t *)arguments[1];
    uint32_t *words = (uint32_t *)(uintptr_t)first;
    if (strcmp(name, "muster_multiply") == 0) {
        float *left = (float *)(uintptr_t)first, *right = (float *)(uintptr_t)second;
        float *product = (float *)(uintptr_t)*(uint64_t *)arguments[2];
        unsigned size = *(uint32_t *)arguments[3];
        if (size % 64 != 0 || blocks_x != size / 64 || blocks_y != size / 64) { return 1; }
        for (unsigned column = 0; column < size; column++) {
            for (unsigned row = 0; row < size; row++) { product[row + column * size] = 0; }
            for (unsigned k = 0; k < size; k++) {
                float factor = right[k + column * size];
                for (unsigned row = 0; row < size; row++) {
                    product[row + column * size] += left[row + k * size] * factor;
                }
            }
        }
        spoil((uint32_t *)product, (size_t)size * size);
        spend(stream, 2.0 * size * size * size, 50e3);
        return 0;
    }
    if (!holds(first, second * 4)) { return 1; }
    if (strcmp(name, "muster_fill") == 0) {
        uint32_t seed = *(uint32_t *)arguments[2];
        for (uint64_t index = 0; index < second; index++) { words[index] = pattern(index, seed); }
        if (FAKE == WRONG_MEMORY && ((struct stream *)stream)->device->index == 1) {
            words[second / 3] ^= 0x10;
        }
        return 0;
    }
    uint64_t *found = (uint64_t *)(uintptr_t)*(uint64_t *)arguments[3];
    uint32_t seed = *(uint32_t *)arguments[2];
    uint32_t *others = (uint32_t *)(uintptr_t)*(uint64_t *)arguments[2];
    int compares = strcmp(name, "muster_compare") == 0;
    for (uint64_t index = 0; index < second; index++) {
        if (words[index] == (compares ? others[index] : pattern(index, seed))) { continue; }
        found[0]++;
        if (index < found[1]) { found[1] = index; }
    }
    return 0;
}

// MARK: cuBLAS

int cublasCreate_v2(void **handle) {
    *handle = calloc(1, sizeof(void *));
    return 0;
}

int cublasSetStream_v2(void *handle, void *stream) {
    *(void **)handle = stream;
    latest = stream;
    return 0;
}

int cublasGetProperty(int kind, int *value) {
    *value = kind == 0 ? 12 : kind == 1 ? 9 : 1;
    return 0;
}

static float wide(uint16_t bits) {
    uint32_t word = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &word, 4);
    return value;
}

static uint16_t narrow(float value) {
    uint32_t word;
    memcpy(&word, &value, 4);
    return (uint16_t)((word + 0x7FFF + ((word >> 16) & 1)) >> 16);
}

int cublasGemmEx(
    void *handle, int left_kind, int right_kind, int m, int n, int k, const void *alpha,
    uint64_t left, int left_type, int left_lead, uint64_t right, int right_type, int right_lead,
    const void *beta, uint64_t product, int product_type, int product_lead, int compute,
    int algorithm) {
    if (left_kind != 0 || right_kind != 0 || m != n || n != k || *(const float *)alpha != 1
        || *(const float *)beta != 0 || left_type != 14 || right_type != 14 || product_type != 14
        || left_lead != n || right_lead != n || product_lead != n || compute != 68
        || algorithm != -1) {
        return 7;
    }
    uint16_t *a = (uint16_t *)(uintptr_t)left, *b = (uint16_t *)(uintptr_t)right;
    uint16_t *c = (uint16_t *)(uintptr_t)product;
    float *sums = calloc((size_t)n, sizeof *sums);
    for (int column = 0; column < n; column++) {
        memset(sums, 0, (size_t)n * sizeof *sums);
        for (int inner = 0; inner < n; inner++) {
            float factor = wide(b[inner + column * n]);
            for (int row = 0; row < n; row++) { sums[row] += wide(a[row + inner * n]) * factor; }
        }
        for (int row = 0; row < n; row++) { c[row + column * n] = narrow(sums[row]); }
    }
    free(sums);
    spoil((uint32_t *)c, (size_t)n * (size_t)n / 2);
    spend(*(struct stream **)handle, 2.0 * n * n * n, 700e3);
    return 0;
}

// MARK: NVML

int nvmlInit_v2(void) { return FAKE == NO_DEVICE ? 9 : 0; }

const char *nvmlErrorString(int code) {
    return code == 9 ? "Driver Not Loaded" : code == 15 ? "GPU is lost" : "Unknown Error";
}

int nvmlSystemGetDriverVersion(char *text_, unsigned room) {
    snprintf(text_, room, "580.82.07");
    return 0;
}

int nvmlSystemGetCudaDriverVersion_v2(int *version) {
    *version = 13000;
    return 0;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = DEVICES;
    return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
    // It does not know the index.
    if (index >= DEVICES) { return 2; }
    *handle = &devices[index];
    return FAKE == LOST && index == 1 ? 15 : 0;
}

static int index_of(void *handle) { return ((struct device *)handle)->index; }

int nvmlDeviceGetUUID(void *handle, char *text_, unsigned room) {
    snprintf(text_, room, "GPU-0000000%d-1111-2222-3333-444444444444", index_of(handle));
    return 0;
}

int nvmlDeviceGetSerial(void *handle, char *text_, unsigned room) {
    snprintf(text_, room, "165312345678%d", index_of(handle));
    return 0;
}

int nvmlDeviceGetName(void *handle, char *text_, unsigned room) {
    (void)handle;
    snprintf(text_, room, "NVIDIA H100 80GB HBM3");
    return 0;
}

int nvmlDeviceGetVbiosVersion(void *handle, char *text_, unsigned room) {
    (void)handle;
    snprintf(text_, room, "96.00.89.00.01");
    return 0;
}

int nvmlDeviceGetPciInfo_v3(void *handle, void *info) {
    snprintf((char *)info + 36, 32, "00000000:%02X:00.0", 0x18 + index_of(handle));
    return 0;
}

int nvmlDeviceGetEccMode(void *handle, unsigned *now, unsigned *later) {
    (void)handle;
    *now = *later = 1;
    return 0;
}

int nvmlDeviceGetMigMode(void *handle, unsigned *now, unsigned *later) {
    *now = *later = index_of(handle) == 0;
    return FAKE == SPLIT ? 0 : 3;
}

int nvmlDeviceGetTotalEccErrors(void *handle, int kind, int counter, unsigned long long *count) {
    *count = FAKE == BAD_ROWS && index_of(handle) == 1 && kind == 1 ? 3 : 0;
    (void)counter;
    return 0;
}

int nvmlDeviceGetRemappedRows(
    void *handle, unsigned *corrected, unsigned *uncorrected, unsigned *pending, unsigned *failed) {
    int bad = FAKE == BAD_ROWS && index_of(handle) == 1;
    *corrected = 1;
    *uncorrected = bad ? 8 : 0;
    *pending = FAKE == BAD_ROWS && index_of(handle) == 0;
    *failed = (unsigned)bad;
    return 0;
}

struct fabric {
    unsigned version;
    unsigned char cluster[16];
    int status;
    unsigned clique, state, mask;
    unsigned char summary;
};

int nvmlDeviceGetGpuFabricInfoV(void *handle, struct fabric *fabric) {
    if (fabric->version != 0x03000028) { return 25; }
    if (FAKE != ON_FABRIC && FAKE != OFF_FABRIC) { return 0; }
    memset(fabric->cluster, 0xAB, 16);
    fabric->clique = 7;
    fabric->state = 3;
    fabric->status = FAKE == OFF_FABRIC && index_of(handle) == 1 ? 999 : 0;
    // The links carry all that they should, and the configuration is right.
    fabric->mask = 0x102;
    fabric->summary = 1;
    return 0;
}

int nvmlDeviceGetCurrPcieLinkWidth(void *handle, unsigned *width) {
    *width = FAKE == NARROW && index_of(handle) == 0 ? 8 : 16;
    return 0;
}

int nvmlDeviceGetMaxPcieLinkWidth(void *handle, unsigned *width) {
    (void)handle;
    *width = 16;
    return 0;
}

int nvmlDeviceGetMaxPcieLinkGeneration(void *handle, unsigned *generation) {
    (void)handle;
    *generation = 5;
    return 0;
}

int nvmlDeviceGetCurrPcieLinkGeneration(void *handle, unsigned *generation) {
    *generation = FAKE == NARROW && index_of(handle) == 0 ? 3 : 5;
    return 0;
}

int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned *degrees) {
    *degrees = sensor == 0 ? 61 + (unsigned)index_of(handle) : 0;
    return 0;
}

int nvmlDeviceGetClockInfo(void *handle, int kind, unsigned *megahertz) {
    (void)handle;
    *megahertz = kind == 1 ? (FAKE == SLOW ? 345 : 1755) : 0;
    return 0;
}

int nvmlDeviceGetPowerUsage(void *handle, unsigned *milliwatts) {
    (void)handle;
    *milliwatts = 654321;
    return 0;
}

int nvmlDeviceGetCurrentClocksThrottleReasons(void *handle, unsigned long long *bits) {
    (void)handle;
    *bits = FAKE == SLOW ? 0x40 | 0x4 : 0x4;
    return 0;
}
