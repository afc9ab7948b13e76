/* SPDX-License-Identifier: MIT */
#include "base/journal_socket.h"
#include "php/resident/php_resident_internal.h"

#include <SAPI.h>
#include <errno.h>
#include <php.h>
#include <php_main.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/parse.h"
#include "php/engine/php_body.h"
#include "php/engine/php_engine.h"
#include "php/engine/php_engine_internal.h"
#include "php/engine/php_request_ini.h"
#include "php/engine/php_script.h"
#include "php/engine/php_stray.h"
#include "php/engine/php_variables.h"
#include "php/hooks/php_hooks.h"
#include "php/hooks/php_process.h"
#include "php/hooks/php_timeout.h"
#include "php/resident/php_baseline.h"
#include "php/resident/php_cycle.h"
#include "php/resident/php_exit.h"
#include "php/resident/php_idle.h"
#include "php/resident/php_opcache.h"
#include "php/resident/php_superglobals.h"
#include "php/resident/resident_call.h"
#include "php/resident/resident_module.h"

#define PAUSE_FIRST_USEC UINT64_C(100000)
#define PAUSE_MAX_USEC UINT64_C(10000000)

enum {
        /* So often requests wait for the next try; after that they are answered by 503. */
        SILENT_TRIES = 3,
};

Resident resident;

/* --- start --- */

void php_resident_register(const PoolConfig *config) {
        resident.config = config;
        php_hooks_add_module(&resident_module);
}

static void on_opcache_restart(void) {
        if (resident.hooks.renew)
                resident.hooks.renew(resident.hooks.userdata);
}

void php_resident_init(const PoolConfig *config) {
        php_baseline_init(config);
        php_superglobals_init();
        php_exit_init();
        php_opcache_watch(on_opcache_restart);
}

bool php_resident_is_spent(void) {
        return php_baseline_is_spent();
}

/* --- the script's life --- */

static void run_script(void) {
        zend_file_handle handle;

        errno = ENOENT;
        if (php_fopen_primary_script(&handle) != SUCCESS) {
                stderr_line("<3>worker_script: cannot open %s: %s\n",
                                resident.config->worker_script, strerror(errno));
                return;
        }

        php_script_enter_directory(resident.config->worker_script);
        EG(exit_status) = 0;
        (void) php_execute_script(&handle);
        zend_destroy_file_handle(&handle);
}

void resident_call_end_script(void) {
        php_idle_set(NULL);
        if (resident.phase != RESIDENT_NONE)
                php_baseline_unseal();
}

/* The answer that is under way when the script ends, in whatever way, is ended by PHP as any other. */
static void end_script(void) {
        PhpRequest *request = resident.hooks.request;
        bool answers = resident.phase == RESIDENT_ANSWERS;

        if (resident.phase == RESIDENT_GOES_ON)
                resident_settle();
        resident.phase = RESIDENT_LEAVES;
        if (resident.has_asked)
                php_cycle_end();
        if (answers) {
                php_engine_mark_failure();
                if (php_request_is_open(request))
                        request->stage(SLOT_ENDING, request->userdata);
                request->memory_bytes = zend_memory_peak_usage(true);
        }

        php_request_shutdown(NULL);
        php_superglobals_set_script(NULL);
        SG(request_info).path_translated = NULL;
        SG(server_context) = NULL;
        php_stray_end();
        if (!answers)
                return;

        php_request_ini_end();
        php_process_end_request();
        php_body_done(request);
        (void) php_request_finish(request);
        if (resident.is_warming)
                resident.hooks.end_warmup(resident.hooks.userdata);
        else
                resident.hooks.end(request->result, resident.hooks.userdata);
}

/* 0 or -EFAULT. */
static int start_script(void) {
        SG(server_context) = NULL;
        memset(&SG(request_info), 0, sizeof(SG(request_info)));
        SG(request_info).path_translated = estrdup(resident.config->worker_script);
        SG(request_info).proto_num = 1000;
        SG(sapi_headers).http_response_code = 200;
        PG(max_input_time) = -1;
        php_superglobals_set_script(resident.config->worker_script);
        php_timeout_before_startup();
        if (php_request_startup() == FAILURE)
                return -EFAULT;

        php_timeout_after_startup();
        php_engine_keep_signal_handlers();
        PG(ignore_user_abort) = 1;
        zend_try {
                run_script();
        }
        zend_end_try();
        return 0;
}

