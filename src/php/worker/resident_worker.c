/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/parse.h"
#include "php/engine/php_engine.h"
#include "php/resident/php_resident.h"
#include "php/worker/worker_internal.h"
#include "php/worker/worker_warmup.h"

enum {
        RETRY_SECONDS = 5, /* what a client is told when the application does not boot */
};

/* No PHP and no handler has a part in it: a boot may hang anywhere. */
void resident_worker_start_boot_timer(Worker *worker) {
        struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
        uint64_t usec = worker->context->config->worker_boot_timeout_usec;
        const struct itimerspec value = {
                .it_value.tv_sec = (time_t) (usec / USEC_PER_SEC),
                .it_value.tv_nsec = (long) (usec % USEC_PER_SEC) * 1000,
        };

        if (usec == 0 || worker->boot_is_timed ||
                        timer_create(CLOCK_MONOTONIC, &event, &worker->boot_timer) < 0)
                return;

        worker->boot_is_timed = true;
        (void) timer_settime(worker->boot_timer, 0, &value, NULL);
}

void resident_worker_stop_boot_timer(Worker *worker) {
        if (worker->boot_is_timed)
                (void) timer_delete(worker->boot_timer);
        worker->boot_is_timed = false;
}

static int resident_worker_on_next(uint64_t until_usec, void *userdata) {
        Worker *worker = userdata;
        int r;

        resident_worker_stop_boot_timer(worker);
        worker->source.until_usec = until_usec;
        r = request_source_next(worker);
        worker->source.until_usec = 0;
        return r;
}

static void resident_worker_on_answered(int result, void *userdata) {
        request_source_answered(userdata, result);
}

static void resident_worker_on_end(int result, void *userdata) {
        request_source_end(userdata, result);
}

static void resident_worker_on_refuse(void *userdata) {
        request_source_end(userdata, worker_request_refuse(userdata, RETRY_SECONDS));
}

/* To the manager the worker still starts, and nothing of this request is counted or logged. */
static void ignore_stage(SlotState state, void *userdata) {
        (void) state;
        (void) userdata;
}

static int resident_worker_on_begin_warmup(void *userdata) {
        Worker *worker = userdata;
        int fd;

        if (!worker->context->config->worker_warmup)
                return -ENOENT;

        fd = worker_warmup_connect(worker->context->config);
        if (fd < 0)
                return fd;

        fcgi_request_attach(worker->fcgi, fd);
        if (fcgi_request_read(worker->fcgi) < 0) {
                fd_close(fcgi_request_detach(worker->fcgi));
                return -EIO;
        }

        worker->access = worker->php.access;
        worker->php.access = NULL;
        worker->stage = worker->php.stage;
        worker->php.stage = ignore_stage;
        php_engine_resolve(&worker->php);
        return 0;
}

static void resident_worker_on_end_warmup(void *userdata) {
        Worker *worker = userdata;

        (void) fd_close(fcgi_request_detach(worker->fcgi));
        worker->php.access = worker->access;
        worker->php.stage = worker->stage;
}

static void resident_worker_on_boots(void *userdata) {
        Worker *worker = userdata;

        scoreboard_set(worker->context->board, worker->slot, SLOT_STARTING, clock_now_usec());
        resident_worker_start_boot_timer(worker);
}

static void resident_worker_on_renew(void *userdata) {
        Worker *worker = userdata;

        scoreboard_ask_for_renewal(worker->context->board);
        worker_wake_manager(worker);
}

/* A generation that a reload has started and that has not served yet is given up at once. */
static bool resident_worker_is_first(void *userdata) {
        const Worker *worker = userdata;
        Scoreboard *board = worker->context->board;
        SlotView slot;

        if (!worker->context->strict)
                return false;

        for (unsigned i = 0; i < scoreboard_slots(board); i++)
                if (scoreboard_view_slot(board, i, &slot) >= 0 &&
                                (slot.state >= SLOT_IDLE || slot.n_requests > 0))
                        return false;

        return true;
}

static int resident_worker_on_compiled(const char *path, void *userdata) {
        const Worker *worker = userdata;

        if (send(worker->context->paths_fd, path, strlen(path), MSG_NOSIGNAL) < 0)
                return errno == EAGAIN || errno == EINTR ? -EAGAIN : 0;

        return 0;
}

static bool resident_worker_is_replaced(void *userdata) {
        const Worker *worker = userdata;

        return scoreboard_has_spare(worker->context->board);
}

void resident_worker_hooks(Worker *worker, PhpResidentHooks *ret) {
        *ret = (PhpResidentHooks){
                .next = resident_worker_on_next,
                .answered = resident_worker_on_answered,
                .end = resident_worker_on_end,
                .begin_warmup = resident_worker_on_begin_warmup,
                .end_warmup = resident_worker_on_end_warmup,
                .refuse = resident_worker_on_refuse,
                .boots = resident_worker_on_boots,
                .renew = resident_worker_on_renew,
                .is_first = resident_worker_is_first,
                .compiled = resident_worker_on_compiled,
                .is_replaced = resident_worker_is_replaced,
                .request = &worker->php,
                .userdata = worker,
        };
}

int resident_worker_hand_over(Worker *worker) {
        PhpResidentHooks hooks;
        int r = 1;

        worker->too_heavy = true;
        resident_worker_hooks(worker, &hooks);
        while (r > 0 && request_source_next(worker) > 0)
                r = php_resident_run_waiting(&hooks);

        return r < 0 ? EX_SOFTWARE : request_source_exit_status(worker);
}

int resident_worker_serve(Worker *worker) {
        PhpResidentHooks hooks;
        int r;

        resident_worker_hooks(worker, &hooks);
        r = php_resident_run(&hooks);
        if (r == -ENOEXEC)
                return EX_CONFIG;
        if (r > 0)
                return resident_worker_hand_over(worker);

        return r < 0 ? EX_SOFTWARE : request_source_exit_status(worker);
}
