/* SPDX-License-Identifier: MIT */
/* One request of a script that stays: whose it is, the call of the application for it, and what is given back behind
 * it. php_resident.c has the life of the script around it. */

#include <SAPI.h>
#include <errno.h>
#include <ext/spl/spl_exceptions.h>
#include <php.h>
#include <stdio.h>
#include <string.h>
#include <zend_exceptions.h>

#include "base/clock.h"
#include "base/journal_socket.h"
#include "base/parse.h"
#include "php/engine/php_body.h"
#include "php/engine/php_request_ini.h"
#include "php/engine/php_script.h"
#include "php/engine/php_status.h"
#include "php/engine/php_stray.h"
#include "php/resident/php_baseline.h"
#include "php/resident/php_cycle.h"
#include "php/resident/php_exit.h"
#include "php/resident/php_idle.h"
#include "php/resident/php_opcache.h"
#include "php/resident/php_resident_internal.h"
#include "php/resident/resident_call.h"
#include "php/resident/resident_paths.h"

/* Asking opcache takes 5 us. */
#define OPCACHE_ASK_USEC UINT64_C(1000000)

enum {
        EXIT_STATUS_OF_ERRORS = 255,

        /* A script that asks on after it was told to leave is ended. */
        ASKS_MAX = 2,
};

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

/* --- the wait --- */

/* To the manager the worker is as busy with itself as while it boots, and for as long as that may take. */
static void call_idle_function(void) {
        bool exited;

        resident.phase = RESIDENT_IDLES;
        resident.hooks.boots(resident.hooks.userdata);
        exited = php_idle_call();
        php_baseline_restore();
        if (exited || resident_is_child())
                zend_throw_unwind_exit();
        resident.phase = RESIDENT_WAITS;
}

/* As hooks.next(); -ECANCELED: the script is on its way out. */
static int wait_for_request(void) {
        uint64_t pause_usec = resident.config->worker_idle_tick_usec;
        int r;

        for (;;) {
                bool ticks = pause_usec > 0 && php_idle_is_set();

                r = resident.hooks.next(
                                ticks ? clock_now_usec() + pause_usec : 0, resident.hooks.userdata);
                if (r != -ETIMEDOUT)
                        return r;

                call_idle_function();
                if (EG(exception))
                        return -ECANCELED;
        }
}

/* --- one request --- */

/* -EAGAIN: it is another script's, for which this one leaves. */
static int take_request(void) {
        int r = 1;

        resident.phase = RESIDENT_WAITS;
        if (!resident.has_request)
                r = wait_for_request();
        resident.has_request = false;
        if (r == -ECANCELED)
                return r;
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
        return EG(exception) && zend_is_unwind_exit(EG(exception)) &&
               EG(exit_status) == EXIT_STATUS_OF_ERRORS;
}

bool resident_is_child(void) {
        return !*resident.hooks.request->is_worker;
}

/* A child that a script has forked ends as the child of any script, by the end of PHP's request. */
static void leave_as_child(void) {
        (void) php_cycle_report_exception();
        zend_throw_unwind_exit();
}

/* Behind an exit(). */
static bool may_go_on(void) {
        const char *value = resident.config->worker_exit_continue;

        if (EG(exit_status) == EXIT_STATUS_OF_ERRORS)
                return false;
        if (strcmp(value, "auto") == 0)
                return php_exit_is_clean();

        return *value != '\0';
}

static void judge_warmup(void) {
        int status = SG(sapi_headers).http_response_code;

        if (status >= 400)
                stderr_line("<4>worker_warmup: %s is answered by %d\n",
                                resident.config->worker_warmup, status);
}

static void begin_request(PhpRequest *request) {
        resident.phase = RESIDENT_ANSWERS;
        request->finished = false;
        request->must_close = false;
        request->memory_bytes = 0;
        if (is_for_application(request))
                resident_paths_name_script(&request->path, fcgi_request_environment(request->fcgi),
                                resident.config, php_script_exists);
        php_cycle_activate(request);
        php_exit_begin(EG(current_execute_data));
}

static void serve(PhpRequest *request, zend_fcall_info *call, zend_fcall_info_cache *cache) {
        bool exited = false, exited_late;

        begin_request(request);
        if (!answer_ourselves(request))
                call_application(request, call, cache);

        /* Otherwise this was in a fiber, which PHP ends together with the script. */
        if (is_fatal() || resident.phase != RESIDENT_ANSWERS)
                return;
        if (resident_is_child()) {
                leave_as_child();
                return;
        }

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
        if ((exited || exited_late) && !may_go_on())
                zend_throw_unwind_exit();
}

/* The script is inside of opcache for as long as it runs, so that opcache cannot do what it has put off. */
static void ask_opcache(void) {
        uint64_t now_usec;

        if (php_opcache_tells())
                return;

        now_usec = clock_now_usec();
        if (now_usec < resident.opcache_usec)
                return;

        resident.opcache_usec = now_usec + OPCACHE_ASK_USEC;
        if (php_opcache_waits())
                resident.hooks.renew(resident.hooks.userdata);
}

/* PHP adds to its list, and takes nothing away. */
static void tell_files(void) {
        uint32_t n = 0;
        zend_string *path;

        if (!resident.config->worker_watch ||
                        zend_hash_num_elements(&EG(included_files)) == resident.n_files)
                return;

        ZEND_HASH_FOREACH_STR_KEY(&EG(included_files), path) {
                if (n++ < resident.n_files)
                        continue;
                if (path && resident.hooks.compiled(ZSTR_VAL(path), resident.hooks.userdata) < 0)
                        return;
                resident.n_files = n;
        }
        ZEND_HASH_FOREACH_END();
}

/* From here on what the script has made of its process is what each request begins with. */
static void become_ready(void) {
        tell_files();
        php_baseline_seal();
        resident.is_ready = true;
        resident.n_failures = 0;
}

void resident_settle(void) {
        php_cycle_settle(resident.hooks.request);
        php_baseline_restore();
        if (resident.is_warming) {
                resident.is_warming = false;
                resident.hooks.end_warmup(resident.hooks.userdata);
                return;
        }

        ask_opcache();
        tell_files();
        resident.hooks.end(resident.result, resident.hooks.userdata);
}

static bool may_ask(void) {
        bool is_between = resident.phase == RESIDENT_BOOTS || resident.phase == RESIDENT_GOES_ON;

        if (is_between && !resident_is_child())
                return true;

        if (resident.phase != RESIDENT_NONE && resident_is_child())
                zend_throw_unwind_exit();
        else if (resident.phase == RESIDENT_LEAVES && ++resident.n_asks > ASKS_MAX)
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
        php_output_end_all();
        php_stray_end();
        php_cycle_begin();
        php_baseline_seal_env();
        resident.is_warming = resident.hooks.begin_warmup(resident.hooks.userdata) >= 0;
}

void resident_call_set_idle(const zval *callback) {
        if (resident.phase == RESIDENT_NONE)
                zend_throw_exception(spl_ce_RuntimeException,
                                "fpmd_on_idle() called while not in worker mode", 0);
        else
                php_idle_set(callback);
}

bool resident_call_handle(zend_fcall_info *call, zend_fcall_info_cache *cache) {
        if (!may_ask())
                return false;

        if (resident.phase == RESIDENT_GOES_ON)
                resident_settle();
        else
                begin();
        if (!resident.is_ready && !resident.is_warming)
                become_ready();

        if (!resident.is_warming && take_request() < 0) {
                if (!EG(exception))
                        resident.phase = RESIDENT_LEAVES;
                return false;
        }

        serve(resident.hooks.request, call, cache);
        return true;
}
