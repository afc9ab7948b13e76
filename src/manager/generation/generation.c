/* SPDX-License-Identifier: MIT */
#include "manager/generation/generation.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/number.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"
#include "manager/generation/generation_internal.h"
#include "manager/generation/zygote_start.h"
#include "manager/spawn/log_file.h"

uint64_t generation_now_usec(const Generation *g) {
        return timer_now_usec(g->context.event);
}

Generation *generation_free(Generation *g) {
        if (!g)
                return NULL;

        sd_event_source_disable_unref(g->child_source);
        sd_event_source_disable_unref(g->control_source);
        sd_event_source_disable_unref(g->wake_source);
        sd_event_source_disable_unref(g->limit_source);
        sd_event_source_disable_unref(g->kill_source);
        reaper_forget(g->context.reaper, g);
        fd_close(g->control_fd);
        fd_close(g->wake_fd);
        stack_requests_cancel(g->stack_requests);
        request_timeouts_free(g->request_timeouts);
        stack_requests_free(g->stack_requests);
        queue_watch_free(g->queue_watch);
        workforce_free(g->workforce);
        scoreboard_free(g->board);
        listeners_done(&g->listeners);
        pool_config_free(g->config);
        free(g);
        return NULL;
}

Slots *generation_slots(Generation *g) {
        return workforce_slots(g->workforce);
}

/* --- orders to the zygote --- */

static void log_misuse(Generation *g, const char *what) {
        log_event(EVENT_ZYGOTE_MISUSED, LOG_ERR,
                        LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                        "Generation %u: %s, killing it", g->number, what);
}

void generation_misused(Generation *g, const char *what) {
        log_misuse(g, what);
        generation_kill(g);
}

/* The socket is non-blocking and holds hundreds of our messages: one that does not fit means that
 * the zygote does not read. */
static int order_message_fd(Generation *g, const Message *message, int passed_fd) {
        int r;

        if (g->control_fd < 0)
                return -ECANCELED;

        r = message_send_fd(g->control_fd, message, passed_fd);
        if (r == -EAGAIN)
                generation_misused(g, "the zygote does not read its control socket");

        return r;
}

static int order_message(Generation *g, const Message *message) {
        return order_message_fd(g, message, -EBADF);
}

static int order(Generation *g, MessageType type, unsigned slot, int value) {
        return order_message(g, &(Message){ .type = type, .slot = slot, .value = value });
}

static int generation_on_kill_limit(sd_event_source *source, uint64_t usec, void *userdata) {
        Generation *g = userdata;

        (void) source;
        (void) usec;
        if (g->zygote_pid > 0)
                (void) kill(g->zygote_pid, SIGKILL);
        else if (g->state == GENERATION_ORPHANED)
                generation_abandon_orphans(g);
        return 0;
}

void generation_reopen_logs(Generation *g) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (g->control_fd < 0)
                return; /* no zygote is there to hand it down */

        r = log_file_open_target(g->config, g->config->access_log, &fd);
        if (r >= 0 && fd >= 0)
                r = order_message_fd(g, &(Message){ .type = MESSAGE_REOPEN }, fd);
        if (r < 0)
                log_error_errno(r,
                                "Cannot reopen the access log '%s', going on with the old file: %m",
                                g->config->access_log);
}

void generation_close_control(Generation *g) {
        g->control_source = sd_event_source_disable_unref(g->control_source);
        g->control_fd = fd_close(g->control_fd);
}

void generation_order_leave(Generation *g, Draining draining) {
        atomic_store(&scoreboard_control_page(g->board)->draining, draining);
}

uint64_t generation_drain_limit_usec(const Generation *g) {
        uint64_t limit = g->config->process_control_timeout_usec;

        return limit > 0 ? limit : GENERATION_DRAIN_LIMIT_USEC;
}

