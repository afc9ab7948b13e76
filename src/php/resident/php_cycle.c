/* SPDX-License-Identifier: MIT */
#include "php/resident/php_cycle.h"

#include <SAPI.h>
#include <ext/standard/basic_functions.h>
#include <ext/standard/head.h>
#include <php.h>
#include <php_main.h>
#include <php_output.h>
#include <rfc1867.h>
#include <zend_exceptions.h>

#include "php/engine/php_access.h"
#include "php/engine/php_body.h"
#include "php/engine/php_engine_internal.h"
#include "php/engine/php_request_ini.h"
#include "php/engine/php_status.h"
#include "php/hooks/php_process.h"
#include "php/hooks/php_timeout.h"
#include "php/hooks/php_upload.h"
#include "php/resident/php_baseline.h"
#include "php/resident/php_exit.h"
#include "php/resident/php_modules.h"
#include "php/resident/php_superglobals.h"

/* --- shutdown functions --- */

/* The script's own, while its requests have theirs. */
static HashTable *kept_functions;

static void append_functions(HashTable *to, HashTable *from) {
        zval *entry;

        ZEND_HASH_FOREACH_VAL(from, entry) {
                zend_hash_next_index_insert_new(to, entry);
        }
        ZEND_HASH_FOREACH_END();
        from->pDestructor = NULL;
        zend_hash_destroy(from);
        FREE_HASHTABLE(from);
}

void php_cycle_keep_shutdown_functions(void) {
        HashTable *functions = BG(user_shutdown_function_names);

        BG(user_shutdown_function_names) = NULL;
        if (!functions)
                return;
        if (kept_functions)
                append_functions(kept_functions, functions);
        else
                kept_functions = functions;
}

void php_cycle_begin(void) {
        kept_functions = NULL;
        php_cycle_keep_shutdown_functions();
}

void php_cycle_end(void) {
        HashTable *functions;

        php_cycle_keep_shutdown_functions();
        functions = kept_functions;
        kept_functions = NULL;
        BG(user_shutdown_function_names) = functions;
}

/* --- exceptions --- */

/* A step of PHP has swallowed a bailout: it must not be PHP that goes on. */
static void check_bailout(void) {
        if (CG(unclean_shutdown))
                zend_bailout();
}

static bool take_exit(void) {
        if (!EG(exception) || !(zend_is_unwind_exit(EG(exception)) ||
                                              zend_is_graceful_exit(EG(exception))))
                return false;

        php_exit_note_taken();
        zend_clear_exception();
        return true;
}

bool php_cycle_report_exception(void) {
        bool exited = take_exit();

        if (EG(exception) && !Z_ISUNDEF(EG(user_exception_handler)))
                zend_user_exception_handler();
        exited = take_exit() || exited;
        if (EG(exception))
                (void) zend_exception_error(EG(exception), E_ERROR);
        check_bailout();
        return exited;
}

/* --- the start --- */

/* What sapi_deactivate() frees of the last request, or of the boot; it leaves some pointers as they are. */
static void end_sapi(void) {
        php_output_deactivate();
        sapi_deactivate();
        if (SG(request_info).path_translated)
                efree(SG(request_info).path_translated);
        memset(&SG(request_info), 0, sizeof(SG(request_info)));
}

static void reset_flags(void) {
        EG(exit_status) = 0;
        PG(in_error_log) = 0;
        PG(in_user_include) = 0;
        PG(header_is_being_sent) = 0;
        PG(connection_status) = PHP_CONNECTION_NORMAL;
        PG(ignore_user_abort) = 1; /* a client that leaves must not end the script */
}

static void start_output(void) {
        static const char powered_by[] = "X-Powered-By: PHP/" PHP_VERSION;

        if (PG(expose_php))
                (void) sapi_add_header((char *) (uintptr_t) powered_by, sizeof(powered_by) - 1, 1);
#if PHP_VERSION_ID < 80600
        if (PG(output_handler) && *PG(output_handler)) {
                zval handler;

                ZVAL_STRING(&handler, PG(output_handler));
                (void) php_output_start_user(&handler, 0, PHP_OUTPUT_HANDLER_STDFLAGS);
                zval_ptr_dtor(&handler);
                return;
        }
#endif
        if (PG(output_buffering))
                (void) php_output_start_user(NULL,
                                PG(output_buffering) > 1 ? (size_t) PG(output_buffering) : 0,
                                PHP_OUTPUT_HANDLER_STDFLAGS);
        else if (PG(implicit_flush))
                php_output_set_implicit_flush(1);
}

