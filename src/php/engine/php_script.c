/* SPDX-License-Identifier: MIT */
#include "php/engine/php_script.h"

#include <SAPI.h>
#include <errno.h>
#if __has_include(<ext/session/php_session.h>)
#include <ext/session/php_session.h>
#endif
#include <ext/standard/basic_functions.h>
#include <fcntl.h>
#include <php.h>
#include <php_main.h>
#include <php_output.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/parse.h"
#include "php/engine/php_functions.h"
#include "php/engine/php_message.h"

/* --- which --- */

static bool is_file(const char *path, void *userdata) {
        struct stat st;

        (void) userdata;
        return stat(path, &st) >= 0 && S_ISREG(st.st_mode);
}

/* This asks as php-fpm does, with PHP's realpath. It remembers for realpath_cache_ttl what it has seen, so that a
 * script in use costs no system call. Under open_basedir PHP remembers nothing, and its realpath would be an lstat() of
 * each directory. */
static bool path_exists(const char *path, void *userdata) {
        char resolved[MAXPATHLEN];
        struct stat st;

        (void) userdata;
        if (*path == '/' && realpath_cache_lookup(path, strlen(path), time(NULL)))
                return true;

        if (PG(open_basedir) && *PG(open_basedir))
                return stat(path, &st) >= 0;

        return tsrm_realpath(path, resolved) != NULL;
}

bool php_script_exists(const char *path) {
        return path_exists(path, NULL);
}

/* Where the worker began: chdir of the pool file. Keepalive open for life. */
static int start_fd = -EBADF;

/* What was entered last, and when; 0: anything may be the working directory. */
static char entered[MAXPATHLEN];
static uint64_t entered_usec;

/* Not by PS(): where session is an extension of its own, libphp has no such symbol. */
#ifdef PHP_SESSION_H
static const php_ps_globals *session_globals;

static void find_session(void) {
        const zend_module_entry *session =
                        zend_hash_str_find_ptr(&module_registry, ZEND_STRL("session"));

        session_globals = session ? session->globals_ptr : NULL;
}

static bool session_is_active(void) {
        return session_globals && session_globals->session_status == php_session_active;
}
#else
static void find_session(void) {
}

static bool session_is_active(void) {
        return true; /* the way back is always right */
}
#endif

