/* SPDX-License-Identifier: MIT */
#include "manager/worker_report.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "manager/log.h"
#include "shared/escape.h"

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

/* " during GET /x.php?a=b (/srv/www/x.php)", or nothing. All of it is a worker's claim: escaped. */
static void describe_request(char *buffer, size_t size, const SlotView *view) {
        char uri[4 * sizeof(view->uri)], query[4 * sizeof(view->query)];
        char script[4 * sizeof(view->script)], method[4 * sizeof(view->method)];

        buffer[0] = '\0';
        if (!was_in_request(view->last_state))
                return;

        escape_string(method, sizeof(method), view->method);
        escape_string(uri, sizeof(uri), view->uri);
        escape_string(query, sizeof(query), view->query);
        escape_string(script, sizeof(script), view->script);
        snprintf(buffer, size, " during %s %s%s%s (%s)", method, uri, *query ? "?" : "", query,
                        script);
}

void worker_report_exit(Scoreboard *board, unsigned slot, pid_t pid, int wait_status,
                uint64_t lived_usec, const char *cause) {
        double seconds = (double) lived_usec / 1e6;
        char status[64], request[4096] = "";
        SlotView view;

        if (!worker_exit_is_bad(wait_status)) {
                log_debug("Worker %u (pid %d) left after %.1f s", slot, pid, seconds);
                return;
        }

        describe_status(status, sizeof(status), wait_status);
        if (scoreboard_view_slot(board, slot, &view) >= 0)
                describe_request(request, sizeof(request), &view);
        if (cause)
                log_warning("Worker %u (pid %d) was ended%s: the request %s", slot, pid, request,
                                cause);
        else
                log_warning("Worker %u (pid %d) %s after %.1f s%s", slot, pid, status, seconds,
                                request);
}

void worker_report_zygote_exit(unsigned generation, const siginfo_t *si, bool expected) {
        const char *name;

        if (si->si_code == CLD_EXITED) {
                log_full(si->si_status == 0 && expected ? LOG_DEBUG : LOG_WARNING,
                                "Generation %u: the zygote exited with status %d", generation,
                                si->si_status);
                return;
        }

        name = sigabbrev_np(si->si_status);
        log_warning("Generation %u: the zygote was killed by SIG%s", generation, name ? name : "?");
}
