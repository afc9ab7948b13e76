/* SPDX-License-Identifier: MIT */
#include "php/engine/php_engine.h"

#include <SAPI.h>
#include <errno.h>
#include <php.h>
#include <php_ini.h>
#include <php_main.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/journal_socket.h"
#include "config/ini_files.h"
#include "php/engine/php_access.h"
#include "php/engine/php_body.h"
#include "php/engine/php_engine_internal.h"
#include "php/engine/php_file_cache.h"
#include "php/engine/php_functions.h"
#include "php/engine/php_ini_check.h"
#include "php/engine/php_input.h"
#include "php/engine/php_log.h"
#include "php/engine/php_message.h"
#include "php/engine/php_pairing.h"
#include "php/engine/php_request_ini.h"
#include "php/engine/php_sapi.h"
#include "php/engine/php_script.h"
#include "php/engine/php_settings.h"
#include "php/engine/php_startup.h"
#include "php/engine/php_status.h"
#include "php/engine/php_variables.h"
#include "php/hooks/classes/php_autoload.h"
#include "php/hooks/libc_hooks.h"
#include "php/hooks/opcache/php_opcache_lock.h"
#include "php/hooks/opcache/php_opcache_memory.h"
#include "php/hooks/opcache/php_opcache_state.h"
#include "php/hooks/opcache/php_opcache_strings.h"
#include "php/hooks/opcache/php_opcode_numbers.h"
#include "php/hooks/opcache/php_own_strings.h"
#include "php/hooks/php_disabled.h"
#include "php/hooks/php_heap.h"
#include "php/hooks/php_hooks.h"
#include "php/hooks/php_output.h"
#include "php/hooks/php_process.h"
#include "php/hooks/php_timeout.h"
#include "php/hooks/php_upload.h"
#include "php/hooks/zone_scan.h"

/* --- start --- */

static void ignore_broken_pipes(void) {
        /* fsockopen() and the like must not kill a worker. */
        (void) signal(SIGPIPE, SIG_IGN);
}

static char start_error[240];

/* PHP starts in spite of many faults, and so does fpmd where no other generation serves. */
static int check_start(bool strict) {
        if (!*php_engine_startup_error())
                return 0;
        if (strict)
                return -ENOEXEC;

        stderr_line("<4>PHP has started all the same, but a reload would be refused: %s\n",
                        php_engine_startup_error());
        return 0;
}

static const PoolConfig *starting_config;

static void on_registered(void) {
        php_settings_mark_file_cache(&starting_config->php_values);
        php_file_cache_choose();
}

/* Preloaded code is compiled for the functions that there are: it would call what is disabled later, and crash. */
static void on_started(void) {
        php_opcache_state_init();
        php_settings_disable(&starting_config->php_values);
        php_opcache_lock_watch_start();
        php_opcache_memory_watch_start();
        php_opcache_strings_watch_start(starting_config->pm == PM_ONDEMAND);
}

static const PhpStartHooks start_hooks = {
        .on_registered = on_registered,
        .on_started = on_started,
};

/* opcache would kill the workers, which stay in their script, when it wants to start afresh. */
static const char *last_settings(const PoolConfig *config) {
        return config->worker_script ? "opcache.force_restart_timeout=0\n" : "";
}

/* Installs what is called in place of PHP's own functions, once PHP has started. Returns 0 or a negative errno. */
static int install_hooks(void) {
        int r;

        php_functions_watch_chdir();
        php_output_init();
        php_process_init();
        libc_hooks_probe();
        php_opcache_strings_end_start();
        php_opcache_memory_end_start();
        (void) php_own_strings_forget();
        php_opcache_lock_init((unsigned) starting_config->max_children + 1);
        r = php_disabled_init();
        if (r < 0)
                return r;

        if (strcmp(starting_config->preload, "auto") == 0 && !starting_config->worker_script)
                r = php_autoload_init();
        if (r < 0)
                return r;

        php_upload_init();
        php_input_init();
        php_log_init();
        php_file_cache_watch_reset();
        return 0;
}

/* PHP's start, and what was asked of it behind that, such as the probes, have left pieces in the heap. The first
 * request of each worker would lie around them, in other pages than all later ones. */
