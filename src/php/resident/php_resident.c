/* SPDX-License-Identifier: MIT */
#include "php/resident/php_resident.h"

#include <SAPI.h>
#include <errno.h>
#include <ext/spl/spl_exceptions.h>
#include <php.h>
#include <php_main.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zend_exceptions.h>

#include "base/clock.h"
#include "base/parse.h"
#include "php/engine/php_body.h"
#include "php/engine/php_engine.h"
#include "php/engine/php_engine_internal.h"
#include "php/engine/php_request_ini.h"
#include "php/engine/php_script.h"
#include "php/engine/php_status.h"
#include "php/engine/php_variables.h"
#include "php/hooks/php_hooks.h"
#include "php/hooks/php_process.h"
#include "php/hooks/php_timeout.h"
#include "php/resident/php_baseline.h"
#include "php/resident/php_cycle.h"
#include "php/resident/php_opcache.h"
#include "php/resident/resident_call.h"
#include "php/resident/resident_module.h"
#include "php/resident/resident_paths.h"

#define PAUSE_FIRST_USEC UINT64_C(100000)
#define PAUSE_MAX_USEC UINT64_C(10000000)

/* A look takes 5 us. */
#define OPCACHE_LOOK_USEC UINT64_C(1000000)

enum {
        /* So often requests wait for the next try; after that they are answered by 503. */
        SILENT_TRIES = 3,

        /* A script that asks on after it was told to leave is ended. */
        ASKS_MAX = 2,
};

typedef enum ResidentPhase {
        RESIDENT_NONE, /* no script runs */
        RESIDENT_BOOTS,
        RESIDENT_WAITS,
        RESIDENT_ANSWERS,
        RESIDENT_GOES_ON, /* behind its answer */
        RESIDENT_LEAVES,
} ResidentPhase;

static struct {
        const PoolConfig *config;
        PhpResidentHooks hooks;
        ResidentPhase phase;
        bool is_warming;  /* the request is one of our own */
        bool is_ready;    /* the script has come to its first client */
        bool has_asked;   /* for a request, since it booted */
        bool must_leave;  /* the worker */
        bool has_classic; /* a request waits that is another script's */
        bool has_request; /* one waits that is the script's, while it does not run */
        int result;       /* of the request whose answer is out */
        unsigned n_asks;  /* after it was told to leave */
        unsigned n_failures;
        uint64_t opcache_usec; /* of the next look */
} resident;

/* --- start --- */

void php_resident_register(const PoolConfig *config) {
        resident.config = config;
        php_hooks_add_module(&resident_module);
}

void php_resident_init(const PoolConfig *config) {
        php_baseline_init(config);
}

bool php_resident_is_spent(void) {
        return php_baseline_is_spent();
}

/* --- whose request --- */

/* Pages of ours and refusals are answered without the application, and without the end of it. */
static bool is_classic(PhpRequest *request) {
        return resident_paths_owner(&request->path, resident.config, php_script_exists) ==
                               RESIDENT_OWNER_SCRIPT &&
               !php_status_is_asked(request) && !request->only_pages;
}

static bool is_for_application(PhpRequest *request) {
        return !php_status_is_asked(request) && !request->only_pages &&
               resident_paths_owner(&request->path, resident.config, php_script_exists) ==
                               RESIDENT_OWNER_APPLICATION;
}

/* --- one request --- */

/* -EAGAIN: it is another script's, for which this one leaves. */
static int take_request(void) {
        int r = 1;

        resident.phase = RESIDENT_WAITS;
        if (!resident.has_request)
                r = resident.hooks.next(0, resident.hooks.userdata);
        resident.has_request = false;
        if (r <= 0) {
                resident.must_leave = true;
                return -ESHUTDOWN;
        }
        if (is_classic(resident.hooks.request)) {
                resident.has_classic = true;
                return -EAGAIN;
        }

        return 0;
}

