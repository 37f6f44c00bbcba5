#ifndef MUSTER_DASHBOARD_FILES_H
#define MUSTER_DASHBOARD_FILES_H

#include <stddef.h>

/// One file of the dashboard, compiled into the program.
struct muster_dashboard_file {
    /// Its path below `dashboard/`.
    const char *path;
    /// Its bytes.
    const unsigned char *bytes;
    /// How many there are.
    size_t count;
};

/// One file by its number, below the count.
struct muster_dashboard_file muster_dashboard_file_at(size_t index);
/// How many files there are.
extern const size_t muster_dashboard_file_count;

#endif
