/* SPDX-License-Identifier: MIT */
#include "php/engine/php_log.h"

#include <SAPI.h>
#include <php.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include <unistd.h>

/* Behind php.h, which it needs. */
#include <ext/standard/php_fopen_wrappers.h>

#include "base/journal_entry.h"
#include "base/journal_socket.h"

/* A worker may end after a fatal error. */
#define FATAL_DRAIN_USEC 5000

/* PHP has appended the place of its own errors to their text; the place of a script's message is where the script is
 * now. */
static bool find_place(const char *message, size_t n, const char **ret_file, uint32_t *ret_line) {
        char end[MAXPATHLEN + 32];
        int length;

        if (PG(last_error_file)) {
                length = snprintf(end, sizeof(end), " in %s on line %d",
                                ZSTR_VAL(PG(last_error_file)), PG(last_error_lineno));
                if (length > 0 && (size_t) length < sizeof(end) && (size_t) length <= n &&
                                memcmp(message + n - length, end, (size_t) length) == 0) {
                        *ret_file = ZSTR_VAL(PG(last_error_file));
                        *ret_line = (uint32_t) PG(last_error_lineno);
                        return true;
                }
        }

        *ret_file = zend_is_executing() ? zend_get_executed_filename() : NULL;
        *ret_line = zend_is_executing() ? zend_get_executed_lineno() : 0;
        if (*ret_line == 0)
                *ret_file = NULL; /* "[no active file]" */
        return false;
}

static int send_entry(PhpRequest *request, int priority, const char *message, size_t n,
                const char *file, uint32_t line) {
        _cleanup_(journal_entry_done) JournalEntry entry = {};
        const char *uri = fcgi_request_param(request->fcgi, ZEND_STRL("REQUEST_URI"));

        worker_log_begin(request->log, &entry, priority, message, n);
        journal_entry_add(&entry, "REQUEST_METHOD", SG(request_info).request_method);
        journal_entry_add(&entry, "REQUEST_URI", uri ? uri : SG(request_info).request_uri);
        journal_entry_add(&entry, "SCRIPT_FILENAME", SG(request_info).path_translated);
        journal_entry_add(&entry, "CODE_FILE", file);
        if (file)
                journal_entry_add_number(&entry, "CODE_LINE", line);
        return worker_log_send(request->log, &entry);
}

const char *php_log_send(PhpRequest *request, int priority, const char *message) {
        size_t n = strlen(message);
        const char *file;
        uint32_t line;
        bool whole;

        if (!request || !request->log)
                return message;

        whole = find_place(message, n, &file, &line);
        while (*message) {
                if (!whole)
                        n = strcspn(message, "\n");
                if (n > 0 && send_entry(request, priority, message, n, file, line) < 0)
                        return message;
                message += n + (message[n] == '\n');
        }

        if (priority <= LOG_ERR)
                worker_log_drain(request->log, FATAL_DRAIN_USEC);
        return message;
}

/* --- the standard streams --- */

static php_stream_wrapper_ops noting_ops;
static php_stream_wrapper noting_wrapper;

/* PHP takes the name with the scheme in front or without. */
static bool names(const char *path, const char *stream) {
        static const char scheme[] = "php://";

        if (strncasecmp(path, scheme, strlen(scheme)) == 0)
                path += strlen(scheme);

        return strcasecmp(path, stream) == 0;
}

/* PHP makes a stream of sockets of it, whose writes do not look at the timeout of the socket itself: they poll for
 * default_socket_timeout, a minute, each. */
static void limit(php_stream *stream) {
        struct timeval timeout = { .tv_usec = JOURNAL_STREAM_WAIT_USEC };

        (void) php_stream_set_option(stream, PHP_STREAM_OPTION_READ_TIMEOUT, 0, &timeout);
}

static php_stream *php_log_on_open(php_stream_wrapper *wrapper, const char *path, const char *mode,
                int options, zend_string **opened_path, php_stream_context *context STREAMS_DC) {
        bool is_stderr = names(path, "stderr"), is_stdout = names(path, "stdout");
        PhpRequest *request = php_request_current();
        php_stream *stream;

        stream = php_stream_php_wrapper.wops->stream_opener(
                        wrapper, path, mode, options, opened_path, context STREAMS_REL_CC);
        if (!stream || (!is_stderr && !is_stdout))
                return stream;

        limit(stream);
        if (request && is_stderr)
                request->opened_stderr = true;
        if (request && is_stdout)
                request->opened_stdout = true;

        return stream;
}

/* A copy of PHP's own wrapper in its place. Unregistering the old one and registering this one would put it behind all
 * others, and scripts see that order in stream_get_wrappers(). */
void php_log_init(void) {
        noting_ops = *php_stream_php_wrapper.wops;
        noting_ops.stream_opener = php_log_on_open;
        noting_wrapper = php_stream_php_wrapper;
        noting_wrapper.wops = &noting_ops;
        (void) zend_hash_str_update_ptr(php_stream_get_url_stream_wrappers_hash_global(),
                        ZEND_STRL("php"), &noting_wrapper);
}

void php_log_end_request(PhpRequest *request) {
        bool journal = request->log && request->log->fd >= 0;

        if (request->opened_stderr && journal)
                journal_stream_end_line(STDERR_FILENO);
        if (request->opened_stdout && journal)
                journal_stream_end_line(STDOUT_FILENO);

        request->opened_stderr = request->opened_stdout = false;
}
