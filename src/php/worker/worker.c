/* SPDX-License-Identifier: MIT */
#include "php/worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/journal_socket.h"
#include "php/engine/php_engine.h"
#include "php/worker/leave_signals.h"
#include "php/worker/request_quota.h"
#include "php/worker/worker_internal.h"
#include "php/zygote/lifeline.h"

/* How long the end of a worker may be put off by a journald that does not read. */
#define DRAIN_LIMIT_USEC 200000

enum {
        /* How long the status worker waits for another question. */
        STATUS_IDLE_MSEC = 10000,

        /* How often a worker that can open no more files waits for a tenth of a second before it is replaced. */
        PAUSES_MAX = 50,
};

/* How long the last workers answer what has come on kept connections, before they hand on the rest: a stop loses
 * nothing of an ordinary pool, a restart of one that has more than enough to do is not held up. */
#define LEAVE_LIMIT_USEC 5000000
#define LEAVE_PAUSE_NSEC 10000000

void worker_wake_manager(Worker *worker) {
        static const uint64_t one = 1;

        (void) !write(worker->context->inherited->wake_fd, &one, sizeof(one));
}

static void give_memory_to_zygote(const WorkerContext *context, int lifeline_fd) {
        int r;

        r = lifeline_send_memory(lifeline_fd, context->proc_fd);
        if (r == -ETOOMANYREFS)
                fputs("<4>Stacks of this worker cannot be read: more file descriptors of its user are under "
                      "way in sockets than RLIMIT_NOFILE allows\n",
                                stderr);
        else if (r < 0)
                fprintf(stderr, "<4>Stacks of this worker cannot be read: /proc/self/mem: %s\n",
                                strerror(-r));
}

static int open_acceptor(Worker *worker, int lifeline_fd) {
        const Inherited *inherited = worker->context->inherited;
        int r;

        if (worker->is_status)
                return acceptor_new(&worker->acceptor, &inherited->status_fd, 1, lifeline_fd);

        r = acceptor_new(&worker->acceptor, inherited->listen_fds, inherited->n_listen_fds,
                        lifeline_fd);
        if (r < 0)
                return r;

        if (worker->context->config->queue_timeout_usec > 0)
                acceptor_number(worker->acceptor, worker->context->board);

        return acceptor_keep(worker->acceptor, inherited->handoff_in_fd, inherited->handoff_out_fd,
                        worker->context->board);
}

static Keepalive *keepalive_of(const Worker *worker) {
        return acceptor_keepalive(worker->acceptor);
}

static void appear(Worker *worker) {
        const WorkerContext *context = worker->context;

        worker->is_shown = context->config->status_path && !worker->is_status;
        worker->view = (PoolView){
                .config = context->config,
                .board = context->board,
                .slot = worker->slot,
                .listen_fds = context->inherited->listen_fds,
                .n_listen_fds = context->inherited->n_listen_fds,
                .handoff_in_fd = context->inherited->handoff_in_fd,
        };
        scoreboard_set_worker(context->board, worker->slot, getpid(), (uint64_t) time(NULL));
}

static int worker_init(Worker *worker, int lifeline_fd) {
        FcgiLimits limits = FCGI_LIMITS_DEFAULT;
        int r;

        give_memory_to_zygote(worker->context, lifeline_fd);
        (void) prctl(PR_SET_DUMPABLE, worker->context->config->process_dumpable, 0, 0, 0);

        worker->is_status = worker->slot == scoreboard_status_slot(worker->context->board);
        r = open_acceptor(worker, lifeline_fd);
        if (r < 0)
                return r;

        appear(worker);
        limits.body_stall_usec = worker->context->config->request_body_timeout_usec;
        r = fcgi_request_new(&worker->fcgi, &limits);
        if (r < 0)
                return r;

        worker->guard.allowed = worker->context->config->listen_allowed_clients;
        worker->max_requests =
                        request_quota_requests(worker->context->config->max_requests, worker->slot);
        r = worker_request_init(worker);
        if (r < 0)
                return r;

        leave_signals_enter_worker(lifeline_fd);
        r = access_log_new(&worker->php.access, worker->context->config, worker->context->inherited,
                        worker->context->board, lifeline_fd);
        if (r < 0)
                return r;
        if (worker->php.access)
                access_log_count_in(worker->php.access, &worker->log);

        php_engine_enter_worker();
        r = worker_memory_init(&worker->worker_memory, worker->context->proc_fd);
        if (r < 0)
                fprintf(stderr, "<4>The memory of this worker cannot be measured: %s\n",
                                strerror(-r));
        fd_close(worker->context->proc_fd); /* it leads out of a chroot */

        /* What scripts get. All that a worker needs itself is open. */
        return file_limit_lower(worker->context->file_limit, worker->context->config->rlimit_files);
}