static void tidy_heap(void) {
        virtual_cwd_deactivate();
        (void) php_opcode_numbers_forget();
        php_heap_release();
        virtual_cwd_activate();
}

static int start_module(void) {
        int r;

        zone_scan_begin();
        php_ini_check_begin();
        r = fpmd_sapi_module.startup(&fpmd_sapi_module);
        php_ini_check_end();
        zone_scan_end();
        return r;
}

int php_engine_start(const PoolConfig *config, bool strict) {
        _cleanup_free_ char *scan_dir = ini_files_scan_dirs(config);
        int r;

        r = php_pairing_check(php_pairing_of_build(), start_error, sizeof(start_error));
        if (r < 0)
                return r;

        starting_config = config;
        php_file_cache_init(config);
        php_hooks_watch_start(&start_hooks);
        ignore_broken_pipes();
        zend_signal_startup();
        fpmd_sapi_module.php_ini_path_override = ini_files_path(config);
        fpmd_sapi_module.php_ini_ignore_cwd = 1;
        fpmd_sapi_module.executable_location = strdup((const char *) getauxval(AT_EXECFN));
        sapi_startup(&fpmd_sapi_module);

        /* Behind sapi_startup(), which clears it. */
        fpmd_sapi_module.ini_entries = php_startup_ini_text(
                        php_settings_ini_text(&config->php_values), last_settings(config));
        if (!fpmd_sapi_module.ini_entries)
                return -ENOMEM;

        /* PHP can be given this in no other way; a script must not see it. */
        if (scan_dir)
                setenv("PHP_INI_SCAN_DIR", scan_dir, 1);
        r = start_module();
        if (scan_dir)
                unsetenv("PHP_INI_SCAN_DIR");
        if (!php_ini_check_read(config, start_error, sizeof(start_error)) || r == FAILURE)
                return -ENOEXEC;

        php_hooks_end_start();
        r = php_pairing_check_modules(start_error, sizeof(start_error));
        if (r < 0)
                return r;

        php_startup_restore();
        php_settings_apply(&config->php_values);
        if (config->php_value_from_request || php_ini_has_per_dir_config() ||
                        php_ini_has_per_host_config())
                php_settings_keep_out_of_code(&config->php_values);
        r = install_hooks();
        if (r == 0)
                r = check_start(strict);
        tidy_heap();
        return r;
}

const char *php_engine_startup_error(void) {
        if (*start_error)
                return start_error;

        return *php_ini_check_complaint() ? php_ini_check_complaint() : php_message_first();
}

void php_engine_root_changed(void) {
        realpath_cache_clean();
}

void php_engine_enter_worker(void) {
#if PHP_VERSION_ID >= 80500
        php_child_init();
#endif
        php_script_enter_worker();
        php_timeout_enter_worker();
        php_variables_install();
        SG(options) |= SAPI_OPTION_NO_CHDIR;
}

void php_engine_rest(void) {
        const char *folder = INI_STR("opcache.file_cache");

        if (folder && *folder)
                (void) php_opcode_numbers_forget();
        php_heap_release();
}

void php_engine_take_place(unsigned slot, const volatile unsigned char *is_worker) {
        php_opcache_lock_enter_worker(slot, is_worker);
}

/* --- one request --- */

static const char *param(const PhpRequest *request, const char *name, size_t name_len) {
        return fcgi_request_param(request->fcgi, name, name_len);
}

static void set_body_info(const PhpRequest *request, sapi_request_info *info) {
        const char *length = param(request, ZEND_STRL("CONTENT_LENGTH"));
        const char *type = param(request, ZEND_STRL("CONTENT_TYPE"));

        info->query_string = (char *) param(request, ZEND_STRL("QUERY_STRING"));
        info->content_type = type ? type : "";
        info->content_length = length ? ZEND_STRTOL(length, NULL, 10) : 0;
        if (info->content_length < 0)
                info->content_length = 0;
        php_handle_auth_data(param(request, ZEND_STRL("HTTP_AUTHORIZATION")));
}

/* What PHP wants to know before it starts a request. Everything is borrowed from the request but
 * path_translated, which PHP frees. Without a path there is nothing that could run, or read a body. */
