/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/parse.h"
#include "php/engine/php_engine.h"
#include "php/engine/php_status.h"
#include "php/worker/fork_guard.h"
#include "php/worker/worker_internal.h"

enum {
        /* How long a worker waits for the first byte of a new connection before it looks for others. */
        FIRST_BYTE_MSEC = 2,
};

/* How long a new connection may be there without a byte. */
#define SILENCE_USEC 5000000

/* For fork(), which takes no userdata. One worker is in a process. */
static struct {
        Worker *worker;
        int blank_fd; /* leads nowhere */
} forking = { .blank_fd = -EBADF };

/* The child of a script has no connection from the start. The parent's answer must not depend on it. */
static void on_fork_in_worker(void) {
        if (!php_engine_starts_program())
                forking.worker->php.must_close = true;
}

/* The log stays: what PHP says there in the child is worth reading. */
static void on_fork_in_child(void) {
        const Worker *worker = forking.worker;
        const Inherited *inherited = worker->context->inherited;
        const int fds[] = { fcgi_request_fd(worker->fcgi), inherited->wake_fd,
                inherited->handoff_in_fd, inherited->handoff_out_fd, inherited->status_fd,
                inherited->board_fd, inherited->control_page_fd, inherited->access_fd };

        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                fd_cover(fds[i], forking.blank_fd);
        acceptor_cover_fds(worker->acceptor, forking.blank_fd);
}

/* The answer is out, and the script goes on: the next request on the connection does not wait for it, and does not end
 * with it. */
static void hand_on_connection(Worker *worker) {
        Keepalive *keepalive = acceptor_keepalive(worker->acceptor);

        if (!keepalive || worker->is_last || worker->php.result <= 0 ||
                        fcgi_request_fd(worker->fcgi) < 0 || fcgi_request_has_input(worker->fcgi) ||
                        scoreboard_draining(worker->context->board) == DRAINING_ALONE)
                return;

        keepalive_hand_on(keepalive, fcgi_request_detach(worker->fcgi));
}

/* All stages of a request carry the time of its start: that is what its deadline counts from. */
static void worker_request_on_stage(SlotState state, void *userdata) {
        Worker *worker = userdata;

        if (fork_guard_is_child())
                return;

        scoreboard_set(worker->context->board, worker->slot, state, worker->request_usec);
        if (state == SLOT_FINISHING)
                hand_on_connection(worker);
}

/* The manager sets below how many idle workers it wants to be woken: 0 while it can fork no more. This is read after
 * this worker's slot word was written, so that either the manager sees the slot word or the worker sees the
 * threshold. */
static bool someone_should_know(const Worker *worker) {
        Scoreboard *board = worker->context->board;
        const PoolControl *control_page = scoreboard_view(board);
        uint32_t below = atomic_load(&control_page->wake_below);

        if (below == 0)
                below = atomic_load(&control_page->wake_when_busy);

        return below > 0 && scoreboard_idle_below(board, below);
}

/* The manager has no timer running while no request runs. */
static bool manager_waits_for_start(const Worker *worker) {
        return atomic_load_explicit(&scoreboard_view(worker->context->board)->wake_on_start,
                        memory_order_seq_cst);
}

static uint64_t cpu_usec(void) {
        struct timespec ts;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
        return (uint64_t) ts.tv_sec * USEC_PER_SEC + (uint64_t) ts.tv_nsec / 1000;
}

static const char *param(const Worker *worker, const char *name) {
        return fcgi_request_param(worker->fcgi, name, strlen(name));
}

static void publish_request(Worker *worker) {
        const char *length = param(worker, "CONTENT_LENGTH");
        RequestInfo info = {
                .method = param(worker, "REQUEST_METHOD"),
                .uri = worker->php.path.request_uri,
                .query = param(worker, "QUERY_STRING"),
                .script = php_status_is_asked(&worker->php) ? NULL : worker->php.path.script,
                .user = param(worker, "REMOTE_USER"),
                .target = param(worker, "REQUEST_URI"),
                .remote = param(worker, "REMOTE_ADDR"),
                .content_length = length ? strtoull(length, NULL, 10) : 0,
        };

        scoreboard_set_request(worker->context->board, worker->slot, &info);
}

/* What the client asked for: behind a front controller SCRIPT_NAME is the same for all. Every user of the machine can
 * read it, so the pool file has to ask for it. */
static void show_request(const Worker *worker) {
        const char *uri = param(worker, "REQUEST_URI");

        if (!worker->context->config->process_show_request)
                return;

        proctitle_set_request(worker->context->proctitle, param(worker, "REQUEST_METHOD"),
                        uri ? uri : param(worker, "SCRIPT_NAME"));
}

static void log_error_reply(const Worker *worker, int status) {
        if (!worker->php.access)
                return;

        access_log_begin(worker->php.access, worker->fcgi);
        access_log_facts(worker->php.access)->status = status;
        access_log_end(worker->php.access);
}

int worker_request_refuse(Worker *worker, uint64_t retry_seconds) {
        log_error_reply(worker, 503);
        return error_reply_send_unavailable(worker->fcgi, retry_seconds);
}