void php_script_enter_worker(void) {
        find_session();
        if (start_fd >= 0)
                return;

        start_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* A path that is not absolute refers to the directory in which the worker began, whatever the last script has changed.
 * Web servers send absolute paths, so only others pay for the way back. */
static void go_where_relative_paths_begin(const PhpRequest *request) {
        const char *path = fcgi_request_param(request->fcgi, ZEND_STRL("SCRIPT_FILENAME"));

        if (!path || *path == '/' || strncasecmp(path, "proxy:", 6) == 0 || start_fd < 0)
                return;

        if (fchdir(start_fd) >= 0)
                entered_usec = 0;
}

void php_script_find(PhpRequest *request) {
        const PhpCgiSettings *settings = php_cgi_settings();
        ScriptRules rules = {
                .fix_pathinfo = settings->fix_pathinfo,
                .discard_path = settings->discard_path,
                .decode_path_info = PHP_VERSION_ID >= 80405 ||
                                    (PHP_VERSION_ID >= 80318 && PHP_VERSION_ID < 80400),
                .decode_script = PHP_VERSION_ID >= 80500 && !settings->script_path_encoded,
                .doc_root = PG(doc_root),
                .exists = path_exists,
                .is_file = is_file,
        };

        go_where_relative_paths_begin(request);
        (void) script_path_find(&request->path, fcgi_request_environment(request->fcgi), &rules);
}

/* --- open or refuse --- */

/* The journal gets the path of the script, which the web server does not. */
static void log_error_reply(const char *web_server, const char *path) {
        char escaped[2048], line[2304];

        if (!path) {
                php_message_send(LOG_ERR, web_server, web_server);
                return;
        }

        escape_string(escaped, sizeof(escaped), path);
        snprintf(line, sizeof(line), "%s: %s", web_server, escaped);
        php_message_send(LOG_ERR, line, web_server);
}

_printf_(1, 2) static void log_denial(const char *format, ...) {
        char *text, escaped[2304];
        va_list arguments;

        va_start(arguments, format);
        vspprintf(&text, 0, format, arguments);
        va_end(arguments);
        escape_string(escaped, sizeof(escaped), text);
        php_message_send(LOG_ERR, escaped, text);
        efree(text);
}

static bool refuse_unknown(const PhpRequest *request) {
        const char *path = fcgi_request_param(request->fcgi, ZEND_STRL("ORIG_SCRIPT_FILENAME"));

        if (!path)
                path = fcgi_request_param(request->fcgi, ZEND_STRL("SCRIPT_FILENAME"));
        log_error_reply("Primary script unknown", path);
        php_message_answer(404, "File not found.\n");
        return false;
}

static bool refuse_extension(const char *path) {
        log_denial("Access to the script '%s' has been denied (see security.limit_extensions)",
                        path);
        php_message_answer(403, "Access denied.\n");
        return false;
}

static bool refuse_unopened(const char *path, int error) {
        log_denial("Unable to open primary script: %s (%s)", path, strerror(error));
        if (error == EACCES)
                php_message_answer(403, "Access denied.\n");
        else
                php_message_answer(404, "No input file specified.\n");
        return false;
}

bool php_script_open(PhpRequest *request, zend_file_handle *handle) {
        const char *path = SG(request_info).path_translated;

        if (!path || request->only_pages)
                return refuse_unknown(request);

        if (!pool_config_extension_allowed(request->config, path))
                return refuse_extension(path);

        /* PHP frees path_translated when it cannot open it; the request's own string stays. */
        errno = ENOENT; /* the error is not about a directory */
        if (php_fopen_primary_script(handle) != SUCCESS)
                return refuse_unopened(request->path.script, errno);

        return true;
}

/* --- its directory --- */

/* PHP leaves it to us (NO_CHDIR), which saves getcwd() and the way back; and when the last script of the
 * same directory has not left it, it is entered again only after a second, for the case that the path leads
 * elsewhere by now: releases are switched by a symbolic link, whose target PHP itself remembers for
 * realpath_cache_ttl seconds. */
void php_script_enter_directory(const char *path) {
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

static bool buffers_call_back(void) {
        php_output_handler *const *handlers = zend_stack_base(&OG(handlers));
        int n = OG(active) ? zend_stack_count(&OG(handlers)) : 0;

        for (int i = 0; i < n; i++)
                if (handlers[i]->flags & PHP_OUTPUT_HANDLER_USER)
                        return true;

        return false;
}

enum {
        /* To look at more objects than this would take longer than the way back. */
        OBJECTS_MAX = 64,
};

static bool objects_call_back(void) {
        const zend_objects_store *store = &EG(objects_store);

        if (store->top > OBJECTS_MAX)
                return true;

        for (uint32_t i = 1; i < store->top; i++) {
                const zend_object *object = store->object_buckets[i];

                if (IS_OBJ_VALID(object) &&
                                (object->ce->destructor ||
                                                object->handlers->dtor_obj !=
                                                                zend_objects_destroy_object))
                        return true;
        }

        return false;
}

/* Most small scripts leave nothing that could notice the directory: so the way back, and the next way here, are
 * saved. */
void php_script_leave_directory(void) {
        bool calls_back = BG(user_shutdown_function_names) || buffers_call_back() ||
                          (!Z_ISUNDEF(SG(callback_func)) && !SG(headers_sent)) ||
                          session_is_active() || objects_call_back();

        if (!calls_back)
                return;

        (void) !fchdir(start_fd);
        entered_usec = 0;
}
