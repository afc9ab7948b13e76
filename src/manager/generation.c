/* SPDX-License-Identifier: MIT */
#include "manager/generation.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "manager/launch.h"
#include "manager/log.h"
#include "manager/overdue.h"
#include "manager/queue_watch.h"
#include "manager/worker_report.h"
#include "manager/workforce.h"
#include "shared/escape.h"
#include "shared/fd.h"
#include "shared/message.h"

struct Generation {
        GenerationContext context;
        PoolConfig *config;
        unsigned number;
        GenerationState state;
        bool refused;
        char reason[MESSAGE_TEXT_MAX];

        pid_t zygote_pid; /* our child: 0 when there is none */
        int control_fd;
        int bell_fd; /* eventfd that workers ring */
        Scoreboard *board;
        Workforce *workforce;
        Overdue *overdue;
        QueueWatch *queue_watch;

        sd_event_source *child_source, *control_source, *bell_source, *limit_source;
};

static uint64_t now_usec(Generation *g) {
        uint64_t now = 0;

        (void) sd_event_now(g->context.event, CLOCK_MONOTONIC, &now);
        return now;
}

Generation *generation_free(Generation *g) {
        if (!g)
                return NULL;

        sd_event_source_disable_unref(g->child_source);
        sd_event_source_disable_unref(g->control_source);
        sd_event_source_disable_unref(g->bell_source);
        sd_event_source_disable_unref(g->limit_source);
        fd_close(g->control_fd);
        fd_close(g->bell_fd);
        scoreboard_free(g->board);
        queue_watch_free(g->queue_watch);
        overdue_free(g->overdue);
        workforce_free(g->workforce);
        pool_config_free(g->config);
        free(g);
        return NULL;
}

static Slots *slots(Generation *g) {
        return workforce_slots(g->workforce);
}

/* --- orders to the zygote --- */

static void generation_misused(Generation *g, const char *what) {
        log_error("Generation %u: %s, killing it", g->number, what);
        generation_kill(g);
}

/* The socket is non-blocking and holds hundreds of our messages: one that does not fit means that
 * the zygote does not read. */
static int order_message(Generation *g, const Message *message) {
        int r;

        if (g->control_fd < 0)
                return -EPIPE;

        r = message_send(g->control_fd, message);
        if (r == -EAGAIN)
                generation_misused(g, "the zygote does not read its control socket");

        return r;
}

static int order(Generation *g, MessageType type, unsigned slot, int value) {
        return order_message(g, &(Message){ .type = type, .slot = slot, .value = value });
}

void generation_ping(Generation *g) {
        (void) order(g, MESSAGE_PING, 0, 1);
}

static void close_control(Generation *g) {
        g->control_source = sd_event_source_disable_unref(g->control_source);
        g->control_fd = fd_close(g->control_fd);
}

/* The ledger reaches the workers also when the zygote does not. */
static void tell_workers_to_leave(Generation *g) {
        atomic_store(&scoreboard_ledger(g->board)->draining, 1);
}

uint64_t generation_drain_limit_usec(const Generation *g) {
        uint64_t limit = g->config->process_control_timeout_usec;

        return limit > 0 ? limit : GENERATION_DRAIN_LIMIT_USEC;
}

static int on_drain_limit(sd_event_source *source, uint64_t usec, void *userdata) {
        Generation *g = userdata;

        (void) source;
        (void) usec;
        log_warning("Generation %u: requests still run %" PRIu64
                    " s after they were asked to be the "
                    "last, killing them (process_control_timeout)",
                        g->number, generation_drain_limit_usec(g) / USEC_PER_SEC);
        generation_kill(g);
        return 0;
}

static void limit_drain(Generation *g) {
        int r;

        r = sd_event_add_time_relative(g->context.event, &g->limit_source, CLOCK_MONOTONIC,
                        generation_drain_limit_usec(g), 0, on_drain_limit, g);
        if (r < 0)
                log_error_errno(r, "Cannot limit the time of a drain, going on without: %m");
}

void generation_drain(Generation *g) {
        if (g->state == GENERATION_DRAINING || g->state == GENERATION_GONE)
                return;

        g->state = GENERATION_DRAINING;
        tell_workers_to_leave(g);
        workforce_stop(g->workforce);
        limit_drain(g);
        if (order(g, MESSAGE_DRAIN, 0, 0) < 0)
                close_control(g);
}

