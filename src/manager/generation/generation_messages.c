/* SPDX-License-Identifier: MIT */
/* What the zygote of a generation says, and its bell: the events of generation.c's states. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "manager/base/log.h"
#include "manager/generation/generation_internal.h"
#include "manager/requests/worker_report.h"

static void begin_serving(Generation *g) {
        g->state = GENERATION_SERVING;
        log_event(EVENT_GENERATION_SERVING, LOG_INFO,
                        LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                        "Generation %u serves", g->number);
        g->context.hooks->serving(g, g->context.userdata);
}

int generation_on_wake(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Generation *g = userdata;
        ScoreboardSummary summary;
        uint64_t count;

        (void) source;
        (void) revents;
        (void) !read(fd, &count, sizeof(count));

        if (g->state == GENERATION_WARMING && scoreboard_summarize(g->board, &summary) >= 0 &&
                        summary.n_idle + summary.n_busy > 0)
                begin_serving(g);

        workforce_balance(g->workforce);
        request_timeouts_check(g->request_timeouts);
        queue_watch_check(g->queue_watch);
        g->context.hooks->changed(g, g->context.userdata);
        return 0;
}

/* --- what the zygote says --- */

typedef int (*MessageHandler)(Generation *g, const Message *message);

static int misuse(Generation *g, const Message *message) {
        log_error("Generation %u: the zygote said %s out of turn", g->number,
                        message_type_name(message->type));
        return -EBADMSG;
}

static int ignore(Generation *g, const Message *message) {
        (void) g;
        (void) message;
        return 0;
}

static int generation_messages_on_ready(Generation *g, const Message *message) {
        (void) message;
        log_debug("Generation %u: PHP has started", g->number);
        g->php_start_usec = clock_now_usec() - g->spawned_usec;
        g->state = GENERATION_WARMING;
        workforce_start(g->workforce);
        request_timeouts_check(g->request_timeouts);
        queue_watch_check(g->queue_watch);
        if (slots_taken(generation_slots(g)) == 0)
                begin_serving(g); /* on demand: systemd's queue is as good as a worker */

        return 0;
}

static int generation_messages_on_failed(Generation *g, const Message *message) {
        g->refused = true;
        escape_string(g->reason, sizeof(g->reason), message->text);
        log_event(EVENT_PHP_REFUSED, LOG_ERR,
                        LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(g->number) }),
                        "PHP cannot start: %s", g->reason);
        g->state = GENERATION_DRAINING;
        return 0;
}

static int generation_messages_on_forked(Generation *g, const Message *message) {
        int r;

        r = slots_forked(
                        generation_slots(g), message->slot, message->value, generation_now_usec(g));
        if (r >= 0)
                workforce_forked(g->workforce);

        return r;
}

static int generation_messages_on_not_forked(Generation *g, const Message *message) {
        int r;

        r = slots_not_forked(generation_slots(g), message->slot, generation_now_usec(g));
        if (r < 0)
                return r;

        log_event(EVENT_WORKER_NOT_FORKED, LOG_WARNING,
                        LOG_FIELDS({ "FPMD_SLOT", LOG_NUMBER(message->slot) }),
                        "Cannot fork worker %u, trying again: %s", message->slot,
                        strerror(message->value));
        workforce_balance(g->workforce);
        return 0;
}

/* One that never came to the socket will not the next time either; one that did may have met a bad script,
 * and the next request may be a good one. */
static SlotEnd end_of(Generation *g, unsigned slot, int wait_status) {
        SlotView view;

        if (!worker_exit_is_bad(wait_status))
                return SLOT_LEFT;
        if (scoreboard_view_slot(g->board, slot, &view) < 0 || view.last_state <= SLOT_STARTING)
                return SLOT_NEVER_STARTED;

        return SLOT_CRASHED;
}

