/* SPDX-License-Identifier: MIT */
/* The messages of a generation's zygote, and what they mean for its workers. generation_state.c has which of them are
 * legal in a state. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/fd.h"
#include "manager/base/log.h"
#include "manager/generation/generation_internal.h"
#include "manager/requests/worker_report.h"

static void take_changes(Generation *g) {
        uint64_t which;
        uint32_t n;

        if (!g->config->worker_watch || g->life.state != GENERATION_SERVING)
                return;

        n = scoreboard_changes(g->board, &which);
        if (n == g->n_changes)
                return;

        g->n_changes = n;
        g->context.hooks->edited(g, which, g->context.userdata);
}

int generation_on_wake(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Generation *g = userdata;
        ScoreboardSummary summary;

        (void) source;
        (void) revents;
        (void) fd_drain_event(fd);

        if (g->life.state == GENERATION_WARMING && scoreboard_summarize(g->board, &summary) >= 0 &&
                        summary.n_idle + summary.n_busy > 0)
                (void) generation_take(g, GENERATION_WORKER_WAITS);

        if (g->config->worker_script && g->life.state == GENERATION_SERVING &&
                        scoreboard_wants_renewal(g->board))
                g->context.hooks->renew(g, g->context.userdata);

        take_changes(g);
        workforce_balance(g->workforce);
        request_timeouts_check(g->request_timeouts);
        queue_watch_check(g->queue_watch);
        g->context.hooks->changed(g, g->context.userdata);
        return 0;
}

/* --- workers come and go --- */

static int on_forked(Generation *g, const Message *message) {
        int r;

        r = slots_forked(
                        generation_slots(g), message->slot, message->value, generation_now_usec(g));
        if (r >= 0)
                workforce_forked(g->workforce);

        return r;
}

static int on_not_forked(Generation *g, const Message *message) {
        int r;

        r = slots_not_forked(generation_slots(g), message->slot, generation_now_usec(g));
        if (r < 0)
                return r;

        /* The order was on its way when the one to leave was sent. */
        if (message->value == ESHUTDOWN && g->life.state == GENERATION_DRAINING)
                return 0;

        log_event(EVENT_WORKER_NOT_FORKED, LOG_WARNING,
                        LOG_FIELDS({ "FPMD_SLOT", LOG_NUMBER(message->slot) }),
                        "Cannot fork worker %u, trying again: %s", message->slot,
                        strerror(message->value));
        g->changed = true;
        return 0;
}

/* A worker that never came to the socket will not the next time either; a worker that did may have met a bad script,
 * and the next request may be a good one. */
static SlotEnd end_of(Generation *g, unsigned slot, int wait_status) {
        SlotView view;

        if (!worker_exit_is_bad(wait_status))
                return SLOT_LEFT;
        if (scoreboard_view_slot(g->board, slot, &view) < 0 || view.last_state <= SLOT_STARTING)
                return SLOT_NEVER_STARTED;

        return SLOT_CRASHED;
}

/* Whoever waits for the generation to serve need not wait for a script that does not boot. */
static void refuse_boot(Generation *g) {
        snprintf(g->reason, sizeof(g->reason), "%s does not boot, it says why in the journal",
                        g->config->worker_script);
        g->refused = true;
        log_event(EVENT_PHP_REFUSED, LOG_ERR,
                        LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                        "Generation %u: worker_script %s", g->number, g->reason);
        generation_kill(g);
}

/* EX_CONFIG: the worker says that it never will. SIGKILL: it took too long. */
static bool is_refused_boot(const Generation *g, SlotEnd end, int wait_status) {
        bool gave_up = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) == EX_CONFIG
                                              : WTERMSIG(wait_status) == SIGKILL;

        return gave_up && end == SLOT_NEVER_STARTED && g->life.state == GENERATION_WARMING &&
               g->context.strict && g->config->worker_script;
}

static void report_exit(Generation *g, WorkerExit exit) {
        RequestTimeoutsEnd end = {};

        if (request_timeouts_take_end(g->request_timeouts, exit.slot, &end)) {
                exit.cause = end.cause;
                exit.seconds = end.seconds;
                exit.stack = end.stack;
                exit.why_no_stack = end.stack ? NULL : request_timeouts_why_no_stack(end.error);
        }
        worker_report_exit(g->board, &exit);
        free(end.stack);
}

int generation_worker_left(Generation *g, unsigned slot, int wait_status) {
        SlotEnd end = end_of(g, slot, wait_status);
        WorkerExit exit = {
                .slot = slot,
                .pid = slots_pid(generation_slots(g), slot),
                .wait_status = wait_status,
        };
        uint64_t lived_usec;
        int r;

        r = slots_exited(generation_slots(g), slot, end, generation_now_usec(g), &lived_usec);
        if (r < 0)
                return r;

        g->context.n_exits[end]++;
        exit.lived_usec = lived_usec;
        report_exit(g, exit);
        if (is_refused_boot(g, end, wait_status))
                refuse_boot(g);
        g->changed = true;
        if (worker_exit_is_crash(wait_status))
                g->context.hooks->crashed(g, g->context.userdata);
        return 0;
}

/* This is done once for all messages that came together: a thousand workers may have ended at the same time. */
void generation_settle(Generation *g) {
        if (!g->changed)
                return;

        g->changed = false;
        workforce_balance(g->workforce);
        g->context.hooks->changed(g, g->context.userdata);
}

void generation_on_pause(void *userdata) {
        generation_settle(userdata);
}

/* --- what the zygote says --- */

static void take_reason(Generation *g, const Message *message) {
        g->refused = true;
        escape_string(g->reason, sizeof(g->reason), message->text);
        log_event(EVENT_PHP_REFUSED, LOG_ERR,
                        LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                        "PHP cannot start: %s", g->reason);
}

static int on_pong(Generation *g) {
        if (g->n_pings == 0)
                return -EBADMSG;

        g->n_pings--;
        g->context.hooks->alive(g, g->context.userdata);
        return 0;
}

static int handle(Generation *g, const Message *message) {
        switch (message->type) {
        case MESSAGE_FORKED:
                return on_forked(g, message);
        case MESSAGE_NOT_FORKED:
                return on_not_forked(g, message);
        case MESSAGE_EXITED:
                return generation_worker_left(g, message->slot, message->value);
        case MESSAGE_PONG:
                return on_pong(g);
        case MESSAGE_FRAME:
                return stack_requests_add(g->stack_requests, message->slot, message->text) ==
                                                       -EBADMSG
                                       ? -EBADMSG
                                       : 0;
        case MESSAGE_TRACED:
                return stack_requests_end(g->stack_requests, message->slot, -message->value);
        default:
                return -EBADMSG;
        }
}

/* The events of a zygote's messages have the order of its message types. */
static GenerationEvent event_of(const Message *message) {
        _Static_assert(MESSAGE_TRACED - MESSAGE_READY == GENERATION_TRACED - GENERATION_READY,
                        "each message of a zygote is an event");

        return (GenerationEvent) (message->type - MESSAGE_READY + GENERATION_READY);
}

int generation_on_message(const Message *message, void *userdata) {
        Generation *g = userdata;
        int r = 0;

        switch (generation_take(g, event_of(message))) {
        case GENERATION_REFUSE:
                take_reason(g, message);
                break;
        case GENERATION_TAKE:
                r = handle(g, message);
                break;
        case GENERATION_MISUSE:
                r = -EBADMSG;
                break;
        default:
                break;
        }
        if (r == -EBADMSG)
                log_error("Generation %u: the zygote sent %s, which it may not send now", g->number,
                                message_type_name(message->type));

        return r;
}
