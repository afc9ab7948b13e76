/* SPDX-License-Identifier: MIT */
#include "php/engine/php_log.h"

#include <SAPI.h>
#include <php.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/journal_entry.h"

/* A worker may not live on behind a fatal error. */
#define FATAL_DRAIN_USEC 5000

/* PHP has written where its own errors are behind their text; what a script logs, it logs where it is. */
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