uint64_t generation_drain_left_usec(const Generation *g) {
        uint64_t end_usec, now = generation_now_usec(g);

        if (!g->limit_source || sd_event_source_get_time(g->limit_source, &end_usec) < 0)
                return 0;

        return end_usec > now ? end_usec - now : 1;
}

static int generation_on_drain_limit(sd_event_source *source, uint64_t usec, void *userdata) {
        Generation *g = userdata;

        (void) source;
        (void) usec;
        log_event(EVENT_DRAIN_TIMEOUT, LOG_WARNING,
                        LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                        "Generation %u: requests still run %" PRIu64
                        " s after they were asked to be the "
                        "last, killing them (process_control_timeout)",
                        g->number, generation_drain_limit_usec(g) / USEC_PER_SEC);
        generation_kill(g);
        return 0;
}

/* Nobody waits for one that was replaced: without process_control_timeout it may take as long as it needs. */
void generation_limit_drain(Generation *g, Draining draining) {
        /* The timer was that of the start. */
        g->limit_source = sd_event_source_disable_unref(g->limit_source);
        if (draining != DRAINING_LAST && g->config->process_control_timeout_usec == 0)
                return;

        (void) timer_arm(g->context.event, &g->limit_source,
                        generation_now_usec(g) + generation_drain_limit_usec(g),
                        generation_on_drain_limit, g, "a drain may take for ever");
}

void generation_drain(Generation *g, Draining draining) {
        if (g->state == GENERATION_GONE)
                return;

        if (g->state == GENERATION_DRAINING || g->state == GENERATION_ORPHANED) {
                generation_order_leave(g, draining);
                if (!g->limit_source)
                        generation_limit_drain(g, draining);
                return;
        }

        /* It holds no request, and may be in the middle of PHP's start, where it hears nothing. */
        if (g->state == GENERATION_STARTING) {
                generation_kill(g);
                return;
        }

        g->state = GENERATION_DRAINING;
        generation_order_leave(g, draining);
        workforce_stop(g->workforce);
        generation_limit_drain(g, draining);
        if (order(g, MESSAGE_DRAIN, 0, 0) < 0)
                generation_close_control(g);
}

/* The zygote is to end its workers, whom only it can name; one that does not, and leave, within this
 * time is killed itself. */
#define KILL_LIMIT_USEC (USEC_PER_SEC / 2)

/* It reads the last order, then EOF, then waits for its dead and leaves. */
static void let_go_of_zygote(Generation *g, Draining draining) {
        g->state = GENERATION_DRAINING;
        generation_order_leave(g, draining);
        workforce_stop(g->workforce);
        generation_close_control(g);
        g->limit_source = sd_event_source_disable_unref(g->limit_source);
}

void generation_kill(Generation *g) {
        if (g->state == GENERATION_GONE)
                return;

        g->doomed = true;
        if (g->control_fd >= 0)
                (void) message_send(g->control_fd, &(Message){ .type = MESSAGE_KILL });
        if (g->state == GENERATION_ORPHANED)
                generation_kill_orphans(g);
        else
                let_go_of_zygote(g, DRAINING_LAST);

        if (timer_arm(g->context.event, &g->kill_source, generation_now_usec(g) + KILL_LIMIT_USEC,
                            generation_on_kill_limit, g, "killing the zygote now") < 0)
                (void) generation_on_kill_limit(NULL, 0, g);
}

void generation_ping(Generation *g) {
        if (g->n_pings == 0) {
                if (order(g, MESSAGE_PING, 0, 1) >= 0)
                        g->n_pings++;
                return;
        }

        /* A part of the watchdog's time has passed since the last one. The workers are well, and finish
         * what they hold without it. */
        log_misuse(g, "the zygote has not answered a ping");
        let_go_of_zygote(g, DRAINING_REPLACED);
        (void) generation_on_kill_limit(NULL, 0, g);
}

/* --- workers --- */

static int order_fork(unsigned slot, void *userdata) {
        return order(userdata, MESSAGE_FORK, slot, 0);
}

