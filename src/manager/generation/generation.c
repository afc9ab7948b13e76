/* SPDX-License-Identifier: MIT */
#include "manager/generation/generation.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"
#include "manager/generation/generation_internal.h"
#include "manager/generation/zygote_start.h"

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

/* --- what is asked of it --- */

void generation_drain(Generation *g, Draining draining) {
        GenerationAction action;

        action = generation_take(g, draining == DRAINING_LAST ? GENERATION_ASKED_TO_STOP
                                                              : GENERATION_ASKED_TO_DRAIN);
        if (action == GENERATION_DRAIN || action == GENERATION_HURRY)
                generation_order_leave(g, draining);
}

void generation_kill(Generation *g) {
        (void) generation_take(g, GENERATION_TO_BE_KILLED);
}

void generation_ping(Generation *g, uint64_t missed_usec) {
        uint64_t now = clock_now_usec();

        if (g->n_pings == 0) {
                (void) zygote_link_order(&g->link, MESSAGE_PING, 0, 1);
                g->n_pings++;
                g->pinged_usec = now;
                return;
        }
        if (now - g->pinged_usec < missed_usec)
                return;

        /* The workers can finish what they hold without the zygote. */
        generation_log_misuse(g, "the zygote has not answered a ping");
        (void) generation_take(g, GENERATION_PING_MISSED);
}

void generation_reopen_logs(Generation *g, int fd) {
        int r = fd;

        if (!zygote_link_is_open(&g->link))
                return; /* no zygote is there to pass it on */

        if (fd >= 0)
                r = zygote_link_send(&g->link, &(Message){ .type = MESSAGE_REOPEN }, fd);
        if (r < 0)
                log_error_errno(r,
                                "Cannot reopen the access log '%s', going on with the old file: %m",
                                g->config->access_log);
}

int generation_list_scripts(Generation *g, int fd) {
        return zygote_link_send(&g->link, &(Message){ .type = MESSAGE_SCRIPTS }, fd);
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

static int order_trace(const StackQuestion *question, void *userdata) {
        Generation *g = userdata;
        Message message = {
                .type = question->ends_worker ? MESSAGE_END : MESSAGE_TRACE,
                .slot = question->slot,
                .value = (int32_t) question->depth,
                .word = question->word,
        };

        return zygote_link_send(&g->link, &message, -EBADF);
}

/* With SIGKILL rather than SIGTERM, which a script may ignore: none of these processes is to run any more. */
static void order_end(unsigned slot, SlotWord word, void *userdata) {
        Generation *g = userdata;

        if (g->life.state == GENERATION_ORPHANED)
                orphans_end(&g->orphans, slot, word);
        else
                (void) order_trace(&(StackQuestion){ slot, 0, word, true }, g);
}

static void generation_on_slow(void *userdata) {
        Generation *g = userdata;

        g->context.hooks->changed(g, g->context.userdata);
}

/* Where no worker may be forked, this is how it is noticed that more are wanted. */
static void generation_on_busy(void *userdata) {
        Generation *g = userdata;

        g->changed = true;
        generation_settle(g);
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

        queue_watch_set_hook(g->queue_watch, generation_on_busy, g);
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

        /* EPOLLET: it is reported once even if it cannot be emptied. */
        r = sd_event_add_io(event, &g->wake_source, g->wake_fd, EPOLLIN | EPOLLET,
                        generation_on_wake, g);
        if (r < 0)
                return r;

        /* This bounds what a worker can cost that writes to the wake fd without end. */
        return sd_event_source_set_ratelimit(g->wake_source, USEC_PER_SEC / 10, 100);
}

int generation_start(Generation *g) {
        ZygotePlan plan = {
                .program = g->context.program,
                .config = g->config,
                .account = g->context.account,
                .access_fd = g->context.access_fd,
                .scripts_fd = g->context.scripts_fd,
                .listeners = &g->listeners,
                .status_fd = g->status_fd,
                .board = g->board,
                .wake_fd = g->wake_fd,
                .generation = g->number,
                .strict = g->context.strict,
                .cache_is_suspect = g->context.cache_is_suspect,
        };
        int control_fd, r;

        g->orphans.user = g->context.account->uid;
        g->spawned_usec = clock_now_usec();
        php_files_note(&g->php_files, g->context.program ? NULL : g->config->php);
        r = zygote_start(&plan, &g->zygote_pid, &control_fd);
        if (r < 0)
                return r;

        r = watch(g, control_fd);
        if (r < 0) {
                generation_kill(g);
                return log_error_errno(r, "Cannot watch the zygote: %m");
        }

        generation_arm_time(g);
        return 0;
}