/* Its client has mostly gone by now, and the work is better done for one that has not. */
static int refuse_late(Worker *worker) {
        scoreboard_count_refused(worker->context->board);
        log_error_reply(worker, 503);
        return error_reply_send_late(
                        worker->fcgi, worker->context->config->queue_timeout_usec / 1000000 + 1);
}

bool worker_request_begin(Worker *worker, int *ret_result) {
        bool late = worker->late;
        int r;

        if (worker->is_shown)
                scoreboard_begin_busy(worker->context->board);

        /* What comes after this has not waited with it, also where this is none. */
        worker->late = false;
        scoreboard_set(worker->context->board, worker->slot, SLOT_READING_HEADERS,
                        clock_now_usec());
        if (someone_should_know(worker))
                worker_wake_manager(worker);

        r = fcgi_request_read(worker->fcgi);
        if (r < 0) {
                error_reply_report(&worker->complaints, r, clock_now_usec());
                *ret_result = error_reply_send(worker->fcgi, r);
                return false;
        }

        if (late) {
                *ret_result = refuse_late(worker);
                return false;
        }

        php_engine_resolve(&worker->php);
        publish_request(worker);
        show_request(worker);
        worker->request_usec = clock_now_usec();
        worker_request_on_stage(SLOT_REQUEST_INFO, worker);
        if (manager_waits_for_start(worker))
                worker_wake_manager(worker);

        scoreboard_count_request(worker->context->board, worker->slot);
        worker->n_requests++;
        worker->has_request = true;
        worker->php.finished = false;
        worker->php.must_close = false;
        return true;
}

void worker_request_end(Worker *worker) {
        if (fork_guard_is_child())
                _exit(php_engine_exit_status());

        if (worker->has_request) {
                worker->has_request = false;
                worker->served = true;
                if (worker->context->config->process_show_request)
                        proctitle_clear_request(worker->context->proctitle);
        }
        if (worker->is_shown)
                scoreboard_end_busy(worker->context->board);
}

static void show_usage(Worker *worker, uint64_t duration_usec) {
        if (cpu_share_add(&worker->cpu_share, duration_usec))
                cpu_share_sample(&worker->cpu_share, cpu_usec());

        scoreboard_set_usage(worker->context->board, worker->slot,
                        &(RequestUsage){
                                        .duration_usec = duration_usec,
                                        .cpu_centipercent = worker->cpu_share.centipercent,
                                        .memory_bytes = worker->php.memory_bytes,
                        });
}

static void count_served(Worker *worker, uint64_t now_usec) {
        uint64_t duration_usec = now_usec - worker->request_usec;

        worker->served = false;
        scoreboard_count_duration(worker->context->board, worker->slot, duration_usec);
        sched_policy_add(&worker->sched_policy, duration_usec);
        if (worker->is_shown)
                show_usage(worker, duration_usec);
}

/* This time is also the end of the request before, so that its duration takes no further clock_gettime(2). */
uint64_t worker_become_idle(Worker *worker) {
        uint64_t now_usec = clock_now_usec();

        if (worker->served)
                count_served(worker, now_usec);
        if (worker->log.n_lost > 0)
                worker_log_report_lost(&worker->log);
        scoreboard_set(worker->context->board, worker->slot, SLOT_IDLE, now_usec);
        return now_usec;
}

/* A web server connects and sends a moment later. Where many connect and do not send, only the first of them is waited
 * for. */
static bool has_come(Worker *worker) {
        struct pollfd pollfd = { .fd = fcgi_request_fd(worker->fcgi), .events = POLLIN };

        if (fcgi_request_has_begun(worker->fcgi))
                return true;

        return !worker->meets_silence && poll(&pollfd, 1, FIRST_BYTE_MSEC) > 0;
}

bool worker_request_is_awaited(Worker *worker) {
        int fd;

        worker->meets_silence = !worker->is_status && !has_come(worker);
        if (!worker->meets_silence)
                return false;

        fd = fcgi_request_detach(worker->fcgi);
        if (keepalive_set_aside(acceptor_keepalive(worker->acceptor), fd,
                            clock_now_usec() + SILENCE_USEC) != -ENOBUFS)
                return true;

        fcgi_request_attach(worker->fcgi, fd);
        return false;
}

static void close_connection(int fd, void *userdata) {
        Worker *worker = userdata;

        keepalive_close(acceptor_keepalive(worker->acceptor), fd);
}

static int guard_forks(Worker *worker) {
        static const ForkHandlers handlers = {
                .parent = on_fork_in_worker,
                .child = on_fork_in_child,
        };

        forking.worker = worker;
        forking.blank_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        return forking.blank_fd < 0 ? -errno : fork_guard_init(&handlers);
}

int worker_request_init(Worker *worker) {
        int r;

        r = guard_forks(worker);
        if (r < 0)
                return r;

        worker->php = (PhpRequest){
                .fcgi = worker->fcgi,
                .config = worker->context->config,
                .log = &worker->log,
                .stage = worker_request_on_stage,
                .close = close_connection,
                .userdata = worker,
                .view = &worker->view,
                .only_pages = worker->is_status,
                .is_worker = fork_guard_mark(),
        };
        sched_policy_init(&worker->sched_policy);
        if (worker->is_shown)
                cpu_share_init(&worker->cpu_share, cpu_usec());

        return 0;
}