static int live(void) {
        volatile int r = -EFAULT;

        resident.phase = RESIDENT_BOOTS;
        resident.has_asked = resident.is_ready = resident.is_warming = false;
        resident.n_asks = 0;
        resident.n_files = 0;
        zend_first_try {
                r = start_script();
        }
        zend_end_try();
        zend_first_try {
                if (r >= 0)
                        end_script();
        }
        zend_end_try();
        resident.phase = RESIDENT_NONE;
        if (resident_is_child())
                _exit(EG(exit_status));

        return r;
}

/* --- boots that fail --- */

static void wait_for_try(uint64_t pause_usec) {
        const struct timespec pause = {
                .tv_sec = (time_t) (pause_usec / USEC_PER_SEC),
                .tv_nsec = (long) (pause_usec % USEC_PER_SEC) * 1000,
        };

        (void) clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

static void refuse_until(uint64_t until_usec) {
        int r;

        while ((r = resident.hooks.next(until_usec, resident.hooks.userdata)) > 0)
                resident.hooks.refuse(resident.hooks.userdata);
        if (r == 0)
                resident.must_leave = true;
}

/* 0: try again, -ENOEXEC. */
static int boot_failed(void) {
        uint64_t pause_usec = PAUSE_FIRST_USEC;

        for (unsigned i = 0; i < resident.n_failures && pause_usec < PAUSE_MAX_USEC; i++)
                pause_usec *= 2;
        if (pause_usec > PAUSE_MAX_USEC)
                pause_usec = PAUSE_MAX_USEC;
        resident.n_failures++;

        stderr_line("<3>worker_script: %s has ended %s\n", resident.config->worker_script,
                        resident.has_asked ? "in the request of worker_warmup"
                                           : "before it asked for a request");
        if (resident.n_failures == 1 && resident.hooks.is_first(resident.hooks.userdata))
                return -ENOEXEC;

        if (resident.n_failures <= SILENT_TRIES)
                wait_for_try(pause_usec);
        else
                refuse_until(clock_now_usec() + pause_usec);
        return 0;
}

static void serve_classic(void) {
        int r;

        resident.has_classic = false;
        r = php_engine_serve(resident.hooks.request);
        resident.hooks.end(r, resident.hooks.userdata);
        if (r < 0)
                resident.must_leave = true;
}

/* Runtimes look for the variable to know that they may stay. */
static void enter(const PhpResidentHooks *hooks) {
        resident.hooks = *hooks;
        (void) setenv("FRANKENPHP_WORKER", "1", 1);
        php_variables_enter_resident();
}

void php_resident_set_hooks(const PhpResidentHooks *hooks) {
        php_baseline_enter_worker();
        resident.hooks = *hooks;
}

/* The end of the script is that of the process. A request that is another script's is served at the end. */
int php_resident_boot(const PhpResidentHooks *hooks) {
        int r;

        php_engine_enter_worker();
        enter(hooks);
        r = live();
        if (r >= 0 && resident.has_classic)
                serve_classic();

        if (r < 0)
                return r;
        if (!resident.is_ready)
                return -ENOEXEC;

        return resident.must_leave;
}

int php_resident_run_waiting(const PhpResidentHooks *hooks) {
        resident.has_request = true;
        return php_resident_run(hooks);
}

int php_resident_run(const PhpResidentHooks *hooks) {
        int r = 0;

        enter(hooks);
        while (r >= 0 && !resident.must_leave) {
                hooks->boots(hooks->userdata);
                r = live();
                if (r < 0 || resident.must_leave)
                        continue;

                if (resident.has_classic)
                        serve_classic();
                else if (!resident.is_ready)
                        r = boot_failed();
                if (r >= 0 && resident.is_ready && !resident.must_leave &&
                                hooks->is_replaced(hooks->userdata))
                        return 1;
        }

        return r;
}