/* What is answered without a call of the application. */
static bool answer_ourselves(PhpRequest *request) {
        zend_file_handle handle;

        if (!SG(request_info).request_method)
                return true;
        if (php_status_serve(request) || php_request_ini_refuse() || php_body_refuse(request))
                return true;
        if (is_for_application(request))
                return false;

        /* A script that may not run, or is none: refused in the words of php-fpm. */
        if (php_script_open(request, &handle))
                zend_destroy_file_handle(&handle);
        return true;
}

static void call_application(
                PhpRequest *request, zend_fcall_info *call, zend_fcall_info_cache *cache) {
        zval result;

        ZVAL_UNDEF(&result);
        call->retval = &result;
        call->param_count = 0;
        call->params = NULL;
        request->stage(SLOT_RUNNING, request->userdata);
        (void) zend_call_function(call, cache);
        zval_ptr_dtor(&result);
}

/* With no memory left PHP 8.2 does not jump, it unwinds as for exit(): the application's shutdown functions, which make
 * a page of it, have the answer still open. */
static bool is_fatal(void) {
        return EG(exception) && zend_is_unwind_exit(EG(exception)) && EG(exit_status) == 255;
}

static void judge_warmup(void) {
        int status = SG(sapi_headers).http_response_code;

        if (status >= 400)
                fprintf(stderr, "<4>worker_warmup: %s is answered by %d\n",
                                resident.config->worker_warmup, status);
}

static void serve(PhpRequest *request, zend_fcall_info *call, zend_fcall_info_cache *cache) {
        bool exited = false, exited_late;

        resident.phase = RESIDENT_ANSWERS;
        request->finished = false;
        request->must_close = false;
        request->memory_bytes = 0;
        if (is_for_application(request))
                resident_paths_name_script(&request->path, fcgi_request_environment(request->fcgi),
                                resident.config, php_script_exists);
        php_cycle_activate(request);
        if (!answer_ourselves(request))
                call_application(request, call, cache);
        if (is_fatal())
                return;

        exited = php_cycle_report_exception();
        if (resident.is_warming)
                php_cycle_keep_shutdown_functions();
        resident.result = php_cycle_complete(request, &exited_late);
        resident.phase = RESIDENT_GOES_ON;
        if (resident.is_warming) {
                judge_warmup();
                if (exited)
                        zend_throw_unwind_exit();
                return;
        }

        resident.hooks.answered(resident.result, resident.hooks.userdata);
        request->stage(SLOT_FINISHING, request->userdata);
        if ((exited || exited_late) && !resident.config->worker_exit_continue)
                zend_throw_unwind_exit();
}

/* The script is inside of opcache for as long as it runs, so that opcache cannot do what it has put off. */
static void look_at_opcache(void) {
        uint64_t now_usec = clock_now_usec();

        if (now_usec < resident.opcache_usec)
                return;

        resident.opcache_usec = now_usec + OPCACHE_LOOK_USEC;
        if (php_opcache_waits())
                resident.hooks.renew(resident.hooks.userdata);
}

/* From here on what the script has made of its process is what each request begins with. */
static void become_ready(void) {
        php_baseline_seal();
        resident.is_ready = true;
        resident.n_failures = 0;
}

static void settle(void) {
        php_cycle_settle(resident.hooks.request);
        php_baseline_restore();
        if (resident.is_warming) {
                resident.is_warming = false;
                resident.hooks.end_warmup(resident.hooks.userdata);
                return;
        }

        look_at_opcache();
        resident.hooks.end(resident.result, resident.hooks.userdata);
}

static bool may_ask(void) {
        if (resident.phase == RESIDENT_BOOTS || resident.phase == RESIDENT_GOES_ON)
                return true;

        if (resident.phase == RESIDENT_LEAVES && ++resident.n_asks > ASKS_MAX)
                zend_throw_unwind_exit();
        else if (resident.phase == RESIDENT_NONE)
                zend_throw_exception(spl_ce_RuntimeException,
                                "frankenphp_handle_request() called while not in worker mode", 0);
        else if (resident.phase != RESIDENT_LEAVES)
                zend_throw_exception(spl_ce_RuntimeException,
                                "frankenphp_handle_request() called while a request is handled", 0);
        return false;
}

