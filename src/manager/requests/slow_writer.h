/* SPDX-License-Identifier: MIT */
#pragma once
/* SlowWriter: writes entries to the file of slowlog, in a helper: the disk may be frozen, or the mount hang.
 *
 * What comes while a helper writes waits for the next one. What does not fit into the queue is left out, counted and
 * told.
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

/* Borrows everything. 0 or -ENOMEM. */
int slow_writer_new(SlowWriter **ret, sd_event *event, const PoolConfig *config);

/* What still waits is left to a helper that nobody waits for. */
SlowWriter *slow_writer_free(SlowWriter *writer);
DEFINE_CLEANUP(SlowWriter, slow_writer_free);

/* Adds an entry, as slow_format_file() makes it. Logs what fails, now or later. */
void slow_writer_add(SlowWriter *writer, const char *text);

/* How many entries were left out. */
uint64_t slow_writer_count_dropped(const SlowWriter *writer);
