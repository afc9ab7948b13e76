/* SPDX-License-Identifier: MIT */
/* fpmctl status, requests, trace and reload: one question to one manager. */

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/escape.h"
#include "contract/scoreboard.h"
#include "fpmctl/callers.h"
#include "fpmctl/checker.h"
#include "fpmctl/command.h"
#include "fpmctl/pool_view.h"
#include "fpmctl/request_view.h"

/* A reload takes as long as PHP takes to start; systemd gives up on it before this. */
#define RELOAD_TIMEOUT_USEC (10 * 60 * USEC_PER_SEC)

enum {
        STOP_PATIENCE_SEC = 5,
};

/* systemd runs this as ExecReload=, and a user who waits for systemctl would see no reason. */
static void notify_callers(const Question *question) {
        char unit[NAME_MAX], escaped[CONTROL_TEXT_MAX], *text = question->text, *line;

        snprintf(unit, sizeof(unit), "fpmd@%s.service", question->pool);
        while ((line = strsep(&text, "\n"))) {
                if (*line == '\0')
                        continue;
                escape_string(escaped, sizeof(escaped), line);
                callers_notify(unit, escaped);
        }
}

/* What the manager has logged itself need not stand in the journal twice. */
static bool is_logged(const Question *question) {
        return question->refused && question->result != -EPERM && question->result != -EAGAIN &&
               question->result != -ECANCELED && question->result != CONTROL_BUSY;
}

/* `systemctl stop` while a reload is under way ends both, with one signal for each; a unit whose ExecReload= died of
 * it would have failed. The manager says within moments that it ends the reload: that is waited for. When systemd
 * has lost patience with the reload instead, nothing comes, and this process dies as it is to. */
static volatile sig_atomic_t is_stopped;

static void command_status_on_stop(int signal) {
        (void) signal;
        is_stopped = 1;
        (void) alarm(STOP_PATIENCE_SEC);
}

int command_reload_at_rest(const Invocation *in, int status, char *output) {
        if (status < 0)
                return complain(EX_OSERR, "cannot run %s: %s", FPMD_MANAGER_PROGRAM,
                                strerror(-status));
        if (status != EXIT_SUCCESS) {
                checker_print(output, stderr);
                return status;
        }

        print_pool_line(in,
                        "not running: the file is right, and the next start reads it (but for a changed listen: "
                        "systemctl daemon-reload, then restart the socket)");
        return EXIT_SUCCESS;
}

static int reload_at_rest(const Invocation *in) {
        _cleanup_free_ char *output = NULL;
        int status = checker_run(in->conf_dir, in->arguments[0], &output);

        return command_reload_at_rest(in, status, output);
}

static bool is_at_rest(const Question *question) {
        PoolPresence presence;

        if (question->result != -ENOENT && question->result != -ECONNREFUSED)
                return false;

        presence = pool_presence_by_unit(question->pool);
        return presence == PRESENCE_LISTENING || presence == PRESENCE_IDLE;
}

static int tell_failure(const Invocation *in, Question *question) {
        if (is_at_rest(question))
                return reload_at_rest(in);

        if (callers_run_by_systemd() && is_logged(question))
                return question->result == CONTROL_MISTAKES ? EX_CONFIG : EXIT_FAILURE;

        return complain_question(in, question);
}

static int tell_reload(const Invocation *in, Question *question) {
        int status = question->result == 0 ? EXIT_SUCCESS : tell_failure(in, question);

        if (is_stopped)
                return EXIT_SUCCESS;
        if (question->result == 0 && !callers_run_by_systemd())
                print_pool_line(in, question->text);
        else if (question->refused && callers_run_by_systemd())
                notify_callers(question);

        return status;
}

int command_reload(const Invocation *in) {
        if (callers_run_by_systemd())
                (void) signal(SIGTERM, command_status_on_stop);

        return command_ask(in, &(PoolQuestion){
                                               .verb = CONTROL_RELOAD,
                                               .timeout_usec = RELOAD_TIMEOUT_USEC,
                                               .starts_php = true,
                                               .tell = tell_reload,
                               });
}

/* --- status --- */

static void print_number(const json_t *answer, const char *name, const char *path) {
        print_value(name, "%" PRIu64, answer_number(answer, path));
}

