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
#include "manager/base/log.h"
#include "manager/base/timer.h"
#include "manager/generation/generation_internal.h"
#include "manager/generation/zygote_start.h"
#include "manager/requests/worker_report.h"
#include "manager/spawn/log_file.h"

/* A ping counts as missed after this time. The manager may have been held up itself, and ask twice in a row. */
#define PING_PATIENCE_USEC (USEC_PER_SEC / 2)

enum {
        /* Open questions for stacks: of the slow log, of request_terminate_timeout, and of fpmctl. */
        STACKS_PER_SLOT = 3,
};

uint64_t generation_now_usec(const Generation *g) {
        return timer_now_usec(g->context.event);
}

Generation *generation_free(Generation *g) {
        if (!g)
                return NULL;

        sd_event_source_disable_unref(g->child_source);
        sd_event_source_disable_unref(g->wake_source);
        sd_event_source_disable_unref(g->time_source);
        zygote_link_close(&g->link);
        orphans_forget(&g->orphans);
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

/* --- what follows from an event --- */

static void order_leave(Generation *g, Draining draining) {
        atomic_store(&scoreboard_control_page(g->board)->draining, draining);
}

static void start_workers(Generation *g) {
        log_debug("Generation %u: PHP has started", g->number);
        g->php_start_usec = clock_now_usec() - g->spawned_usec;
        workforce_start(g->workforce);
        request_timeouts_check(g->request_timeouts);
        queue_watch_check(g->queue_watch);

        /* On demand: systemd's queue is as good as a worker. */
        if (slots_taken(generation_slots(g)) == 0)
                (void) generation_take(g, GENERATION_WORKER_WAITS);
}

static void begin_serving(Generation *g) {
        log_event(EVENT_GENERATION_SERVING, LOG_INFO,
                        LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                        "Generation %u serves", g->number);
        g->context.hooks->serving(g, g->context.userdata);
}

static void log_misuse(Generation *g, const char *what) {
        log_event(EVENT_ZYGOTE_MISUSED, LOG_ERR,
                        LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                        "Generation %u: %s, killing it", g->number, what);
}

/* It reads the last order, then EOF, then waits for its dead and leaves. */
static void let_go_of_zygote(Generation *g) {
        workforce_stop(g->workforce);
        zygote_link_close(&g->link);
}

static void kill_zygote(Generation *g) {
        if (!g->life.doomed)
                order_leave(g, DRAINING_REPLACED);
        let_go_of_zygote(g);
        if (g->zygote_pid > 0)
                (void) kill(g->zygote_pid, SIGKILL);
}

static void kill_all(Generation *g) {
        if (g->life.state == GENERATION_ORPHANED) {
                orphans_kill(&g->orphans);
                return;
        }

        /* Orders that wait come before it, or are dropped with the link. Then the zygote reads end of file, and is
         * killed when it has not left in time. */
        (void) zygote_link_order(&g->link, MESSAGE_KILL, 0, 0);
        order_leave(g, DRAINING_LAST);
        let_go_of_zygote(g);
}

static void leave(Generation *g) {
        g->context.hooks->gone(g, g->context.userdata);
}

static void leave_workers(Generation *g) {
        log_warning("Generation %u: %u workers do not end although they were killed, leaving them",
                        g->number, slots_taken(generation_slots(g)));
        orphans_forget(&g->orphans);
        leave(g);
}

/* What the reaper takes then is told to nobody. */
static void refuse_workers(Generation *g) {
        log_warning("Generation %u: too many others drain, killing its %u workers", g->number,
                        slots_taken(generation_slots(g)));
        orphans_kill(&g->orphans);
        orphans_forget(&g->orphans);
        (void) generation_take(g, GENERATION_ABANDONED);
}

/* As after a reload: they finish what they hold, within the limits of one that drains. */
static void keep_workers(Generation *g) {
        if (!g->context.hooks->orphaned(g, g->context.userdata)) {
                refuse_workers(g);
                return;
        }
        if (g->life.doomed) {
                (void) generation_take(g, GENERATION_TO_BE_KILLED);
                return;
        }

        log_notice("Generation %u: its %u workers finish what they hold", g->number,
                        slots_taken(generation_slots(g)));
        request_timeouts_repeat(g->request_timeouts);
}

static void give_up(Generation *g, GenerationState before) {
        if (before == GENERATION_STARTING || before == GENERATION_WARMING) {
                snprintf(g->reason, sizeof(g->reason), "PHP did not start within %" PRIu64 " s",
                                (uint64_t) (GENERATION_START_LIMIT_USEC / USEC_PER_SEC));
                log_event(EVENT_PHP_REFUSED, LOG_ERR,
                                LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                                "Generation %u: %s, killing it", g->number, g->reason);
        } else
                log_event(EVENT_DRAIN_TIMEOUT, LOG_WARNING,
                                LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                                "Generation %u: requests still run %" PRIu64
                                " s after they were asked to be the "
                                "last, killing them (process_control_timeout)",
                                g->number, generation_drain_limit_usec(g) / USEC_PER_SEC);
        kill_all(g);
}

static int generation_on_time(sd_event_source *source, uint64_t usec, void *userdata) {
        Generation *g = userdata;
        GenerationEvent event;

        (void) source;
        (void) usec;
        while (generation_life_time(&g->life, generation_now_usec(g), &event))
                (void) generation_take(g, event);

        return 0;
}

static void arm_time(Generation *g) {
        uint64_t next = generation_life_next_usec(&g->life);

        if (next == 0)
                timer_disarm(g->time_source);
        else
                (void) timer_arm(g->context.event, &g->time_source, next, generation_on_time, g,
                                "a start or a drain may take for ever");
}

GenerationAction generation_take(Generation *g, GenerationEvent event) {
        GenerationState before = g->life.state;
        GenerationAction action = generation_life_take(&g->life, event, generation_now_usec(g));

        arm_time(g);
        switch (action) {
        case GENERATION_WARM:
                start_workers(g);
                break;
        case GENERATION_SERVE:
                begin_serving(g);
                break;
        case GENERATION_DRAIN:
                workforce_stop(g->workforce);
                (void) zygote_link_order(&g->link, MESSAGE_DRAIN, 0, 0);
                break;
        case GENERATION_KILL:
        case GENERATION_KILL_WORKERS:
                kill_all(g);
                break;
        case GENERATION_GIVE_UP:
                give_up(g, before);
                break;
        case GENERATION_KILL_ZYGOTE:
                kill_zygote(g);
                break;
        case GENERATION_KEEP_WORKERS:
                keep_workers(g);
                break;
        case GENERATION_LEAVE_WORKERS:
                leave_workers(g);
                break;
        case GENERATION_LEAVE:
                leave(g);
                break;
        default:
                break;
        }

        return action;
}

/* --- the end of the zygote, and of its workers --- */

static void generation_on_orphan_left(unsigned slot, int wait_status, void *userdata) {
        Generation *g = userdata;

        (void) generation_worker_left(g, slot, wait_status);
        generation_settle(g);
        if (slots_taken(generation_slots(g)) == 0)
                (void) generation_take(g, GENERATION_LAST_LEFT);
}

static int generation_on_zygote_exit(sd_event_source *source, const siginfo_t *si, void *userdata) {
        Generation *g = userdata;
        bool was_draining;

        (void) source;
        /* Which workers it has forked, and why it did not start. */
        zygote_link_hear_rest(&g->link);
        was_draining = g->life.state == GENERATION_DRAINING;
        if (!was_draining)
                order_leave(g, DRAINING_REPLACED); /* another zygote follows */
        worker_report_zygote_exit(g->number, si, was_draining);
        let_go_of_zygote(g);
        stack_requests_cancel(g->stack_requests);
        g->zygote_pid = 0;

        /* Before its own source goes: it may have named itself, and is about to be reaped. */
        (void) generation_take(g, orphans_adopt(&g->orphans, generation_now_usec(g)) == 0
                                                  ? GENERATION_ZYGOTE_DIED
                                                  : GENERATION_ZYGOTE_LEFT_THEM);
        g->child_source = sd_event_source_disable_unref(g->child_source);
        return 0;
}

static void generation_on_wrong(void *userdata) {
        Generation *g = userdata;

        log_misuse(g, "the zygote sent a wrong message");
        generation_kill(g);
}

/* --- what is asked of it --- */

void generation_drain(Generation *g, Draining draining) {
        GenerationAction action;

        action = generation_take(g, draining == DRAINING_LAST ? GENERATION_ASKED_TO_STOP
                                                              : GENERATION_ASKED_TO_DRAIN);
        if (action == GENERATION_DRAIN || action == GENERATION_HURRY)
                order_leave(g, draining);
}

void generation_kill(Generation *g) {
        (void) generation_take(g, GENERATION_TO_BE_KILLED);
}

void generation_ping(Generation *g) {
        uint64_t now = clock_now_usec();

        if (g->n_pings == 0) {
                (void) zygote_link_order(&g->link, MESSAGE_PING, 0, 1);
                g->n_pings++;
                g->pinged_usec = now;
                return;
        }
        if (now - g->pinged_usec < PING_PATIENCE_USEC)
                return;

        /* The workers are well, and finish what they hold without it. */
        log_misuse(g, "the zygote has not answered a ping");
        (void) generation_take(g, GENERATION_PING_MISSED);
}

void generation_reopen_logs(Generation *g) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (!zygote_link_is_open(&g->link))
                return; /* no zygote is there to hand it down */

        r = log_file_open_target(g->config, g->config->access_log, &fd);
        if (r >= 0 && fd >= 0)
                r = zygote_link_send(&g->link, &(Message){ .type = MESSAGE_REOPEN }, fd);
        if (r < 0)
                log_error_errno(r,
                                "Cannot reopen the access log '%s', going on with the old file: %m",
                                g->config->access_log);
}