static int order_retire(unsigned slot, void *userdata) {
        return order(userdata, MESSAGE_RETIRE, slot, 0);
}

static int order_trace(unsigned slot, unsigned depth, void *userdata) {
        return order(userdata, MESSAGE_TRACE, slot, (int) depth);
}

/* Not SIGTERM, which a script may have learned to ignore: nothing of it is to run any more. */
static void order_end(unsigned slot, SlotWord word, void *userdata) {
        Generation *g = userdata;

        if (g->state == GENERATION_ORPHANED)
                generation_end_orphan(g, slot, word);
        else
                (void) order_message(g, &(Message){ .type = MESSAGE_SIGNAL,
                                                        .slot = slot,
                                                        .value = SIGKILL,
                                                        .word = word });
}

static void generation_on_slow(void *userdata) {
        Generation *g = userdata;

        g->context.hooks->changed(g, g->context.userdata);
}

static const WorkforceOrders workforce_orders = { .start_worker = order_fork,
        .retire_worker = order_retire };

static int new_request_timeouts(Generation *g) {
        RequestTimeoutsContext context = {
                .event = g->context.event,
                .config = g->config,
                .board = g->board,
                .slots = generation_slots(g),
                .end = order_end,
                .slow = generation_on_slow,
                .userdata = g,
        };
        int r;

        r = stack_requests_new(&g->stack_requests, order_trace, g);
        if (r < 0)
                return r;

        context.stack_requests = g->stack_requests;
        return request_timeouts_new(&g->request_timeouts, &context);
}

int generation_new(Generation **ret, const GenerationContext *context, PoolConfig *config,
                unsigned number) {
        _cleanup_(generation_freep) Generation *g = NULL;
        int r;

        g = calloc(1, sizeof(*g));
        if (!g) {
                pool_config_free(config);
                return -ENOMEM;
        }

        *g = (Generation){
                .context = *context,
                .config = config,
                .number = number,
                .control_fd = -EBADF,
                .wake_fd = -EBADF,
        };

        r = scoreboard_new(&g->board, (unsigned) config->max_children);
        if (r < 0)
                return r;

        listeners_split(context->listeners, config->status_listen, &g->listeners, &g->status_fd);
        r = workforce_new(&g->workforce, context->event, config, &g->listeners, g->board,
                        &workforce_orders, g);
        if (r < 0)
                return r;

        r = new_request_timeouts(g);
        if (r < 0)
                return r;

        r = queue_watch_new(&g->queue_watch, context->event, config, &g->listeners, g->board);
        if (r < 0)
                return r;

        g->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (g->wake_fd < 0)
                return -errno;

        *ret = TAKE_PTR(g);
        return 0;
}

/* --- start --- */

static int generation_on_start_limit(sd_event_source *source, uint64_t usec, void *userdata) {
        Generation *g = userdata;

        (void) source;
        (void) usec;
        if (g->state != GENERATION_STARTING && g->state != GENERATION_WARMING)
                return 0;

        snprintf(g->reason, sizeof(g->reason), "PHP did not start within %" PRIu64 " s",
                        (uint64_t) (GENERATION_START_LIMIT_USEC / USEC_PER_SEC));
        log_event(EVENT_PHP_REFUSED, LOG_ERR,
                        LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                        "Generation %u: %s, killing it", g->number, g->reason);
        generation_kill(g);
        return 0;
}

/* A zygote, or a worker of it, that rings or talks without end costs this much and no more. */
static int limit_rate(Generation *g) {
        int r;

        r = sd_event_source_set_ratelimit(g->wake_source, USEC_PER_SEC / 10, 100);
        if (r < 0)
                return r;

        return sd_event_source_set_ratelimit(g->control_source, USEC_PER_SEC / 10, 400);
}

