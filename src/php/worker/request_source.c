/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/journal_socket.h"
#include "php/engine/php_engine.h"
#include "php/worker/leave_signals.h"
#include "php/worker/worker_internal.h"

enum {
        /* How often a worker that can open no more files waits for a tenth of a second before it is replaced. */
        PAUSES_MAX = 50,
};

/* How long the last workers answer what has come on kept connections, before they hand on the rest: a stop loses
 * nothing of an ordinary pool, a restart of one that has more than enough to do is not held up. */
#define LEAVE_LIMIT_USEC 5000000

/* How long a worker that is replaced goes on to hand over what others have no room for yet. Nobody waits for it. */
#define HAND_OUT_LIMIT_USEC 60000000
#define LEAVE_PAUSE_NSEC 10000000

static Keepalive *keepalive_of(const Worker *worker) {
        return acceptor_keepalive(worker->acceptor);
}

/* Often while it is young and grows, then seldom: reading it costs a fraction of a millisecond. */
static bool should_measure_memory(uint64_t n_requests) {
        return n_requests < 128 ? (n_requests & (n_requests - 1)) == 0 : n_requests % 256 == 0;
}

static void measure_memory(Worker *worker) {
        const PoolConfig *config = worker->context->config;
        uint64_t bytes;

        if (config->pm == PM_AUTO && should_measure_memory(worker->n_requests) &&
                        worker_memory_read_pss(&worker->worker_memory, &bytes) >= 0)
                scoreboard_set_worker_memory(worker->context->board, worker->slot, bytes);

        if (config->max_worker_memory_bytes == 0 ||
                        worker_memory_read_private(&worker->worker_memory, &bytes) < 0 ||
                        bytes <= config->max_worker_memory_bytes)
                return;

        worker->too_heavy = true;
        worker_log_event(&worker->log, EVENT_WORKER_HEAVY, LOG_INFO,
                        "Worker %u has grown to %" PRIu64
                        " MiB, beyond pm.max_worker_memory, after "
                        "%" PRIu64 " requests: it is replaced",
                        worker->slot, bytes >> 20, worker->n_requests);
}

static bool has_done_enough(const Worker *worker) {
        if (worker->too_heavy || php_engine_is_spent() || php_resident_is_spent())
                return true;

        return worker->max_requests > 0 && worker->n_requests >= worker->max_requests;
}

static bool must_leave(const Worker *worker) {
        return has_done_enough(worker) || leave_signals_came() ||
               scoreboard_must_leave(worker->context->board, worker->slot);
}

/* Nobody queues there as at a listener, but a worker whose connection it was has seen it wait. */
static bool has_waited_too_long(const Worker *worker, uint64_t since_usec) {
        uint64_t limit = worker->context->config->queue_timeout_usec, now;

        if (limit == 0 || since_usec == 0)
                return false;

        now = clock_now_usec();
        return now > since_usec && now - since_usec > limit;
}

/* Closes the connection if not. One that another worker has admitted may be from before the last reload or restart,
 * where others were allowed. */
static bool is_admitted(Worker *worker, const Arrival *arrival) {
        if (arrival->is_keepalive)
                worker->late = has_waited_too_long(worker, arrival->past.since_usec);
        else
                worker->late = arrival->is_late;

        if ((arrival->is_keepalive && !arrival->past.is_taken) ||
                        client_guard_admits(&worker->guard, arrival->fd, clock_now_usec()))
                return true;

        if (arrival->is_keepalive)
                keepalive_close(keepalive_of(worker), arrival->fd);
        else
                fd_close(arrival->fd);
        return false;
}

/* What worker and thread have met with, and can go on after: a line each, and not too often. */
static void report_troubles(Worker *worker) {
        const char *complaint = keepalive_take_complaint(keepalive_of(worker));
        unsigned n_left_out;

        if (acceptor_take_hangup(worker->acceptor) &&
                        scoreboard_note_hangup(worker->context->board))
                stderr_line("<3>A process of this pool has shut down a socket that all workers share, on which "
                            "nothing arrives any more: systemctl restart fpmd@%s.socket fpmd@%s.service\n",
                                worker->context->config->name, worker->context->config->name);
        if (complaint && rate_limit_allows(&worker->handoff_complaints, clock_now_usec(),
                                         &n_left_out))
                stderr_line("<4>Cannot hand over a kept connection to another worker: %s\n",
                                complaint);
}

static bool is_shortage(int error) {
        return error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM;
}

static const char *shortage_text(int error) {
        if (error == -EMFILE)
                return "this process has as many files open as RLIMIT_NOFILE allows (rlimit_files)";
        if (error == -ENFILE)
                return "all processes together have as many files open as fs.file-max allows";

        return "the kernel has no memory for it";
}