/* The first call. */
static void begin(void) {
        resident.has_asked = true;
        zend_unset_timeout();
        php_cycle_begin();
        php_baseline_seal_env();
        resident.is_warming = resident.hooks.begin_warmup(resident.hooks.userdata) >= 0;
}

bool resident_call_handle(zend_fcall_info *call, zend_fcall_info_cache *cache) {
        if (!may_ask())
                return false;

        if (resident.phase == RESIDENT_GOES_ON)
                settle();
        else
                begin();
        if (!resident.is_ready && !resident.is_warming)
                become_ready();

        if (!resident.is_warming && take_request() < 0) {
                resident.phase = RESIDENT_LEAVES;
                return false;
        }

        serve(resident.hooks.request, call, cache);
        return true;
}

/* --- the script's life --- */

/* What the script finds in $_SERVER while it boots, beside the environment. Runtimes look for themselves there. */
static void name_script(void) {
        const char *path = resident.config->worker_script, *slash = strrchr(path, '/');
        zval *server;

        (void) zend_is_auto_global_str((char *) ZEND_STRL("_SERVER"));
        server = zend_hash_str_find(&EG(symbol_table), ZEND_STRL("_SERVER"));
        if (server && Z_TYPE_P(server) == IS_INDIRECT)
                server = Z_INDIRECT_P(server);
        if (!server || Z_TYPE_P(server) != IS_ARRAY)
                return;

        SEPARATE_ARRAY(server);
        add_assoc_string(server, "SCRIPT_FILENAME", (char *) (uintptr_t) path);
        add_assoc_string(server, "SCRIPT_NAME", (char *) (uintptr_t) (slash ? slash : path));
        add_assoc_string(server, "PHP_SELF", (char *) (uintptr_t) (slash ? slash : path));
}

static void run_script(void) {
        zend_file_handle handle;

        errno = ENOENT;
        if (php_fopen_primary_script(&handle) != SUCCESS) {
                fprintf(stderr, "<3>worker_script: cannot open %s: %s\n",
                                resident.config->worker_script, strerror(errno));
                return;
        }

        php_script_enter_directory(resident.config->worker_script);
        EG(exit_status) = 0;
        (void) php_execute_script(&handle);
        zend_destroy_file_handle(&handle);
}

void resident_call_end_script(void) {
        if (resident.phase != RESIDENT_NONE)
                php_baseline_unseal();
}

/* The answer that is under way when the script ends, in whatever way, is ended by PHP as any other. */
static void end_script(void) {
        PhpRequest *request = resident.hooks.request;
        bool answers = resident.phase == RESIDENT_ANSWERS;

        if (resident.phase == RESIDENT_GOES_ON)
                settle();
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
        SG(request_info).path_translated = NULL;
        SG(server_context) = NULL;
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
        php_timeout_before_startup();
        if (php_request_startup() == FAILURE)
                return -EFAULT;

        php_timeout_after_startup();
        php_engine_keep_signal_handlers();
        PG(ignore_user_abort) = 1;
        zend_try {
                name_script();
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

        fprintf(stderr, "<3>worker_script: %s has ended %s\n", resident.config->worker_script,
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

        (void) setenv("FRANKENPHP_WORKER", "1", 1);
        php_variables_enter_resident();
        resident.hooks = *hooks;
        while (r >= 0 && !resident.must_leave) {
                hooks->boots(hooks->userdata);
                r = live();
                if (r < 0 || resident.must_leave)
                        continue;

                if (resident.has_classic)
                        serve_classic();
                else if (!resident.is_ready)
                        r = boot_failed();
        }

        return r;
}