static void report_exit(Generation *g, WorkerExit exit) {
        RequestTimeoutsEnd end = {};

        if (request_timeouts_take_end(g->request_timeouts, exit.slot, &end)) {
                exit.cause = end.cause;
                exit.seconds = end.seconds;
                exit.stack = end.stack;
                if (g->state == GENERATION_ORPHANED && !end.stack)
                        exit.why_no_stack = "the zygote has gone";
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
        workforce_balance(g->workforce);
        if (worker_exit_is_crash(wait_status))
                g->context.hooks->crashed(g, g->context.userdata);
        g->context.hooks->changed(g, g->context.userdata);
        return 0;
}

static int generation_messages_on_exited(Generation *g, const Message *message) {
        return generation_worker_left(g, message->slot, message->value);
}

static int generation_messages_on_pong(Generation *g, const Message *message) {
        if (g->n_pings == 0)
                return misuse(g, message);

        g->n_pings--;
        g->context.hooks->alive(g, g->context.userdata);
        return 0;
}

static int generation_messages_on_frame(Generation *g, const Message *message) {
        return stack_requests_add(g->stack_requests, message->slot, message->text) == -EBADMSG
                               ? misuse(g, message)
                               : 0;
}

static int generation_messages_on_traced(Generation *g, const Message *message) {
        return stack_requests_end(g->stack_requests, message->slot, -message->value) < 0
                               ? misuse(g, message)
                               : 0;
}

/* Every state and every word of the zygote: what is not expected ends the generation. */
typedef enum ZygoteWord {
        WORD_READY,
        WORD_FAILED,
        WORD_FORKED,
        WORD_NOT_FORKED,
        WORD_EXITED,
        WORD_PONG,
        WORD_FRAME,
        WORD_TRACED,
        _WORD_MAX,
} ZygoteWord;

/* clang-format off */
static const MessageHandler handlers[_GENERATION_STATE_MAX][_WORD_MAX] = {
        /*                         READY     FAILED     FORKED     NOT_FORKED     EXITED     PONG     FRAME     TRACED */
        [GENERATION_STARTING] = { generation_messages_on_ready,  generation_messages_on_failed, misuse,    misuse,        misuse,    generation_messages_on_pong, misuse,   misuse },
        [GENERATION_WARMING]  = { misuse,    misuse,    generation_messages_on_forked, generation_messages_on_not_forked, generation_messages_on_exited, generation_messages_on_pong, generation_messages_on_frame, generation_messages_on_traced },
        [GENERATION_SERVING]  = { misuse,    misuse,    generation_messages_on_forked, generation_messages_on_not_forked, generation_messages_on_exited, generation_messages_on_pong, generation_messages_on_frame, generation_messages_on_traced },
        [GENERATION_DRAINING] = { ignore,    generation_messages_on_failed, generation_messages_on_forked, generation_messages_on_not_forked, generation_messages_on_exited, generation_messages_on_pong, generation_messages_on_frame, generation_messages_on_traced },
        [GENERATION_ORPHANED] = { misuse,    misuse,    misuse,    misuse,        misuse,    misuse,  misuse,   misuse },
        [GENERATION_GONE]     = { misuse,    misuse,    misuse,    misuse,        misuse,    misuse,  misuse,   misuse },
};
/* clang-format on */

static int handle(Generation *g, const Message *message) {
        int r;

        r = message_check(message, MESSAGE_FROM_ZYGOTE, slots_count(generation_slots(g)));
        if (r < 0)
                return r;

        return handlers[g->state][message->type - MESSAGE_READY](g, message);
}

int generation_on_control(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Generation *g = userdata;
        Message message;
        int r;

        (void) source;
        (void) revents;

        r = message_receive(fd, &message);
        if (r == -EAGAIN)
                return 0;
        if (r == 0) {
                generation_close_control(g); /* its exit status tells the rest */
                return 0;
        }
        if (r > 0)
                r = handle(g, &message);
        if (r < 0)
                generation_misused(g, "the zygote sent a wrong message");

        return 0;
}
