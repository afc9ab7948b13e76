/* SPDX-License-Identifier: MIT */
/* How long a worker sleeps that has nothing to do, and what it does when that was long. */

#include <errno.h>

#include "base/clock.h"
#include "base/stack.h"
#include "php/engine/php_engine.h"
#include "php/worker/worker_internal.h"

enum {
        /* How long the status worker waits for another question. */
        STATUS_IDLE_MSEC = 10000,

        /* How long no request comes before a worker gives back the memory of those before. */
        REST_MSEC = 10000,
};

/* Of two timeouts, of which -1 is none. */
static bool is_shorter(int msec, int other_msec) {
        return msec >= 0 && (other_msec < 0 || msec < other_msec);
}

static int until_msec(const Worker *worker) {
        uint64_t until = worker->source.until_usec, now;

        if (worker->is_status)
                return STATUS_IDLE_MSEC;
        if (until == 0)
                return -1;

        now = clock_now_usec();
        return until > now ? (int) ((until - now) / 1000 + 1) : 0;
}

/* A script that stays has its memory in use. */
static int rest_msec(const Worker *worker) {
        bool has_rested = worker->n_requests == worker->source.n_rested;

        return has_rested || worker->context->config->worker_script ? -1 : REST_MSEC;
}

static void rest(Worker *worker) {
        worker->source.n_rested = worker->n_requests;
        php_engine_rest();
        fcgi_request_release(worker->fcgi);
        stack_release();
}

int worker_sleep(Worker *worker) {
        Keepalive *keepalive = acceptor_keepalive(worker->acceptor);
        int silence = keepalive_close_silent(keepalive), until = until_msec(worker),
            msec = is_shorter(silence, until) ? silence : until, r;
        bool rests = is_shorter(rest_msec(worker), msec);

        /* While it sleeps, others may need to know. */
        scoreboard_set_keepalive(worker->context->board, worker->slot, keepalive_count(keepalive));
        r = acceptor_wait(worker->acceptor, rests ? REST_MSEC : msec);
        if (r != -ETIMEDOUT)
                return r;

        if (rests) {
                rest(worker);
                return 0;
        }
        if (msec != until)
                return 0;

        return worker->is_status ? -ENODATA : r;
}
