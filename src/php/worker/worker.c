/* SPDX-License-Identifier: MIT */
#include "php/worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/journal_socket.h"
#include "php/engine/php_engine.h"
#include "php/worker/fork_guard.h"
#include "php/worker/leave_signals.h"
#include "php/worker/request_quota.h"
#include "php/worker/worker_internal.h"
#include "php/zygote/lifeline.h"
#include "php/zygote/proc_folder.h"

/* How long the end of a worker may be put off by a journald that does not read. */
#define DRAIN_LIMIT_USEC 200000

void worker_wake_manager(Worker *worker) {
        fd_signal_event(worker->context->inherited->wake_fd);
}

static void give_memory_to_zygote(int proc_fd, int lifeline_fd) {
        int r;

        r = lifeline_send_memory(lifeline_fd, proc_fd);
        if (r == -ETOOMANYREFS)
                stderr_line("<4>Stacks of this worker cannot be read: more file descriptors of its user are under "
                            "way in sockets than RLIMIT_NOFILE allows\n");
        else if (r < 0)
                stderr_line("<4>Stacks of this worker cannot be read: /proc/self/mem: %s\n",
                                strerror(-r));
}

/* What is opened by /proc, which leads out of a chroot: it is closed before anybody else may look at our
 * descriptors. */
static void open_own_memory(Worker *worker, int lifeline_fd) {
        int proc_fd = proc_folder_choose(worker->context->proc_fd), r;

        r = worker_memory_init(&worker->worker_memory, proc_fd);
        if (r < 0)
                stderr_line("<4>The memory of this worker cannot be measured: %s\n", strerror(-r));

        give_memory_to_zygote(proc_fd, lifeline_fd);
        fd_close(proc_fd);
        (void) prctl(PR_SET_DUMPABLE, worker->context->config->process_dumpable, 0, 0, 0);
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
                        worker->context->board, worker->slot);
}

static void appear(Worker *worker) {
        const WorkerContext *context = worker->context;

        worker->is_shown = context->config->status_path && !worker->is_status;
        worker->view = (PoolSnapshot){
                .config = context->config,
                .board = context->board,
                .slot = worker->slot,
                .listen_fds = context->inherited->listen_fds,
                .n_listen_fds = context->inherited->n_listen_fds,
                .handoff_in_fd = context->inherited->handoff_in_fd,
                .wake_fd = context->inherited->wake_fd,
        };
        scoreboard_set_worker(context->board, worker->slot, getpid(), (uint64_t) time(NULL));
}

static int worker_init(Worker *worker, int lifeline_fd) {
        FcgiLimits limits = FCGI_LIMITS_DEFAULT;
        int r;

        open_own_memory(worker, lifeline_fd);
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
        php_engine_take_place(worker->slot, fork_guard_mark());

        /* What scripts get. All that a worker needs itself is open. */
        return file_limit_lower(
                        &worker->context->file_limit, worker->context->config->rlimit_files);
}

static int serve_all(Worker *worker) {
        if (worker->context->config->worker_script && !worker->is_status)
                return resident_worker_serve(worker);

        while (request_source_next(worker) > 0)
                request_source_end(worker, php_engine_serve(&worker->php));

        return request_source_exit_status(worker);
}

/* What a script wrote without a new line behind it would stay in journald until somebody else writes; an empty
 * line is none to it. */
static void end_logs(Worker *worker) {
        if (worker->log.fd < 0)
                return;

        worker_log_report_lost(&worker->log);
        journal_stream_end_line(STDOUT_FILENO);
        journal_stream_end_line(STDERR_FILENO);
        (void) journal_socket_drain(worker->log.fd, STDERR_FILENO, DRAIN_LIMIT_USEC);
}

int worker_new(Worker *worker, const WorkerContext *context, unsigned slot, int lifeline_fd) {
        char proctitle[128];
        int r;

        *worker = (Worker){ .context = context, .slot = slot };
        worker->log = (WorkerLog){
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

        r = worker_init(worker, lifeline_fd);
        if (r < 0)
                stderr_line("<3>Cannot start worker %u: %s\n", slot, strerror(-r));
        return r;
}

int worker_free(Worker *worker, int status) {
        end_logs(worker);
        acceptor_free(worker->acceptor);
        fcgi_request_free(worker->fcgi);
        access_log_free(worker->php.access);
        return status;
}

int worker_run(unsigned slot, int lifeline_fd, void *userdata) {
        Worker worker;

        if (worker_new(&worker, userdata, slot, lifeline_fd) < 0)
                return EX_OSERR;

        return worker_free(&worker, serve_all(&worker));
}
