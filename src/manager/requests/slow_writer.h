/* SPDX-License-Identifier: MIT */
#pragma once
/* SlowWriter: writes entries to the file of slowlog, in a helper: the disk may be frozen, or the mount hang.
 *
 * Entries that come while a helper writes wait for the next helper. Entries that do not fit into the queue are left out
 * and counted, and the number is logged.
 *
 * Runs in: manager. */

#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/cleanup.h"
#include "config/pool_config.h"

typedef struct SlowWriter SlowWriter;

enum {
        SLOW_WRITER_BYTES_MAX = 1 << 20, /* that may wait: some hundreds of entries */
};

/* Makes the writer of the slow log's file. Borrows everything. Returns 0 or -ENOMEM. */
int slow_writer_new(SlowWriter **ret, sd_event *event, const PoolConfig *config);

/* Leaves the entries that still wait to a last helper. */
SlowWriter *slow_writer_free(SlowWriter *writer);
DEFINE_CLEANUP(SlowWriter, slow_writer_free);

/* Adds an entry that slow_format_file() has made. Logs a failure, now or later. */
void slow_writer_add(SlowWriter *writer, const char *text);

/* Returns how many entries were left out. */
uint64_t slow_writer_count_dropped(const SlowWriter *writer);