/* Often while it is young and grows, then seldom: reading it costs a fraction of a millisecond. */
static bool should_be_weighed(uint64_t n_requests) {
        return n_requests < 128 ? (n_requests & (n_requests - 1)) == 0 : n_requests % 256 == 0;
}

static void weigh(Worker *worker) {
        const PoolConfig *config = worker->context->config;
        uint64_t bytes;

        if (config->pm == PM_AUTO && should_be_weighed(worker->n_requests) &&
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
        if (worker->too_heavy || php_engine_is_spent())
                return true;

        return worker->max_requests > 0 && worker->n_requests >= worker->max_requests;
}

static bool must_leave(const Worker *worker) {
        return has_done_enough(worker) || leave_signals_came() ||
               scoreboard_must_leave(worker->context->board, worker->slot);
}

/* All requests that have arrived on it. last: the connection is not kept after them. 0, or negative: leave. */
static int serve(Worker *worker, int fd, bool last) {
        bool more;
        int r;

        fcgi_request_attach(worker->fcgi, fd);
        worker->is_last = last;
        do {
                keepalive_begin_request(keepalive_of(worker));
                r = worker_request_serve(worker);
                keepalive_end_request(keepalive_of(worker));
                weigh(worker);
                more = fcgi_request_has_input(worker->fcgi);
                if (more)
                        worker_become_idle(worker);
        } while (r > 0 && more && !must_leave(worker));

        fd = fcgi_request_detach(worker->fcgi);
        if (fd >= 0 && r > 0 && !more && !last)
                (void) keepalive_add(keepalive_of(worker), fd);
        else if (fd >= 0)
                keepalive_close(keepalive_of(worker), fd);

        return r < 0 ? r : 0;
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

/* While it sleeps, others may need to know. */
static void show_kept(const Worker *worker) {
        scoreboard_set_keepalive(worker->context->board, worker->slot,
                        keepalive_count(keepalive_of(worker)));
}

/* What worker and thread have met with, and can go on after: a line each, and not too often. */
static void report_troubles(Worker *worker) {
        const char *complaint = keepalive_take_complaint(keepalive_of(worker));
        unsigned n_left_out;

        if (acceptor_take_hangup(worker->acceptor) &&
                        scoreboard_note_hangup(worker->context->board))
                fprintf(stderr,
                                "<3>A process of this pool has shut down a socket that all workers share, on which "
                                "nothing arrives any more: systemctl restart fpmd@%s.socket fpmd@%s.service\n",
                                worker->context->config->name, worker->context->config->name);
        if (complaint && rate_limit_allows(&worker->handoff_complaints, clock_now_usec(),
                                         &n_left_out))
                fprintf(stderr, "<4>Cannot hand over a kept connection to another worker: %s\n",
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
                fprintf(stderr, "<4>Cannot accept connections, trying again: %s\n",
                                shortage_text(error));
        if (error == -EMFILE && worker->n_requests > 0 && ++worker->n_pauses > PAUSES_MAX)
                worker->too_heavy = true;

        return acceptor_pause(worker->acceptor);
}

/* Sleeps until something may have come. As acceptor_wait(). */
static int wait_for_arrival(Worker *worker) {
        int r;

        report_troubles(worker);
        show_kept(worker);
        r = acceptor_wait(worker->acceptor, worker->is_status ? STATUS_IDLE_MSEC : -1);
        return r == -ETIMEDOUT && worker->is_status ? -ENODATA : r;
}

/* 0, or -ESHUTDOWN when this worker is to leave. */
static int next_arrival(Worker *worker, Arrival *ret) {
        bool lifeline_is_cut = false;
        uint64_t now_usec;
        int r;

        now_usec = worker_become_idle(worker);
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
                r = r == -EAGAIN ? wait_for_arrival(worker) : wait_for_room(worker, r);
                if (r == -ENODATA)
                        return -ESHUTDOWN;
                if (r < 0 && r != -ESHUTDOWN)
                        return r;
                if (r > 0)
                        access_log_take_file(worker->php.access);
                lifeline_is_cut = r == -ESHUTDOWN;
                now_usec = clock_now_usec();
        }
}

/* Each of those on which a request waits, once. last: it is closed after its answer. 0, or negative: leave. */
static int serve_ready(Worker *worker, bool last) {
        uint64_t until = clock_now_usec() + LEAVE_LIMIT_USEC;
        size_t place = 0;
        int fd, r = 0;

        while (r >= 0 && (last || clock_now_usec() < until) &&
                        (fd = keepalive_borrow_ready(keepalive_of(worker), &place)) >= 0)
                r = serve(worker, fd, last);

        return r;
}

/* Where nobody can take more now, somebody may in a moment, if others are there; meanwhile this worker serves them
 * itself. */
static int hand_out_all(Worker *worker, bool others_are_there) {
        const struct timespec pause = { .tv_nsec = LEAVE_PAUSE_NSEC };
        uint64_t until = others_are_there ? clock_now_usec() + LEAVE_LIMIT_USEC : 0;
        int r = 0;

        while (r >= 0 && keepalive_hand_out_all(keepalive_of(worker)) > 0 &&
                        clock_now_usec() < until) {
                report_troubles(worker);
                r = serve_ready(worker, false);
                (void) clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
        }
        if (keepalive_count(keepalive_of(worker)) > 0)
                fprintf(stderr,
                                "<4>Worker %u leaves and closes %zu kept connections, which no other worker has "
                                "taken: the handoff pair has no room for them (net.core.wmem_max limits it)\n",
                                worker->slot, keepalive_count(keepalive_of(worker)));

        return r;
}

/* Keepalive connections live on with another worker: one that is here, that takes the place of this one, or that the next
 * manager starts; what comes on them waits there unread. Of the last ones nobody knows whether another follows, for a
 * restart begins as a stop does: they answer first what has come. */
static int leave_keepalive(Worker *worker) {
        Draining draining = scoreboard_draining(worker->context->board);
        int r = 0;

        if (draining == DRAINING_LAST || draining == DRAINING_ALONE)
                keepalive_stop_handoff(keepalive_of(worker));
        if (draining == DRAINING_LAST) {
                keepalive_take_in_all(keepalive_of(worker));
                r = serve_ready(worker, false);
        }
        if (r >= 0 && draining != DRAINING_ALONE)
                r = hand_out_all(worker, draining != DRAINING_LAST);

        /* What nobody takes. */
        return r < 0 ? r : serve_ready(worker, true);
}

/* After PHP has come out of a request in a state in which it serves nobody. */
static int give_up(Worker *worker) {
        keepalive_hand_out_all(keepalive_of(worker));
        return EX_SOFTWARE;
}

static int serve_all(Worker *worker) {
        Arrival arrival;
        int r;

        worker_become_idle(worker);
        worker_wake_manager(worker);
        while ((r = next_arrival(worker, &arrival)) >= 0)
                if (serve(worker, arrival.fd, false) < 0)
                        return give_up(worker);

        report_troubles(worker);
        if (r != -ESHUTDOWN)
                fprintf(stderr, "<3>Cannot accept connections: %s\n", strerror(-r));
        if (leave_keepalive(worker) < 0)
                return give_up(worker);

        return r == -ESHUTDOWN ? EX_OK : EX_OSERR;
}

/* What a script wrote without a new line behind it would stay in journald until somebody else writes; an empty
 * line is none to it. */
static void end_logs(Worker *worker) {
        if (worker->log.fd < 0)
                return;

        worker_log_tell_lost(&worker->log);
        journal_stream_end_line(STDOUT_FILENO);
        journal_stream_end_line(STDERR_FILENO);
        (void) journal_socket_drain(worker->log.fd, STDERR_FILENO, DRAIN_LIMIT_USEC);
}

int worker_run(unsigned slot, int lifeline_fd, void *userdata) {
        const WorkerContext *context = userdata;
        Worker worker = { .context = context, .slot = slot };
        char proctitle[128];
        int r;

        worker.log = (WorkerLog){
                .fd = context->inherited->journal_fd,
                .pool = context->config->name,
                .slot = slot,
        };
        if (slot == scoreboard_status_slot(context->board))
                snprintf(proctitle, sizeof(proctitle), "fpmd: %s: status", context->config->name);
        else
                snprintf(proctitle, sizeof(proctitle), "fpmd: %s: worker %u", context->config->name,
                                slot);
        proctitle_set(context->proctitle, proctitle);

        r = worker_init(&worker, lifeline_fd);
        if (r < 0) {
                fprintf(stderr, "<3>Cannot start worker %u: %s\n", slot, strerror(-r));
                return EX_OSERR;
        }

        r = serve_all(&worker);
        end_logs(&worker);
        acceptor_free(worker.acceptor);
        fcgi_request_free(worker.fcgi);
        access_log_free(worker.php.access);
        return r;
}
