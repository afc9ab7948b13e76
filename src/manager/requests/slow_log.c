/* SPDX-License-Identifier: MIT */
#include "manager/requests/slow_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/parse.h"
#include "config/value/log_target.h"
#include "manager/base/log.h"
#include "manager/requests/request_text.h"
#include "manager/requests/slow_format.h"
#include "manager/requests/slow_writer.h"

/* A request whose stack is being read. */
typedef struct SlowRequest {
        SlowLog *log;
        struct SlowRequest *next;
        SlotWord word;
        uint64_t ran_usec;
        pid_t pid;
        RequestText text;
} SlowRequest;

struct SlowLog {
        const PoolConfig *config;
        Scoreboard *board;
        const Slots *slots;
        StackRequests *stack_requests;
        SlowWriter *writer;
        uint64_t n_slow;
        SlowRequest *asked;
};

int slow_log_new(SlowLog **ret, sd_event *event, const PoolConfig *config, Scoreboard *board,
                const Slots *slots, StackRequests *stack_requests) {
        _cleanup_(slow_log_freep) SlowLog *log = calloc(1, sizeof(*log));
        int r;

        if (!log)
                return -ENOMEM;

        *log = (SlowLog){
                .config = config, .board = board, .slots = slots, .stack_requests = stack_requests
        };
        r = slow_writer_new(&log->writer, event, config);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(log);
        return 0;
}

SlowLog *slow_log_free(SlowLog *log) {
        if (!log)
                return NULL;

        while (log->asked) {
                SlowRequest *request = log->asked;

                log->asked = request->next;
                stack_requests_forget(log->stack_requests, request);
                free(request);
        }
        slow_writer_free(log->writer);
        free(log);
        return NULL;
}

uint64_t slow_log_count(const SlowLog *log) {
        return log->n_slow;
}

/* --- the entry --- */

static void write_to_file(
                const SlowLog *log, const SlowRequest *request, const char *stack, int error) {
        SlowEntry entry = {
                .pool = log->config->name,
                .script = request->text.script,
                .pid = request->pid,
                .stack = stack,
                .error = error,
        };
        _cleanup_free_ char *text = NULL;
        time_t now = time(NULL);
        struct tm at;

        /* The journal has it already. */
        if (!log->config->slowlog || log_target_is_journal(log->config->slowlog) ||
                        !localtime_r(&now, &at))
                return;

        text = slow_format_file(&entry, &at);
        if (text)
                slow_writer_add(log->writer, text);
}

static const char *why_no_stack(int error) {
        switch (error) {
        case 0:
                return "";
        case -ENODATA:
                return "no PHP code runs";
        case -ESTALE:
        case -ESRCH:
                return "the request ended while its stack was read";
        case -ECANCELED:
                return "the zygote has gone";
        case -EBUSY:
                return "too many stacks were to be read at once";
        case -EMFILE:
        case -ENFILE:
                return "the zygote has no file descriptor left for it (RLIMIT_NOFILE)";
        case -ETOOMANYREFS:
                return "too many file descriptors of its user are under way in sockets (RLIMIT_NOFILE)";
        case -EAGAIN:
                return "it calls and returns too quickly for its stack to be read";
        default:
                return strerror(-error);
        }
}

static void write_to_journal(
                const SlowRequest *request, unsigned slot, const char *stack, int error) {
        _cleanup_free_ char *formatted = slow_format_stack(stack);
        const RequestText *text = &request->text;
        const char *calls = formatted && *formatted ? formatted : NULL;
        char seconds[32];

        snprintf(seconds, sizeof(seconds), "%.6f", (double) request->ran_usec / USEC_PER_SEC);
        log_event(EVENT_REQUEST_SLOW, LOG_WARNING,
                        LOG_FIELDS({ "FPMD_SLOT", LOG_NUMBER(slot) },
                                        { "FPMD_WORKER_PID", LOG_NUMBER((unsigned) request->pid) },
                                        { "REQUEST_METHOD", text->method },
                                        { "REQUEST_URI", text->uri },
                                        { "SCRIPT_FILENAME", text->script },
                                        { "FPMD_SECONDS", seconds }, { "FPMD_STACK", calls }),
                        "Worker %u (pid %d), script '%s' (request: \"%s %s\") executing too slow "
                        "(%s sec)%s%s",
                        slot, request->pid, text->script, text->method, text->uri, seconds,
                        calls ? "\n" : ", without a stack: ",
                        calls ? calls : why_no_stack(error < 0 ? error : -ENODATA));
}

static void forget(SlowRequest *request) {
        SlowRequest **place = &request->log->asked;

        while (*place != request)
                place = &(*place)->next;
        *place = request->next;
        free(request);
}

static void slow_log_on_stack(unsigned slot, int error, const char *stack, void *userdata) {
        SlowRequest *request = userdata;
        SlowLog *log = request->log;

        write_to_journal(request, slot, stack, error);
        write_to_file(log, request, stack, error);
        forget(request);
}

void slow_log_write(SlowLog *log, unsigned slot, SlotWord word, uint64_t ran_usec) {
        /* Of one that has ended in this moment, and may be another one's now, nothing is known but that it was slow. */
        SlotView view = { .method = "-", .uri = "-", .script = "-" };
        StackQuestion question;
        SlowRequest *request;
        int r, ended;

        log->n_slow++;
        ended = scoreboard_view_request(log->board, slot, word, &view);
        if (ended < 0 && ended != -ESTALE)
                return;
        request = calloc(1, sizeof(*request));
        if (!request)
                return;

        *request = (SlowRequest){
                .log = log,
                .next = log->asked,
                .word = word,
                .ran_usec = ran_usec,
                .pid = slots_pid(log->slots, slot),
        };
        log->asked = request;
        request_text(&request->text, &view);

        question = (StackQuestion){
                .slot = slot,
                .depth = (unsigned) log->config->request_slowlog_trace_depth,
                .word = word,
        };
        r = ended < 0 ? ended
                      : stack_requests_ask(
                                        log->stack_requests, &question, slow_log_on_stack, request);
        if (r < 0)
                slow_log_on_stack(slot, r, "", request);
}