/* --- orders of its parts --- */

static int order_fork(unsigned slot, void *userdata) {
        Generation *g = userdata;

        return zygote_link_order(&g->link, MESSAGE_FORK, slot, 0);
}

static int order_retire(unsigned slot, void *userdata) {
        Generation *g = userdata;

        return zygote_link_order(&g->link, MESSAGE_RETIRE, slot, 0);
}

static int order_trace(unsigned slot, unsigned depth, SlotWord end_word, void *userdata) {
        Generation *g = userdata;
        Message message = {
                .type = end_word > 0 ? MESSAGE_END : MESSAGE_TRACE,
                .slot = slot,
                .value = (int32_t) depth,
                .word = end_word,
        };

        return zygote_link_send(&g->link, &message, -EBADF);
}

/* By SIGKILL, not by SIGTERM, which a script may have learned to ignore: nothing of it is to run any more. */
static void order_end(unsigned slot, SlotWord word, void *userdata) {
        Generation *g = userdata;

        if (g->life.state == GENERATION_ORPHANED)
                orphans_end(&g->orphans, slot, word);
        else
                (void) order_trace(slot, 0, word, g);
}

static void generation_on_slow(void *userdata) {
        Generation *g = userdata;

        g->context.hooks->changed(g, g->context.userdata);
}

