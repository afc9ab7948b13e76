/* SPDX-License-Identifier: MIT */
#include "manager/requests/worker_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/parse.h"
#include "manager/base/log.h"
#include "manager/requests/request_text.h"

bool worker_exit_is_bad(int wait_status) {
        return !WIFEXITED(wait_status) || WEXITSTATUS(wait_status) != 0;
}

bool worker_exit_is_crash(int wait_status) {
        return WIFSIGNALED(wait_status) &&
               (WTERMSIG(wait_status) == SIGSEGV || WTERMSIG(wait_status) == SIGBUS);
}

static void describe_status(char *buffer, size_t size, int wait_status) {
        if (WIFSIGNALED(wait_status)) {
                const char *name = sigabbrev_np(WTERMSIG(wait_status));

                snprintf(buffer, size, "was killed by SIG%s%s", name ? name : "?",
                                WCOREDUMP(wait_status) ? " (core dumped)" : "");
        } else
                snprintf(buffer, size, "exited with status %d", WEXITSTATUS(wait_status));
}

static bool was_in_request(SlotState state) {
        return state == SLOT_REQUEST_INFO || state == SLOT_RUNNING || state == SLOT_ENDING ||
               state == SLOT_FINISHING;
}

/* Finds the request in which it died, as far as the scoreboard shows it. */
static bool find_request(Scoreboard *board, unsigned slot, RequestText *ret) {
        SlotView view;

        if (scoreboard_view_slot(board, slot, &view) < 0 || !was_in_request(view.last_state))
                return false;

        request_text(ret, &view);
        return true;
}

static void log_bad_exit(
                Event event, const WorkerExit *e, const RequestText *request, const char *text) {
        log_event(event, LOG_WARNING,
                        LOG_FIELDS({ "FPMD_SLOT", LOG_NUMBER(e->slot) },
                                        { "FPMD_WORKER_PID", LOG_NUMBER((unsigned) e->pid) },
                                        { "REQUEST_METHOD", request ? request->method : NULL },
                                        { "REQUEST_URI", request ? request->uri : NULL },
                                        { "SCRIPT_FILENAME", request ? request->script : NULL },
                                        { "FPMD_SECONDS", e->seconds }, { "FPMD_STACK", e->stack }),
                        "%s", text);
}

void worker_report_exit(Scoreboard *board, const WorkerExit *e) {
        double seconds = (double) e->lived_usec / USEC_PER_SEC;
        char status[64], during[4096] = "";
        _cleanup_free_ char *text = NULL;
        RequestText request;
        bool in_request;

        if (!worker_exit_is_bad(e->wait_status)) {
                log_debug("Worker %u (pid %d) left after %.1f s", e->slot, e->pid, seconds);
                return;
        }

        describe_status(status, sizeof(status), e->wait_status);
        in_request = find_request(board, e->slot, &request);
        if (in_request)
                snprintf(during, sizeof(during), "during %s %s (%s)", request.method, request.uri,
                                request.script);
        if (e->cause ? asprintf(&text, "Worker %u (pid %d) was ended%s%s: the request %s%s%s%s%s",
                                       e->slot, e->pid, in_request ? " " : "", during, e->cause,
                                       e->why_no_stack ? ", without a stack: " : "",
                                       e->why_no_stack ? e->why_no_stack : "", e->stack ? "\n" : "",
                                       e->stack ? e->stack : "") < 0
                     : asprintf(&text, "Worker %u (pid %d) %s, %.1f s after its start%s%s", e->slot,
                                       e->pid, status, seconds, in_request ? ", " : "", during) < 0)
                return;

        log_bad_exit(e->cause                         ? EVENT_REQUEST_TIMEOUT
                        : WIFSIGNALED(e->wait_status) ? EVENT_WORKER_CRASHED
                                                      : EVENT_WORKER_FAILED,
                        e, in_request ? &request : NULL, text);
}

void worker_report_zygote_exit(unsigned generation, const siginfo_t *si, bool expected) {
        const char *name;
        char how[64];

        if (si->si_code == CLD_EXITED && si->si_status == 0 && expected) {
                log_debug("Generation %u: the zygote has left", generation);
                return;
        }

        if (si->si_code == CLD_EXITED)
                snprintf(how, sizeof(how), "exited with status %d", si->si_status);
        else {
                name = sigabbrev_np(si->si_status);
                snprintf(how, sizeof(how), "was killed by SIG%s", name ? name : "?");
        }
        log_event(EVENT_ZYGOTE_DIED, LOG_WARNING,
                        LOG_FIELDS({ "FPMD_GENERATION", LOG_NUMBER(generation) }),
                        "Generation %u: the zygote %s", generation, how);
}
