/* SPDX-License-Identifier: MIT */
#include "pool/php_engine.h"

#include <SAPI.h>
#include <errno.h>
#include <php.h>
#include <php_ini.h>
#include <php_main.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pool/php_functions.h"
#include "pool/php_ini_check.h"
#include "pool/php_sapi.h"
#include "pool/php_settings.h"
#include "shared/clock.h"
#include "shared/escape.h"
#include "shared/parse.h"

/* --- start --- */

static bool exists(const char *path) {
        struct stat st;

        return stat(path, &st) >= 0;
}

static bool is_file(const char *path) {
        struct stat st;

        return stat(path, &st) >= 0 && S_ISREG(st.st_mode);
}

/* Without php_ini the pool reads what php-fpm on this machine reads, else what libphp was built
 * for. */
static const char *ini_path(const PoolConfig *config) {
        if (config->php_ini)
                return config->php_ini;

        return exists(FPMD_PHP_INI_DIR "/php.ini") ? FPMD_PHP_INI_DIR : NULL;
}

static const char *ini_scan_dir(const PoolConfig *config) {
        if (config->php_ini_scan_dir)
                return config->php_ini_scan_dir;

        return exists(FPMD_PHP_INI_DIR "/conf.d") ? FPMD_PHP_INI_DIR "/conf.d" : NULL;
}

static void ignore_broken_pipes(void) {
        /* fsockopen() and the like must not kill a worker. */
        (void) signal(SIGPIPE, SIG_IGN);
}

static char ini_error[240];

static int check_start(void) {
        if (!php_ini_check(ini_error, sizeof(ini_error)))
                return -ENOEXEC;

        return *php_sapi_first_message() ? -ENOEXEC : 0;
}

int php_engine_start(const PoolConfig *config, bool strict) {
        const char *scan_dir = ini_scan_dir(config);
        int r;

        ignore_broken_pipes();
        zend_signal_startup();
        fpmd_sapi_module.php_ini_path_override = (char *) ini_path(config);
        fpmd_sapi_module.php_ini_ignore_cwd = 1;
        sapi_startup(&fpmd_sapi_module);

        /* Behind sapi_startup(), which clears it. */
        fpmd_sapi_module.ini_entries = php_settings_ini_text(&config->php_values);
        if (!fpmd_sapi_module.ini_entries)
                return -ENOMEM;

        /* PHP has no other way in for this; a script must not see it. */
        if (scan_dir)
                setenv("PHP_INI_SCAN_DIR", scan_dir, 1);
        r = fpmd_sapi_module.startup(&fpmd_sapi_module);
        if (scan_dir)
                unsetenv("PHP_INI_SCAN_DIR");
        if (r == FAILURE)
                return -ENOEXEC;

        php_settings_apply(&config->php_values);
        php_functions_watch_chdir();
        return strict ? check_start() : 0;
}

const char *php_engine_startup_error(void) {
        return *ini_error ? ini_error : php_sapi_first_message();
}

void php_engine_root_changed(void) {
        realpath_cache_clean();
}

void php_engine_enter_worker(void) {
        SG(options) |= SAPI_OPTION_NO_CHDIR;
}

/* --- one request --- */

static const char *param(const PhpRequest *request, const char *name, size_t name_len) {
        return fcgi_request_param(request->fcgi, name, name_len);
}

/* The request's own string: PHP frees its copy, path_translated, when it cannot open the script. */
static const char *script_of(const PhpRequest *request) {
        const char *script = param(request, ZEND_STRL("SCRIPT_FILENAME"));

        return script ? script : param(request, ZEND_STRL("PATH_TRANSLATED"));
}

/* What PHP wants to know before it starts a request. Everything is borrowed from the request but
 * path_translated, which PHP frees. */
static void set_request_info(PhpRequest *request) {
        sapi_request_info *info = &SG(request_info);
        const char *script = script_of(request);
        const char *length = param(request, ZEND_STRL("CONTENT_LENGTH"));
        const char *type = param(request, ZEND_STRL("CONTENT_TYPE"));

        *info = (sapi_request_info){
                .request_method = param(request, ZEND_STRL("REQUEST_METHOD")),
                .query_string = (char *) param(request, ZEND_STRL("QUERY_STRING")),
                .request_uri = (char *) param(request, ZEND_STRL("SCRIPT_NAME")),
                .content_type = type ? type : "",
                .content_length = length ? ZEND_STRTOL(length, NULL, 10) : 0,
                .path_translated = script ? estrdup(script) : NULL,
                .proto_num = 1000,
        };
        if (info->content_length < 0)
                info->content_length = 0;

        SG(sapi_headers).http_response_code = 200;
        php_handle_auth_data(param(request, ZEND_STRL("HTTP_AUTHORIZATION")));
}