/* Others may close something. A worker whose own scripts have left files open has none to close, and is replaced; in a
 * new one, which has that few, only the limit can be the reason. As acceptor_wait(). */
static int wait_for_room(Worker *worker, int error) {
        unsigned n_left_out;

        if (rate_limit_allows(&worker->shortages, clock_now_usec(), &n_left_out))
                stderr_line("<4>Cannot accept connections, trying again: %s\n",
                                shortage_text(error));
        if (error == -EMFILE && worker->n_requests > 0 && ++worker->n_pauses > PAUSES_MAX)
                worker->too_heavy = true;

        return acceptor_pause(worker->acceptor);
}

static int sleep_until_arrival(Worker *worker) {
        worker->meets_silence = false;
        report_troubles(worker);
        return worker_sleep(worker);
}

/* 0, or -ESHUTDOWN when this worker is to leave. */
static int next_arrival(Worker *worker, Arrival *ret) {
        bool lifeline_is_cut = false;
        uint64_t now_usec;
        int r;

        now_usec = sched_policy_let_others_finish(
                        &worker->sched_policy, worker_become_idle(worker));
        if (acceptor_must_leave(worker->acceptor, now_usec) || must_leave(worker))
                return -ESHUTDOWN;

        for (;;) {
                r = acceptor_try(worker->acceptor, now_usec, ret);
                if (r >= 0 && !is_admitted(worker, ret))
                        continue;
                if (r >= 0)
                        worker->n_pauses = 0;
                if (r != -EAGAIN && !is_shortage(r))
                        return r;

                if (lifeline_is_cut || must_leave(worker))
                        return -ESHUTDOWN;

                /* A connection wakes one worker. If that is this one, and it left without a look, nobody
                 * would take the connection until the next one comes. */
                r = r == -EAGAIN ? sleep_until_arrival(worker) : wait_for_room(worker, r);
                if (r == -ENODATA)
                        return -ESHUTDOWN;
                if (r < 0 && r != -ESHUTDOWN)
                        return r;
                if (r > 0)
                        access_log_take_file(worker->php.access);
                lifeline_is_cut = r == -ESHUTDOWN;
                now_usec = clock_now_usec();
                sched_policy_has_slept(&worker->sched_policy, now_usec);
        }
}

/* --- after the last arrival: the connections that the web server keeps --- */

static void begin_ready(RequestSource *source) {
        source->place = 0;
        source->ready_until_usec = clock_now_usec() + LEAVE_LIMIT_USEC;
}

/* One of those on which a request waits, each once; -ENOENT: that was all. */
static int next_ready(Worker *worker, bool last) {
        RequestSource *source = &worker->source;

        if (!last && clock_now_usec() >= source->ready_until_usec)
                return -ENOENT;

        return keepalive_borrow_ready(keepalive_of(worker), &source->place);
}

static void enter(RequestSource *source, SourcePhase phase) {
        source->phase = phase;
        source->in_round = false;
        begin_ready(source);
}

static void report_closed(const Worker *worker) {
        size_t n = keepalive_count(keepalive_of(worker));

        if (n > 0)
                stderr_line("<4>Worker %u leaves and closes %zu kept connections, which no other worker has "
                            "taken: the handoff pair has no room for them (net.core.wmem_max limits it)\n",
                                worker->slot, n);
}

/* Where nobody can take more now, somebody may in a moment, if others are there; meanwhile this worker serves them
 * itself. */
static int next_while_handing_out(Worker *worker) {
        const struct timespec pause = { .tv_nsec = LEAVE_PAUSE_NSEC };
        RequestSource *source = &worker->source;
        int fd;

        for (;;) {
                if (!source->in_round) {
                        if (keepalive_hand_out_all(keepalive_of(worker)) == 0 ||
                                        clock_now_usec() >= source->hand_out_until_usec) {
                                report_closed(worker);
                                return -ENOENT;
                        }

                        report_troubles(worker);
                        begin_ready(source);
                        source->in_round = true;
                }

                fd = next_ready(worker, false);
                if (fd >= 0)
                        return fd;

                (void) clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
                source->in_round = false;
        }
}

/* Keepalive connections live on with another worker: one that is here, that takes the place of this one, or that the
 * next manager starts; what comes on them waits there unread. Of the last ones nobody knows whether another follows,
 * for a restart begins as a stop does: they answer first what has come. */