void generation_kill(Generation *g) {
        if (g->state == GENERATION_GONE)
                return;

        g->state = GENERATION_DRAINING;
        tell_workers_to_leave(g);
        workforce_stop(g->workforce);
        for (unsigned i = 0; i < slots_count(slots(g)) && g->control_fd >= 0; i++)
                if (slots_life(slots(g), i) == SLOT_ALIVE ||
                                slots_life(slots(g), i) == SLOT_RETIRING) {
                        Message message = { .type = MESSAGE_SIGNAL, .slot = i, .value = SIGKILL };

                        (void) message_send(g->control_fd, &message);
                }

        /* EOF makes the zygote leave behind its workers; one that does not listen is killed. */
        close_control(g);
        if (g->zygote_pid > 0)
                (void) kill(g->zygote_pid, SIGKILL);
}

/* --- workers --- */

static int order_fork(unsigned slot, void *userdata) {
        return order(userdata, MESSAGE_FORK, slot, 0);
}

static int order_retire(unsigned slot, void *userdata) {
        return order(userdata, MESSAGE_RETIRE, slot, 0);
}

static void order_trace(unsigned slot, unsigned depth, void *userdata) {
        (void) order(userdata, MESSAGE_TRACE, slot, (int) depth);
}

/* Not SIGTERM, which a script may have learned to ignore: nothing of it is to run any more. */
static void order_end(unsigned slot, SlotWord word, void *userdata) {
        (void) order_message(userdata, &(Message){ .type = MESSAGE_SIGNAL,
                                                       .slot = slot,
                                                       .value = SIGKILL,
                                                       .word = word });
}

static const OverdueOrders overdue_orders = { .trace = order_trace, .end = order_end };
static const WorkforceOrders workforce_orders = { .start_worker = order_fork,
        .retire_worker = order_retire };

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
                .bell_fd = -EBADF,
        };

        r = scoreboard_new(&g->board, (unsigned) config->max_children);
        if (r < 0)
                return r;

        r = workforce_new(&g->workforce, context->event, config, context->listeners, g->board,
                        &workforce_orders, g);
        if (r < 0)
                return r;

        r = overdue_new(&g->overdue, context->event, config, g->board, &overdue_orders, g);
        if (r < 0)
                return r;

        r = queue_watch_new(&g->queue_watch, context->event, config, context->listeners, g->board);
        if (r < 0)
                return r;

        g->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (g->bell_fd < 0)
                return -errno;

        *ret = TAKE_PTR(g);
        return 0;
}

static void begin_serving(Generation *g) {
        g->state = GENERATION_SERVING;
        g->context.hooks->serving(g, g->context.userdata);
}