static void print_exits(const json_t *answer) {
        json_t *exits = json_object_get(answer, "worker_exits"), *value;
        const char *reason;

        json_object_foreach(exits, reason, value) {
                char name[64];

                snprintf(name, sizeof(name), "exits, %s", reason);
                print_value(name, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        }
}

static void print_status(const json_t *answer) {
        print_value("pool", "%s", answer_text(answer, "pool"));
        print_value("state", "%s", answer_text(answer, "state"));
        print_value("running for", "%s", format_seconds(answer_real(answer, "uptime")).text);
        print_value("process manager", "%s", answer_text(answer, "pm"));
        print_number(answer, "generation", "generation");
        if (json_object_get(answer, "php_start"))
                print_value("PHP started in", "%.0f ms", answer_real(answer, "php_start") * 1000);
        if (*answer_text(answer, "outdated"))
                print_value("outdated", "%s was replaced on disk since; %s the pool",
                                answer_text(answer, "outdated"), pool_view_remedy(answer));
        if (json_is_true(json_object_get(answer, "drained")))
                print_value("drained", "the ping page answers 503, see fpmctl undrain");
        print_value("workers", "%" PRIu64,
                        answer_number(answer, "workers.busy") +
                                        answer_number(answer, "workers.idle") +
                                        answer_number(answer, "workers.starting"));
        print_number(answer, "busy", "workers.busy");
        print_number(answer, "idle", "workers.idle");
        print_number(answer, "draining", "workers.draining");
        print_number(answer, "queue", "queue.now");
        print_number(answer, "max queue", "queue.max");
        print_number(answer, "max children", "workers.max");
        print_value("because", "%s", answer_text(answer, "because"));
        print_number(answer, "max children reached", "max_children_reached");
        print_number(answer, "requests", "requests");
        if (json_object_get(answer, "slow_requests"))
                print_number(answer, "slow requests", "slow_requests");
        if (json_object_get(answer, "queue_timeouts"))
                print_number(answer, "queue timeouts", "queue_timeouts");
        print_exits(answer);
        print_value("memory", "%s", format_bytes(answer_number(answer, "memory_bytes")).text);
        print_value("cpu time", "%s", format_seconds(answer_real(answer, "cpu_seconds")).text);
}

/* EXIT_SUCCESS: question has an answer. */
static int check_answer(const Invocation *in, Question *question) {
        if (question->result == 0 && !question->json)
                question->result = -EBADMSG;

        return question->result < 0 ? complain_question(in, question) : EXIT_SUCCESS;
}

static int tell_status(const Invocation *in, Question *question) {
        Resources resources;
        int status = check_answer(in, question);

        if (status != EXIT_SUCCESS)
                return status;

        resources_read(question->pid, &resources);
        pool_view_add_resources(question->json, &resources);
        if (in->json)
                return print_json(question->json);

        print_status(question->json);
        return EXIT_SUCCESS;
}

int command_status(const Invocation *in) {
        return command_ask(in, &(PoolQuestion){ .verb = CONTROL_STATUS,
                                               .timeout_usec = ASK_TIMEOUT_USEC,
                                               .tell = tell_status });
}

/* --- what workers do --- */

static int ask(const Invocation *in, ControlVerb verb, uint32_t slot, Question *question) {
        question_init(question, in->arguments[0], verb);
        question->insists = true;
        question->slot = slot;
        client_ask(question, 1, ASK_TIMEOUT_USEC);
        return check_answer(in, question);
}

/* The pid is a claim of the zygote, which is good enough to show what /proc has. */
static void add_memory(json_t *answer) {
        json_t *workers = json_object_get(answer, "workers"), *worker;
        size_t i;

        json_array_foreach(workers, i, worker) {
                uint64_t pid = answer_number(worker, "pid");

                if (pid > 0 && pid <= INT32_MAX)
                        (void) json_object_set_new(worker, "memory_bytes",
                                        json_integer((json_int_t) resources_of_process(
                                                        (pid_t) pid)));
        }
}

int command_requests(const Invocation *in) {
        _cleanup_(question_done) Question question = { .fd = -EBADF };
        _cleanup_(table_freep) Table *table = NULL;
        int status;

        status = ask(in, CONTROL_REQUESTS, CONTROL_SLOT_ALL, &question);
        if (status != EXIT_SUCCESS)
                return status;

        add_memory(question.json);
        if (in->json)
                return print_json(question.json);

        if (request_view_table(&table, question.json) < 0)
                return complain_memory();

        return print_table(table);
}

static int parse_slot(const char *text, uint32_t *ret) {
        uint64_t slot;

        if (parse_uint(text, &slot) < 0 || slot >= SCOREBOARD_SLOTS_MAX)
                return complain(EX_USAGE, "'%s' is not the number of a slot, which is below %d",
                                text, SCOREBOARD_SLOTS_MAX);

        *ret = (uint32_t) slot;
        return EXIT_SUCCESS;
}

int command_trace(const Invocation *in) {
        _cleanup_(question_done) Question question = { .fd = -EBADF };
        uint32_t slot = CONTROL_SLOT_ALL;
        int status;

        status = in->n_arguments > 1 ? parse_slot(in->arguments[1], &slot) : EXIT_SUCCESS;
        if (status != EXIT_SUCCESS)
                return status;

        status = ask(in, CONTROL_TRACE, slot, &question);
        if (status != EXIT_SUCCESS)
                return status;
        if (in->json)
                return print_json(question.json);

        request_view_stacks(stdout, question.json);
        if (json_array_size(json_object_get(question.json, "workers")) == 0)
                fprintf(stderr, "fpmctl: pool %s: no request runs%s\n", question.pool,
                                slot == CONTROL_SLOT_ALL ? "" : " in this slot");
        return EXIT_SUCCESS;
}