static void begin_leaving(Worker *worker, int reason) {
        Draining draining = scoreboard_draining(worker->context->board);

        report_troubles(worker);
        if (reason != -ESHUTDOWN)
                stderr_line("<3>Cannot accept connections: %s\n", strerror(-reason));
        worker->source.end = reason;
        worker->source.hand_out_until_usec =
                        draining == DRAINING_LAST ? 0 : clock_now_usec() + HAND_OUT_LIMIT_USEC;

        if (draining == DRAINING_LAST || draining == DRAINING_ALONE)
                keepalive_stop_handoff(keepalive_of(worker));
        if (draining == DRAINING_LAST)
                keepalive_take_in_all(keepalive_of(worker));
        enter(&worker->source, draining == DRAINING_LAST    ? SOURCE_ANSWERING
                               : draining == DRAINING_ALONE ? SOURCE_LAST
                                                            : SOURCE_HANDING_OUT);
}

/* -ENOENT: nothing is left. */
static int next_while_leaving(Worker *worker) {
        RequestSource *source = &worker->source;
        int fd = -ENOENT;

        while (fd < 0 && source->phase != SOURCE_DONE) {
                if (source->phase == SOURCE_ANSWERING)
                        fd = next_ready(worker, false);
                else if (source->phase == SOURCE_HANDING_OUT)
                        fd = next_while_handing_out(worker);
                else /* what nobody takes */
                        fd = next_ready(worker, true);
                if (fd < 0)
                        enter(source, source->phase + 1);
        }

        return fd;
}

/* --- requests --- */

/* On a new one nothing may have come, also when another worker has put it into the pair. One that epoll has found has
 * its place already, and cannot be set aside as a new one. */
static bool may_be_silent(const Arrival *arrival) {
        return !arrival->is_keepalive || arrival->is_from_pair;
}

/* 1: attached; 0: the worker leaves; -ETIMEDOUT; -EAGAIN: the next one, this has to wait. */
static int next_connection(Worker *worker) {
        RequestSource *source = &worker->source;
        Arrival arrival;
        int fd, r;

        if (source->phase == SOURCE_SERVING) {
                r = next_arrival(worker, &arrival);
                if (r == -ETIMEDOUT)
                        return r;
                if (r < 0)
                        begin_leaving(worker, r);
        }

        fd = source->phase == SOURCE_SERVING ? arrival.fd : next_while_leaving(worker);
        if (fd < 0)
                return 0;

        fcgi_request_attach(worker->fcgi, fd);
        if (source->phase == SOURCE_SERVING && may_be_silent(&arrival) &&
                        worker_request_is_awaited(worker))
                return -EAGAIN;

        source->is_attached = true;
        worker->is_last = source->phase == SOURCE_LAST;
        return 1;
}

int request_source_next(Worker *worker) {
        RequestSource *source = &worker->source;
        int r, result;

        if (!source->has_begun) {
                source->has_begun = true;
                worker_become_idle(worker);
                worker_wake_manager(worker);
        }

        for (;;) {
                r = source->is_attached ? 1 : next_connection(worker);
                if (r == -EAGAIN)
                        continue;
                if (r <= 0)
                        return r;

                keepalive_begin_request(keepalive_of(worker));
                if (worker_request_begin(worker, &result))
                        return 1;

                request_source_end(worker, result);
        }
}

static void give_back(Worker *worker, bool can_be_kept) {
        int fd = fcgi_request_detach(worker->fcgi);

        worker->source.is_attached = false;
        if (fd >= 0 && can_be_kept)
                (void) keepalive_add(keepalive_of(worker), fd);
        else if (fd >= 0)
                keepalive_close(keepalive_of(worker), fd);
}

/* After PHP has come out of a request in a state in which it serves nobody. */
static void give_up(Worker *worker) {
        keepalive_hand_out_all(keepalive_of(worker));
        worker->source.is_broken = true;
        worker->source.phase = SOURCE_DONE;
}

/* In between the mutex of the kept connections is the worker's. */
void request_source_answered(Worker *worker, int result) {
        Keepalive *keepalive = keepalive_of(worker);

        if (!worker->source.is_attached || result < 0 || fcgi_request_has_input(worker->fcgi))
                return;

        keepalive_end_request(keepalive);
        give_back(worker, result > 0 && !worker->is_last);
        keepalive_begin_request(keepalive);
}

void request_source_end(Worker *worker, int result) {
        bool more;

        worker_request_end(worker);
        keepalive_end_request(keepalive_of(worker));
        measure_memory(worker);
        more = worker->source.is_attached && fcgi_request_has_input(worker->fcgi);
        if (more)
                worker_become_idle(worker);
        if (worker->source.is_attached && (result <= 0 || !more || must_leave(worker)))
                give_back(worker, result > 0 && !more && !worker->is_last);
        if (result < 0)
                give_up(worker);
}

int request_source_exit_status(const Worker *worker) {
        if (worker->source.is_broken)
                return EX_SOFTWARE;

        return worker->source.end == -ESHUTDOWN ? EX_OK : EX_OSERR;
}