void php_engine_set_request_info(PhpRequest *request) {
        sapi_request_info *info = &SG(request_info);
        const char *script = request->path.script;

        *info = (sapi_request_info){
                .request_method = param(request, ZEND_STRL("REQUEST_METHOD")),
                .request_uri = (char *) request->path.request_uri,
                .path_translated = script ? estrdup(script) : NULL,
                .proto_num = 1000,
        };

        /* This value is used where nothing else sets it: without REQUEST_METHOD. */
        SG(sapi_headers).http_response_code = request->path.named && !script ? 404 : 200;
        if (request->path.named)
                set_body_info(request, info);
}

static void run_script(PhpRequest *request) {
        zend_file_handle handle;

        if (php_status_serve(request) || php_request_ini_refuse() || php_body_refuse(request) ||
                        !php_script_open(request, &handle))
                return;

        php_script_enter_directory(SG(request_info).path_translated);
        request->stage(SLOT_RUNNING, request->userdata);
        EG(exit_status) = 0;
        php_execute_script(&handle);
        php_script_leave_directory();
        zend_destroy_file_handle(&handle);
}

/* fastcgi.error_header: how a web server may tell a fatal error from an answer. */
void php_engine_mark_failure(void) {
        sapi_header_line header = { .line = php_cgi_settings()->error_header };

        if (EG(exit_status) != 255 || SG(headers_sent) || !header.line || !*header.line)
                return;

        header.line_len = strlen(header.line);
        sapi_header_op(SAPI_HEADER_REPLACE, &header);
}

/* Handlers are installed at the first request; looking after them again at each costs 7 system
 * calls, and nothing in a worker takes them away that does not mean to. */
void php_engine_keep_signal_handlers(void) {
#ifdef ZEND_SIGNALS
        SIGG(reset) = false;
#endif
}

/* PHP starts one timer for reading input and another for the script. Without a body there is no input to
 * speak of, and with -1 PHP lets the script's timer count from the start: a system call less. What ini_get()
 * shows is not touched, and a script that sets max_input_time sets it for nobody. */
void php_engine_skip_input_timer(void) {
        PG(max_input_time) = SG(request_info).content_length > 0 ? INI_INT("max_input_time") : -1;
}

/* PHP jumps out of code that writes to a client that has gone, or that has no memory left. php_execute_script() catches
 * that jump, but the pages and refusals of fpmd do not. After this one PHP ends the request as any other. */
static void answer(PhpRequest *request) {
        zend_try {
                if (SG(request_info).request_method)
                        run_script(request);
                php_engine_mark_failure();
        }
        zend_end_try();
}

static int serve_in_try(PhpRequest *request) {
        php_engine_set_request_info(request);
        php_access_begin(request);
        php_request_ini_apply(request);
        php_status_note_user(request);
        php_engine_skip_input_timer();

        php_timeout_before_startup();
        if (php_request_startup() == FAILURE)
                return -EFAULT;

        php_timeout_after_startup();
        php_engine_keep_signal_handlers();
        answer(request);

        if (php_request_is_open(request))
                request->stage(SLOT_ENDING, request->userdata);
        request->memory_bytes = zend_memory_peak_usage(true);
        php_request_shutdown(NULL);
        SG(request_info).path_translated = NULL;
        return 0;
}

/* A script that stays may be waiting for this, and has its own way out of a bailout. */
void php_engine_resolve(PhpRequest *request) {
        zend_try {
                php_script_find(request);
        }
        zend_end_try();
}

int php_engine_serve(PhpRequest *request) {
        volatile int r = -EFAULT;

        request->has_message = false;
        request->memory_bytes = 0;
        php_upload_begin_request();
        php_autoload_begin_request();
        SG(server_context) = request;
        zend_first_try {
                r = serve_in_try(request);
        }
        zend_end_try();
        SG(server_context) = NULL;
        php_log_end_request(request);
        php_request_ini_end();
        php_process_end_request();
        php_body_done(request);

        (void) php_request_finish(request);
        return r < 0 ? r : request->result;
}

int php_engine_exit_status(void) {
        return EG(exit_status);
}

bool php_engine_is_spent(void) {
        return php_disabled_for_good();
}

bool php_engine_starts_program(void) {
        return php_process_starts_program();
}