static int watch(Generation *g) {
        sd_event *event = g->context.event;
        int r;

        r = sd_event_add_child(event, &g->child_source, g->zygote_pid, WEXITED,
                        generation_on_zygote_exit, g);
        if (r < 0)
                return r;

        r = sd_event_add_io(event, &g->control_source, g->control_fd, EPOLLIN,
                        generation_on_control, g);
        if (r < 0)
                return r;

        /* What the zygote said before it died is heard first: it may be the reason. */
        r = sd_event_source_set_priority(g->control_source, SD_EVENT_PRIORITY_NORMAL - 1);
        if (r < 0)
                return r;

        r = sd_event_add_io(event, &g->wake_source, g->wake_fd, EPOLLIN, generation_on_wake, g);
        if (r < 0)
                return r;

        r = limit_rate(g);
        if (r < 0)
                return r;

        return timer_arm(event, &g->limit_source,
                        generation_now_usec(g) + GENERATION_START_LIMIT_USEC,
                        generation_on_start_limit, g, "a start may hang");
}

int generation_start(Generation *g) {
        ZygotePlan plan = {
                .program = g->context.program,
                .config = g->config,
                .listeners = &g->listeners,
                .status_fd = g->status_fd,
                .board = g->board,
                .wake_fd = g->wake_fd,
                .generation = g->number,
                .strict = g->context.strict,
        };
        int r;

        g->spawned_usec = clock_now_usec();
        r = zygote_start(&plan, &g->zygote_pid, &g->control_fd);
        if (r < 0)
                return r;

        r = watch(g);
        if (r < 0) {
                generation_kill(g);
                return log_error_errno(r, "Cannot watch the zygote: %m");
        }

        return 0;
}

GenerationState generation_state(const Generation *g) {
        return g->state;
}

HandoffPair *generation_pair(const Generation *g) {
        return g->listeners.pair;
}

unsigned generation_number(const Generation *g) {
        return g->number;
}

const PoolConfig *generation_config(const Generation *g) {
        return g->config;
}

const char *generation_reason(const Generation *g) {
        return *g->reason ? g->reason
                          : "the new zygote died before it was ready; the journal has more";
}

uint64_t generation_worker_limit(const Generation *g) {
        return workforce_worker_limit(g->workforce);
}

void generation_describe_worker_limit(const Generation *g, char *buffer, size_t size) {
        workforce_describe_worker_limit(g->workforce, buffer, size);
}

bool generation_refused(const Generation *g) {
        return g->refused;
}

void generation_queue_depth(const Generation *g, QueueDepth *ret) {
        listeners_queue_depth(&g->listeners, ret);
}

uint64_t generation_php_start_usec(const Generation *g) {
        return g->php_start_usec;
}

void generation_publish(Generation *g, const PoolTotals *totals) {
        scoreboard_set_totals(g->board, totals);
}

int generation_summarize(Generation *g, ScoreboardSummary *ret) {
        return scoreboard_summarize(g->board, ret);
}

int generation_add_counts(Generation *g, GenerationCounts *counts, ScoreboardSummary *ret_now) {
        uint64_t n_refused = 0, n_busy_max = 0, n_slots = scoreboard_slots(g->board);
        int r;

        (void) scoreboard_refused(g->board, &n_refused);
        (void) scoreboard_busy_max(g->board, &n_busy_max);
        if (n_busy_max > n_slots) /* a claim */
                n_busy_max = n_slots;

        counts->n_slow += request_timeouts_count_slow(g->request_timeouts);
        counts->n_queue_timeouts += n_refused;
        counts->n_limit_reached += workforce_limit_reached(g->workforce);
        counts->n_queued_max = number_max(counts->n_queued_max, queue_watch_peak(g->queue_watch));
        counts->n_busy_max = number_max(counts->n_busy_max, n_busy_max);

        r = generation_summarize(g, ret_now);
        if (r < 0)
                return r;

        counts->n_requests += ret_now->n_requests;
        return 0;
}
