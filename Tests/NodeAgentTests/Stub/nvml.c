// A management library of a machine with GPUs that does what the environment says:
// MUSTER_STUB_DEVICES of them; MUSTER_STUB_SLOW seconds to start. Built with STUB_TROUBLE it looks
// into that file for an index and a letter: `3h` lets device 3 hang, `3l` lets it be lost; with
// `0c` devices cannot be counted, with `0z` there are none.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int count_of_devices(void) {
    const char *text = getenv("MUSTER_STUB_DEVICES");
    return text ? atoi(text) : 8;
}

// The trouble of a device: 'h', 'l' or 0.
static char trouble_of(int index) {
#ifdef STUB_TROUBLE
    FILE *file = fopen(STUB_TROUBLE, "r");
#else
    FILE *file = NULL;
#endif
    if (!file) { return 0; }
    int device = -1;
    char letter = 0;
    int found = fscanf(file, "%d%c", &device, &letter);
    fclose(file);
    return found == 2 && device == index ? letter : 0;
}

int nvmlInit_v2(void) {
    const char *slow = getenv("MUSTER_STUB_SLOW");
    if (slow) { sleep((unsigned)atoi(slow)); }
    return getenv("MUSTER_STUB_NO_DRIVER") ? 9 : 0;
}

int nvmlSystemGetDriverVersion(char *text, unsigned size) {
    snprintf(text, size, "580.82.07");
    return 0;
}

int nvmlSystemGetCudaDriverVersion_v2(unsigned *version) {
    *version = 13000;
    return 0;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    *count = trouble_of(0) == 'z' ? 0 : (unsigned)count_of_devices();
    return trouble_of(0) == 'c' ? 999 : 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
    char trouble = trouble_of((int)index);
    while (trouble == 'h') { pause(); }
    if (trouble == 'l') { return 15; }
    *handle = (void *)(long)(index + 1);
    return 0;
}

static unsigned index_of(void *handle) { return (unsigned)(long)handle - 1; }

int nvmlDeviceGetUUID(void *handle, char *text, unsigned size) {
    snprintf(text, size, "GPU-%08u", index_of(handle));
    return 0;
}

int nvmlDeviceGetSerial(void *handle, char *text, unsigned size) {
    snprintf(text, size, "165%07u", index_of(handle));
    return 0;
}

int nvmlDeviceGetName(void *handle, char *text, unsigned size) {
    snprintf(text, size, "NVIDIA H100 80GB HBM3");
    return 0;
}

struct address {
    char legacy[16];
    unsigned domain, bus, device, maker, seller;
    char text[32];
};

int nvmlDeviceGetPciInfo_v3(void *handle, struct address *address) {
    memset(address, 0, sizeof *address);
    address->domain = 1;
    address->bus = 0x10 + index_of(handle);
    return 0;
}

int nvmlDeviceGetTemperature(void *handle, int sensor, unsigned *degrees) {
    *degrees = 40 + index_of(handle);
    return sensor;
}

int nvmlDeviceGetTotalEccErrors(void *handle, int kind, int span, unsigned long long *count) {
    *count = index_of(handle) * 100 + (unsigned)kind * 10 + (unsigned)span;
    return 0;
}

int nvmlDeviceGetRemappedRows(
    void *handle, unsigned *corrected, unsigned *uncorrected, unsigned *pending, unsigned *failed) {
    *corrected = 1;
    *uncorrected = 2;
    *pending = 0;
    *failed = index_of(handle) == 1;
    return 0;
}

// Only the older of two names, as drivers before 535 have it.
int nvmlDeviceGetCurrentClocksThrottleReasons(void *handle, unsigned long long *reasons) {
    *reasons = 0x1 | 0x40;
    return 0;
}

int nvmlDeviceGetUtilizationRates(void *handle, unsigned *shares) {
    shares[0] = 97;
    shares[1] = 12;
    return 0;
}

// Not supported on this hardware.
int nvmlDeviceGetPcieReplayCounter(void *handle, unsigned *count) { return 3; }

struct field {
    unsigned number, scope;
    long long time, latency;
    int type, result;
    union {
        double share;
        unsigned word;
        unsigned long long longer;
    } value;
};

int nvmlDeviceGetFieldValues(void *handle, int count, struct field *fields) {
    for (int place = 0; place < count; place++) {
        fields[place].result = fields[place].number == 59 ? 3 : 0;
        fields[place].type = fields[place].number == 230 ? 1 : 3;
        fields[place].value.longer = 0xFFFFFFFF00000000ULL;
        if (fields[place].type == 1) {
            fields[place].value.word = index_of(handle) == 2 ? 2 : 0;
        } else {
            fields[place].value.longer = fields[place].number;
        }
    }
    return 0;
}

// Device 0 has a record of each version; device 1 knows the older ones alone; device
// 2 failed to register; device 3 is under way; the others have no fabric and no platform.
struct platform {
    unsigned version;
    unsigned char guid[16], chassis[16], slot, tray, host, peer, module;
};

int nvmlDeviceGetPlatformInfo(void *handle, struct platform *platform) {
    unsigned index = index_of(handle);
    if (index > 2) { return 3; }
    if (platform->version != (index == 1 ? 0x0100002Cu : 0x0200002Cu)) { return 25; }
    memcpy(platform->guid, "\xD3\xB7\xE8\xD1\xBA\x5E\xE5", 7);
    platform->guid[7] = (unsigned char)index;
    memcpy(platform->chassis, "1821624410056", 13);
    platform->slot = 12;
    platform->tray = 8;
    platform->host = 1;
    platform->peer = 1;
    platform->module = (unsigned char)(index + 1);
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
    unsigned index = index_of(handle);
    if (fabric->version != (index == 1 ? 0x02000024u : 0x03000028u)) { return 25; }
    fabric->state = index < 3 ? 3 : index == 3 ? 2 : 0;
    fabric->status = index == 2 ? 999 : 0;
    if (index < 2) {
        for (unsigned char place = 0; place < 16; place++) { fabric->cluster[place] = place + 1; }
    }
    fabric->clique = 32766;
    fabric->mask = index == 1 ? 0x1 : 0x2;
    if (fabric->version == 0x03000028u) { fabric->summary = index == 2 ? 2 : 1; }
    return 0;
}