/* As PHP does it, in no function: a warning there is of no file. */
static void start_request(void) {
        zend_execute_data *call = EG(current_execute_data);

        EG(current_execute_data) = NULL;
        PG(during_request_startup) = 1;
        php_output_activate();
        reset_flags();
        sapi_activate();
        php_timeout_before_startup();
        zend_set_timeout(PG(max_input_time) == -1 ? INI_INT("max_execution_time")
                                                  : PG(max_input_time),
                        1);
        php_timeout_after_startup();
        start_output();
        php_superglobals_make();
        php_modules_begin();
        if (PG(max_input_time) != -1)
                zend_set_timeout(INI_INT("max_execution_time"), 0);
        PG(during_request_startup) = 0;
        SG(sapi_started) = 1;
        EG(current_execute_data) = call;
}

void php_cycle_activate(PhpRequest *request) {
        end_sapi();
        SG(server_context) = request;
        php_engine_set_request_info(request);
        php_access_begin(request);
        php_baseline_begin_request_ini();
        php_request_ini_apply(request);
        php_baseline_note_request_ini();
        php_status_note_user(request);
        php_engine_skip_input_timer();
        php_upload_begin_request();
        request->has_message = false;

        start_request();
        check_bailout();
}

/* --- the end --- */

static void remove_uploads(void) {
        if (SG(rfc1867_uploaded_files))
                destroy_uploaded_files_hash();
        SG(rfc1867_uploaded_files) = NULL;
}

static bool call_shutdown_functions(void) {
        bool exited;

        if (!BG(user_shutdown_function_names))
                return false;

        php_call_shutdown_functions();
        if (CG(unclean_shutdown))
                BG(user_shutdown_function_names) =
                                NULL; /* or the end of the script would call them again */
        check_bailout();
        exited = php_cycle_report_exception();
        php_free_shutdown_functions();
        check_bailout();
        return exited;
}

/* As at the end of any script, in no function: what a callback throws there is a fatal error. */
static void end_output(void) {
        zend_execute_data *call = EG(current_execute_data);

        EG(current_execute_data) = NULL;
        php_output_end_all();
        EG(current_execute_data) = call;
}

int php_cycle_complete(PhpRequest *request, bool *ret_exited) {
        bool exited;

        exited = call_shutdown_functions();
        gc_protect(0);
        end_output();
        exited = php_cycle_report_exception() || exited;
        php_modules_end();
        exited = php_cycle_report_exception() || exited;
        php_engine_mark_failure();
        if (!SG(headers_sent))
                (void) php_header();
        remove_uploads();

        if (php_request_is_open(request))
                request->stage(SLOT_ENDING, request->userdata);
        request->memory_bytes = zend_memory_peak_usage(true);
        *ret_exited = exited;
        return php_request_finish(request);
}

/* As fclose(), the variable of it stays. A script that keeps its stream of php://input would read the next client's
 * body from it. */
static void close_body(void) {
        zend_resource *resource;

        ZEND_HASH_REVERSE_FOREACH_PTR(&EG(regular_list), resource) {
                php_stream *stream;

                if (!resource || resource->type != php_file_le_stream())
                        continue;

                stream = resource->ptr;
                if (stream && strcmp(stream->ops->label, "Input") == 0)
                        (void) php_stream_free(
                                        stream, PHP_STREAM_FREE_KEEP_RSRC | PHP_STREAM_FREE_CLOSE);
        }
        ZEND_HASH_FOREACH_END();
        if (SG(request_info).request_body)
                php_stream_close(SG(request_info).request_body);
        SG(request_info).request_body = NULL;
}

void php_cycle_settle(PhpRequest *request) {
        php_timeout_end_request();
        php_output_discard_all();
        (void) php_cycle_report_exception();
        if (SG(request_info).request_body)
                close_body();
        SG(server_context) = NULL;
        php_request_ini_end();
        php_process_end_request();
        php_body_done(request);
}