/* --- life --- */

static const WorkforceOrders workforce_orders = { .start_worker = order_fork,
        .retire_worker = order_retire };

static const ZygoteLinkHooks link_hooks = {
        .message = generation_on_message,
        .pause = generation_on_pause,
        .wrong = generation_on_wrong,
};

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

        r = stack_requests_new(&g->stack_requests,
                        slots_count(generation_slots(g)) * STACKS_PER_SLOT, order_trace, g);
        if (r < 0)
                return r;

        context.stack_requests = g->stack_requests;
        return request_timeouts_new(&g->request_timeouts, &context);
}

static void init_orphans(Generation *g) {
        g->orphans = (Orphans){
                .reaper = g->context.reaper,
                .slots = generation_slots(g),
                .board = g->board,
                .generation = g->number,
                .left = generation_on_orphan_left,
                .userdata = g,
        };
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
                .wake_fd = -EBADF,
                .orphans = { .reaper = context->reaper },
        };
        zygote_link_init(&g->link, (unsigned) config->max_children, &link_hooks, g);
        generation_life_init(&g->life, config->process_control_timeout_usec,
                        timer_now_usec(context->event));

        r = scoreboard_new(&g->board, (unsigned) config->max_children);
        if (r < 0)
                return r;

        listeners_split(context->listeners, config->status_listen, &g->listeners, &g->status_fd);
        r = workforce_new(&g->workforce, context->event, config, &g->listeners, g->board,
                        &workforce_orders, g);
        if (r < 0)
                return r;

        init_orphans(g);
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

static int watch(Generation *g, int control_fd) {
        sd_event *event = g->context.event;
        int r;

        r = zygote_link_open(&g->link, event, control_fd);
        if (r < 0)
                return r;

        r = sd_event_add_child(event, &g->child_source, g->zygote_pid, WEXITED,
                        generation_on_zygote_exit, g);
        if (r < 0)
                return r;

        r = sd_event_add_io(event, &g->wake_source, g->wake_fd, EPOLLIN, generation_on_wake, g);
        if (r < 0)
                return r;

        /* A worker that rings without end costs this much and no more. */
        return sd_event_source_set_ratelimit(g->wake_source, USEC_PER_SEC / 10, 100);
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
        int control_fd, r;

        g->spawned_usec = clock_now_usec();
        r = zygote_start(&plan, &g->zygote_pid, &control_fd);
        if (r < 0)
                return r;

        r = watch(g, control_fd);
        if (r < 0) {
                generation_kill(g);
                return log_error_errno(r, "Cannot watch the zygote: %m");
        }

        arm_time(g);
        return 0;
}
