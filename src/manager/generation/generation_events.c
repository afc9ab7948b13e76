/* SPDX-License-Identifier: MIT */
/* Does what follows from an event. Which events may happen and what follows stands in generation_state.c. */

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"
#include "manager/generation/generation_internal.h"
#include "manager/requests/worker_report.h"
#include "manager/spawn/pool_signal.h"

void generation_order_leave(Generation *g, Draining draining) {
        atomic_store(&scoreboard_control_page(g->board)->draining, draining);
}

static void start_workers(Generation *g) {
        log_debug("Generation %u: PHP has started", g->number);
        g->php_start_usec = clock_now_usec() - g->spawned_usec;
        workforce_start(g->workforce);
        request_timeouts_check(g->request_timeouts);
        queue_watch_check(g->queue_watch);

        /* With pm = ondemand a connection may wait in systemd's queue, so no worker is needed yet. */
        if (slots_taken(generation_slots(g)) == 0)
                (void) generation_take(g, GENERATION_WORKER_WAITS);
}

static void begin_serving(Generation *g) {
        log_event(EVENT_GENERATION_SERVING, LOG_INFO,
                        LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                        "Generation %u serves", g->number);
        g->context.hooks->serving(g, g->context.userdata);
}

void generation_log_misuse(Generation *g, const char *what) {
        log_event(EVENT_ZYGOTE_MISUSED, LOG_ERR,
                        LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                        "Generation %u: %s, killing it", g->number, what);
}

/* The zygote reads the last order and EOF, then waits for its workers and leaves. */
static void let_go_of_zygote(Generation *g) {
        workforce_stop(g->workforce);
        zygote_link_close(&g->link);
}

static void kill_zygote(Generation *g) {
        if (!g->life.doomed)
                generation_order_leave(g, DRAINING_REPLACED);
        let_go_of_zygote(g);
        if (g->zygote_pid > 0)
                pool_signal_child(g->zygote_pid, g->orphans.user, SIGKILL);
}

static void kill_all(Generation *g) {
        if (g->life.state == GENERATION_ORPHANED) {
                orphans_kill(&g->orphans);
                return;
        }

        /* Orders that wait come before it, or are dropped with the link. Then the zygote reads end of file, and is
         * killed when it has not left in time. */
        (void) zygote_link_order(&g->link, MESSAGE_KILL, 0, 0);
        generation_order_leave(g, DRAINING_LAST);
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

/* From then on the reaper takes their exit statuses without a message. */
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

        log_notice("Generation %u: its %u workers finish their requests", g->number,
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
                                " s after the drain began, killing them (process_control_timeout)",
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

void generation_arm_time(Generation *g) {
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

        generation_arm_time(g);
        switch (action) {
        case GENERATION_WARM:
                start_workers(g);
                break;
        case GENERATION_SERVE:
                begin_serving(g);
                break;
        case GENERATION_DRAIN:
                workforce_stop(g->workforce);
                /* The zygote takes end of file for the same order. */
                if (zygote_link_order(&g->link, MESSAGE_DRAIN, 0, 0) < 0)
                        zygote_link_close(&g->link);
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

void generation_on_orphan_left(unsigned slot, int wait_status, void *userdata) {
        Generation *g = userdata;

        (void) generation_worker_left(g, slot, wait_status);
        generation_settle(g);
        if (slots_taken(generation_slots(g)) == 0)
                (void) generation_take(g, GENERATION_LAST_LEFT);
}

int generation_on_zygote_exit(sd_event_source *source, const siginfo_t *si, void *userdata) {
        Generation *g = userdata;
        bool was_draining;

        (void) source;
        /* Which workers it has forked, and why it did not start. */
        zygote_link_read_rest(&g->link);
        was_draining = g->life.state == GENERATION_DRAINING;
        if (!was_draining)
                generation_order_leave(g, DRAINING_REPLACED); /* another zygote follows */
        worker_report_zygote_exit(g->number, si, was_draining);
        let_go_of_zygote(g);
        stack_requests_cancel(g->stack_requests);
        g->zygote_pid = 0;

        /* This comes before its own event source is freed: the zygote may have sent its own pid as a worker's, and is
         * about to be reaped. */
        (void) generation_take(g, orphans_adopt(&g->orphans, generation_now_usec(g)) == 0
                                                  ? GENERATION_ZYGOTE_DIED
                                                  : GENERATION_ZYGOTE_LEFT_THEM);
        g->child_source = sd_event_source_disable_unref(g->child_source);
        return 0;
}

void generation_on_wrong(void *userdata) {
        Generation *g = userdata;

        generation_log_misuse(g, "the zygote sent a wrong message");
        generation_kill(g);
}
