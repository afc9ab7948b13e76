/* SPDX-License-Identifier: MIT */
#include "manager/requests/queue_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "base/queue_depth.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"
#include "manager/requests/queue_history.h"

/* Without pm.queue_timeout it is for the peak alone (php-fpm looks once a second too, always). */
#define PEAK_READ_USEC USEC_PER_SEC

enum {
        READS_PER_TIMEOUT = 8, /* so a connection is late by an eighth more at most */
        READ_MIN_USEC = 5000,
};

struct QueueWatch {
        sd_event *event;
        const PoolConfig *config;
        const Listeners *listeners;
        Scoreboard *board;
        QueueHistory histories[SCOREBOARD_QUEUES_MAX];
        uint64_t n_refused_reported, n_queued_max;
        bool watching;
        void (*busy)(void *userdata); /* NULL: nobody wants to hear of it */
        void *userdata;
        uint64_t notified_usec;
        sd_event_source *timer_source;
        sd_event_source *listen_sources[SCOREBOARD_QUEUES_MAX];
};

int queue_watch_new(QueueWatch **ret, sd_event *event, const PoolConfig *config,
                const Listeners *listeners, Scoreboard *board) {
        QueueWatch *watch = calloc(1, sizeof(*watch));

        if (!watch)
                return -ENOMEM;

        watch->event = event;
        watch->config = config;
        watch->listeners = listeners;
        watch->board = board;
        *ret = watch;
        return 0;
}

QueueWatch *queue_watch_free(QueueWatch *watch) {
        if (!watch)
                return NULL;

        sd_event_source_disable_unref(watch->timer_source);
        for (size_t i = 0; i < SCOREBOARD_QUEUES_MAX; i++)
                sd_event_source_disable_unref(watch->listen_sources[i]);
        free(watch);
        return NULL;
}

void queue_watch_set_hook(QueueWatch *watch, void (*busy)(void *userdata), void *userdata) {
        watch->busy = busy;
        watch->userdata = userdata;
}

static size_t n_queues(const QueueWatch *watch) {
        return watch->listeners->n_fds < SCOREBOARD_QUEUES_MAX ? watch->listeners->n_fds
                                                               : SCOREBOARD_QUEUES_MAX;
}

/* Returns how many wait in all queues. */
static uint64_t check_queues(QueueWatch *watch, uint64_t now) {
        PoolControl *control_page = scoreboard_control_page(watch->board);
        uint64_t sum = 0;

        for (size_t i = 0; i < n_queues(watch); i++) {
                uint64_t accepted, stale;
                unsigned n_queued;

                /* The numbers are read in this order, so that a connection that is accepted in between makes the sum
                 * too small and never too large. */
                if (scoreboard_accepted(watch->board, i, &accepted) < 0 ||
                                queue_length_of(watch->listeners->fds[i], &n_queued) < 0)
                        continue;

                queue_history_add(&watch->histories[i], accepted, n_queued, now);
                stale = queue_history_stale(
                                &watch->histories[i], watch->config->queue_timeout_usec, now);
                atomic_store(&control_page->stale[i], stale);
                sum += n_queued;
        }

        if (sum > watch->n_queued_max) {
                watch->n_queued_max = sum;
                atomic_store(&control_page->n_queued_max, sum);
        }

        return sum;
}

static void report_refused(QueueWatch *watch) {
        uint64_t n = 0;

        if (scoreboard_refused(watch->board, &n) < 0 || n <= watch->n_refused_reported)
                return;

        log_event(EVENT_QUEUE_REFUSED, LOG_WARNING,
                        LOG_FIELDS({ "FPMD_REFUSED", LOG_NUMBER(n - watch->n_refused_reported) }),
                        "%" PRIu64
                        " requests had waited longer than pm.queue_timeout and were answered "
                        "503; the queue is empty again",
                        n - watch->n_refused_reported);
        watch->n_refused_reported = n;
}

static void stop_watching(QueueWatch *watch) {
        PoolControl *control_page = scoreboard_control_page(watch->board);

        for (size_t i = 0; i < n_queues(watch); i++)
                atomic_store(&control_page->stale[i], 0);
        memset(watch->histories, 0, sizeof(watch->histories));
        watch->watching = false;
        report_refused(watch);
}

static uint64_t pause_usec(const QueueWatch *watch) {
        uint64_t timeout = watch->config->queue_timeout_usec, pause = timeout / READS_PER_TIMEOUT;

        if (timeout == 0)
                return PEAK_READ_USEC;

        return pause > READ_MIN_USEC ? pause : READ_MIN_USEC;
}

static int queue_watch_on_timer(sd_event_source *source, uint64_t usec, void *userdata);

static void check_again(QueueWatch *watch, uint64_t now) {
        watch->watching = timer_arm(watch->event, &watch->timer_source, now + pause_usec(watch),
                                          queue_watch_on_timer, watch,
                                          "the queue is not watched") >= 0;
        atomic_store(&scoreboard_control_page(watch->board)->wake_when_busy, !watch->watching);
}

/* With a short pm.queue_timeout the queues are read more often than anybody needs to count workers. */
static void notify_busy(QueueWatch *watch, uint64_t now) {
        if (!watch->busy ||
                        (watch->notified_usec > 0 && now - watch->notified_usec < PEAK_READ_USEC))
                return;

        watch->notified_usec = now;
        watch->busy(watch->userdata);
}

static int queue_watch_on_connection(
                sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        QueueWatch *watch = userdata;

        (void) source;
        (void) fd;
        (void) revents;
        queue_watch_check(watch);
        notify_busy(watch, timer_now_usec(watch->event));
        return 0;
}

static bool all_are_busy(const QueueWatch *watch) {
        ScoreboardSummary summary;

        return scoreboard_summarize(watch->board, &summary) < 0 || summary.n_idle == 0;
}

/* Workers wake the manager only when they take a connection. While all of them are busy, none would report the first
 * connection that has to wait: the manager waits for that at the sockets, once. */
static void wait_for_connection(QueueWatch *watch) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n_queues(watch); i++)
                r = listener_watch(watch->event, &watch->listen_sources[i],
                                watch->listeners->fds[i], queue_watch_on_connection, watch);
        if (r < 0)
                log_error_errno(r,
                                "Cannot watch a listening socket, a full queue is noticed late: %m");
}

/* Nothing has waited for one pause: from now on a worker wakes the manager. This is asked for before the last check,
 * because a worker that became the last busy one in between would not wake it otherwise. */
static int queue_watch_on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        QueueWatch *watch = userdata;
        uint64_t now = timer_now_usec(watch->event);

        (void) source;
        (void) usec;
        atomic_store(&scoreboard_control_page(watch->board)->wake_when_busy, 1);
        if (check_queues(watch, now) > 0)
                check_again(watch, now);
        else {
                stop_watching(watch);
                if (!all_are_busy(watch))
                        return 0;
                wait_for_connection(watch);
        }

        notify_busy(watch, now);
        return 0;
}

/* However often workers wake the manager, the queues are read once, and then once in each pause. */
void queue_watch_check(QueueWatch *watch) {
        uint64_t now = timer_now_usec(watch->event);

        if (watch->watching)
                return;

        (void) check_queues(watch, now);
        check_again(watch, now);
}

uint64_t queue_watch_peak(const QueueWatch *watch) {
        return watch->n_queued_max;
}
