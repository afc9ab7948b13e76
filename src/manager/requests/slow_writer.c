/* SPDX-License-Identifier: MIT */
#include "manager/requests/slow_writer.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "manager/base/log.h"
#include "manager/spawn/helper.h"
#include "manager/spawn/log_file.h"

struct SlowWriter {
        sd_event *event;
        const PoolConfig *config;
        Helper *helper; /* NULL: nothing is being written */
        char *queue;    /* entries that wait, one behind the other */
        size_t size;
        uint64_t n_dropped, n_dropped_logged;
};

int slow_writer_new(SlowWriter **ret, sd_event *event, const PoolConfig *config) {
        SlowWriter *writer = calloc(1, sizeof(*writer));

        if (!writer)
                return -ENOMEM;

        *writer = (SlowWriter){ .event = event, .config = config };
        *ret = writer;
        return 0;
}

uint64_t slow_writer_count_dropped(const SlowWriter *writer) {
        return writer->n_dropped;
}

/* In the helper, which has the queue as it was when it was forked. The file is opened for each one of these, which are
 * few: so it can be rotated without telling anybody. */
static int write_queue(int answer_fd, void *userdata) {
        const SlowWriter *writer = userdata;
        _cleanup_close_ int fd = -EBADF;

        /* At a stop the manager ends what is left in its cgroup: this has some time more. */
        (void) answer_fd;
        (void) signal(SIGTERM, SIG_IGN);
        fd = log_file_open(writer->config, writer->config->slowlog);
        return fd < 0 ? fd : fd_write_all(fd, writer->queue, writer->size);
}

static void log_dropped(SlowWriter *writer) {
        if (writer->n_dropped == writer->n_dropped_logged)
                return;

        log_warning("The slow log '%s' could not be written fast enough: %" PRIu64
                    " entries are only in the journal",
                        writer->config->slowlog, writer->n_dropped - writer->n_dropped_logged);
        writer->n_dropped_logged = writer->n_dropped;
}

static void start(SlowWriter *writer);

static void slow_writer_on_ended(int result, void *userdata) {
        SlowWriter *writer = userdata;

        writer->helper = NULL;
        if (result < 0)
                log_error_errno(result, "Cannot write the slow log '%s': %m",
                                writer->config->slowlog);
        log_dropped(writer);
        if (writer->size > 0)
                start(writer);
}

/* It has no limit: who does not take what is written now may do so later. */
static void start(SlowWriter *writer) {
        HelperPlan plan = {
                .work = write_queue,
                .ended = slow_writer_on_ended,
                .userdata = writer,
        };
        int r;

        r = helper_start(&writer->helper, writer->event, &plan);
        if (r < 0)
                log_error_errno(r, "Cannot write the slow log '%s': %m", writer->config->slowlog);

        /* It is the helper's now. */
        free(writer->queue);
        writer->queue = NULL;
        writer->size = 0;
}

SlowWriter *slow_writer_free(SlowWriter *writer) {
        if (!writer)
                return NULL;

        helper_release(writer->helper);
        writer->helper = NULL;
        if (writer->size > 0)
                start(writer);
        helper_release(writer->helper);
        free(writer->queue);
        free(writer);
        return NULL;
}

static int append(SlowWriter *writer, const char *text, size_t size) {
        char *queue;

        if (writer->size + size > SLOW_WRITER_BYTES_MAX)
                return -ENOBUFS;

        queue = realloc(writer->queue, writer->size + size);
        if (!queue)
                return -ENOMEM;

        memcpy(queue + writer->size, text, size);
        writer->queue = queue;
        writer->size += size;
        return 0;
}

void slow_writer_add(SlowWriter *writer, const char *text) {
        if (append(writer, text, strlen(text)) < 0) {
                if (writer->n_dropped++ == writer->n_dropped_logged)
                        log_warning("The slow log '%s' cannot be written fast enough: entries are left "
                                    "out of it until it can",
                                        writer->config->slowlog);
                return;
        }

        if (!writer->helper)
                start(writer);
}