static int on_bell(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
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
        overdue_look(g->overdue);
        queue_watch_look(g->queue_watch);
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

static int on_ready(Generation *g, const Message *message) {
        (void) message;
        log_debug("Generation %u: PHP has started", g->number);
        g->state = GENERATION_WARMING;
        workforce_start(g->workforce);
        overdue_look(g->overdue);
        queue_watch_look(g->queue_watch);
        if (slots_taken(slots(g)) == 0)
                begin_serving(g); /* on demand: systemd's queue is as good as a worker */

        return 0;
}

static int on_failed(Generation *g, const Message *message) {
        g->refused = true;
        escape_string(g->reason, sizeof(g->reason), message->text);
        log_error("PHP cannot start: %s", g->reason);
        g->state = GENERATION_DRAINING;
        return 0;
}

static int on_forked(Generation *g, const Message *message) {
        return slots_forked(slots(g), message->slot, message->value, now_usec(g));
}

static int on_not_forked(Generation *g, const Message *message) {
        int r;

        r = slots_not_forked(slots(g), message->slot, now_usec(g));
        if (r < 0)
                return r;

        log_warning_errno(message->value, "Cannot fork worker %u, trying again: %m", message->slot);
        workforce_balance(g->workforce);
        return 0;
}

static int on_exited(Generation *g, const Message *message) {
        pid_t pid = slots_pid(slots(g), message->slot);
        bool badly = worker_exit_is_bad(message->value);
        uint64_t lived_usec;
        int r;

        r = slots_exited(slots(g), message->slot, badly, now_usec(g), &lived_usec);
        if (r < 0)
                return r;

        worker_report_exit(g->board, message->slot, pid, message->value, lived_usec,
                        overdue_cause(g->overdue, message->slot));
        workforce_balance(g->workforce);
        if (worker_exit_is_crash(message->value))
                g->context.hooks->crashed(g, g->context.userdata);
        g->context.hooks->changed(g, g->context.userdata);
        return 0;
}

static int on_pong(Generation *g, const Message *message) {
        (void) message;
        g->context.hooks->alive(g, g->context.userdata);
        return 0;
}

static int on_frame(Generation *g, const Message *message) {
        overdue_frame(g->overdue, message->slot, message->text);
        return 0;
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
        [GENERATION_STARTING] = { on_ready,  on_failed, misuse,    misuse,        misuse,    on_pong, misuse,   misuse },
        [GENERATION_WARMING]  = { misuse,    misuse,    on_forked, on_not_forked, on_exited, on_pong, on_frame, ignore },
        [GENERATION_SERVING]  = { misuse,    misuse,    on_forked, on_not_forked, on_exited, on_pong, on_frame, ignore },
        [GENERATION_DRAINING] = { ignore,    on_failed, on_forked, on_not_forked, on_exited, on_pong, on_frame, ignore },
        [GENERATION_GONE]     = { misuse,    misuse,    misuse,    misuse,        misuse,    misuse,  misuse,   misuse },
};
/* clang-format on */

static int handle(Generation *g, const Message *message) {
        int r;

        r = message_check(message, MESSAGE_FROM_ZYGOTE, slots_count(slots(g)));
        if (r < 0)
                return r;

        return handlers[g->state][message->type - MESSAGE_READY](g, message);
}

static int on_control(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Generation *g = userdata;
        Message message;
        int r;

        (void) source;
        (void) revents;

        r = message_receive(fd, &message);
        if (r == -EAGAIN)
                return 0;
        if (r == 0) {
                close_control(g); /* its exit status tells the rest */
                return 0;
        }
        if (r > 0)
                r = handle(g, &message);
        if (r < 0)
                generation_misused(g, "the zygote sent a wrong message");

        return 0;
}

static int on_zygote_exit(sd_event_source *source, const siginfo_t *si, void *userdata) {
        Generation *g = userdata;

        (void) source;
        worker_report_zygote_exit(g->number, si, g->state == GENERATION_DRAINING);

        g->zygote_pid = 0;
        g->child_source = sd_event_source_disable_unref(g->child_source);
        g->state = GENERATION_GONE;
        tell_workers_to_leave(g);
        workforce_stop(g->workforce);
        close_control(g);
        g->context.hooks->gone(g, g->context.userdata);
        return 0;
}

/* --- start --- */

static int watch(Generation *g) {
        sd_event *event = g->context.event;
        int r;

        r = sd_event_add_child(event, &g->child_source, g->zygote_pid, WEXITED, on_zygote_exit, g);
        if (r < 0)
                return r;

        r = sd_event_add_io(event, &g->control_source, g->control_fd, EPOLLIN, on_control, g);
        if (r < 0)
                return r;

        /* What the zygote said before it died is heard first: it may be the reason. */
        r = sd_event_source_set_priority(g->control_source, SD_EVENT_PRIORITY_NORMAL - 1);
        if (r < 0)
                return r;

        return sd_event_add_io(event, &g->bell_source, g->bell_fd, EPOLLIN, on_bell, g);
}

int generation_start(Generation *g) {
        LaunchPlan plan = {
                .program = g->context.program,
                .config = g->config,
                .listeners = g->context.listeners,
                .board = g->board,
                .bell_fd = g->bell_fd,
                .strict = g->context.strict,
        };
        int r;

        r = launch_zygote(&plan, &g->zygote_pid, &g->control_fd);
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

unsigned generation_number(const Generation *g) {
        return g->number;
}

const PoolConfig *generation_config(const Generation *g) {
        return g->config;
}

const char *generation_reason(const Generation *g) {
        return g->refused ? g->reason
                          : "the new zygote died before it was ready; the journal has more";
}

uint64_t generation_limit_reached(const Generation *g) {
        return workforce_limit_reached(g->workforce);
}

uint64_t generation_ceiling(const Generation *g) {
        return workforce_ceiling(g->workforce);
}

void generation_describe_ceiling(const Generation *g, char *buffer, size_t size) {
        workforce_describe_ceiling(g->workforce, buffer, size);
}

bool generation_refused(const Generation *g) {
        return g->refused;
}

int generation_summarize(Generation *g, ScoreboardSummary *ret) {
        return scoreboard_summarize(g->board, ret);
}