/* An answer of ours in place of a script's: goes through PHP's output, so that headers are sent. */
static void refuse(int code, const char *body) {
        SG(sapi_headers).http_response_code = code;
        php_output_write(body, strlen(body));
}

/* Paths are the client's words: escaped. */
_printf_(1, 2) static void log_refusal(const char *format, ...) {
        char *text, escaped[2048];
        va_list arguments;

        va_start(arguments, format);
        vspprintf(&text, 0, format, arguments);
        va_end(arguments);
        escape_string(escaped, sizeof(escaped), text);
        sapi_module.log_message(escaped, LOG_ERR);
        efree(text);
}

/* The directory of the script is the working directory, as under every SAPI. PHP leaves it to us (NO_CHDIR),
 * which saves getcwd() and the way back; and when the last script of the same directory has not left it, it
 * is entered again only after a second, for the case that the path leads elsewhere by now: releases are
 * switched by a symbolic link, whose target PHP itself remembers for realpath_cache_ttl seconds. */
static void enter_script_directory(const char *path) {
        static char entered[MAXPATHLEN];
        static uint64_t entered_usec;
        const char *slash = strrchr(path, '/');
        size_t n = slash == path ? 1 : slash ? (size_t) (slash - path) : 0;
        bool left = php_functions_directory_was_left();
        uint64_t now = clock_now_usec();

        if (n == 0 || n >= sizeof(entered))
                return;
        if (!left && now - entered_usec < USEC_PER_SEC && memcmp(entered, path, n) == 0 &&
                        entered[n] == '\0')
                return;

        memcpy(entered, path, n);
        entered[n] = '\0';
        entered_usec = VCWD_CHDIR(entered) == 0 ? now : 0;
}

static bool open_script(const PhpRequest *request, zend_file_handle *handle) {
        const char *path = script_of(request);

        if (!path) {
                log_refusal("Primary script unknown");
                refuse(404, "File not found.\n");
                return false;
        }

        if (!pool_config_extension_allowed(request->config, path) && is_file(path)) {
                log_refusal("Access to the script '%s' has been denied (see "
                            "security.limit_extensions)",
                                path);
                refuse(403, "Access denied.\n");
                return false;
        }

        errno = ENOENT;
        if (pool_config_extension_allowed(request->config, path) &&
                        php_fopen_primary_script(handle) == SUCCESS)
                return true;

        if (errno == EACCES) {
                log_refusal("Unable to open primary script: %s (%s)", path, strerror(errno));
                refuse(403, "Access denied.\n");
        } else {
                log_refusal("Primary script unknown: %s (%s)", path, strerror(errno));
                refuse(404, "File not found.\n");
        }
        return false;
}

static void run_script(PhpRequest *request) {
        zend_file_handle handle;

        if (!open_script(request, &handle))
                return;

        enter_script_directory(SG(request_info).path_translated);
        request->stage(SLOT_RUNNING, request->userdata);
        php_execute_script(&handle);
        zend_destroy_file_handle(&handle);
}

/* Handlers are installed at the first request; looking after them again at each costs 7 system
 * calls, and nothing in a worker takes them away that does not mean to. */
static void keep_signal_handlers(void) {
#ifdef ZEND_SIGNALS
        SIGG(reset) = false;
#endif
}

/* PHP starts one timer for reading input and another for the script. Without a body there is no input to
 * speak of, and with -1 PHP lets the script's timer count from the start: a system call less. What ini_get()
 * shows is not touched, and a script that sets max_input_time sets it for nobody. */
static void skip_input_timer_without_body(void) {
        PG(max_input_time) = SG(request_info).content_length > 0 ? INI_INT("max_input_time") : -1;
}

static int serve_in_try(PhpRequest *request) {
        request->logging = php_cgi_settings()->logging;
        set_request_info(request);
        skip_input_timer_without_body();

        if (php_request_startup() == FAILURE)
                return -EFAULT;

        keep_signal_handlers();
        if (SG(request_info).request_method)
                run_script(request);

        if (!request->finished)
                request->stage(SLOT_ENDING, request->userdata);
        php_request_shutdown(NULL);
        SG(request_info).path_translated = NULL;
        return 0;
}

int php_engine_serve(PhpRequest *request) {
        volatile int r = -EFAULT;

        SG(server_context) = request;
        zend_first_try {
                r = serve_in_try(request);
        }
        zend_end_try();
        SG(server_context) = NULL;

        (void) php_request_finish(request);
        return r < 0 ? r : request->result;
}
