/* SPDX-License-Identifier: MIT */
#include "php/engine/php_message.h"

#include <SAPI.h>
#include <errno.h>
#include <php.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "config/value/log_target.h"
#include "php/engine/php_functions.h"
#include "php/engine/php_log.h"
#include "php/engine/php_request.h"
#include "php/engine/php_startup.h"

static char first_message[240];

const char *php_message_first(void) {
        return first_message;
}

/* Each line with the priority in front that journald understands (sd-daemon(3)), in one write. */
static void write_lines(PhpRequest *request, int priority, const char *message) {
        char *text = NULL;
        size_t size = 0;
        FILE *f;

        if (*message == '\0')
                return;
        f = open_memstream(&text, &size);
        if (!f)
                return;

        while (*message) {
                size_t n = strcspn(message, "\n");

                if (n > 0)
                        fprintf(f, "<%d>%.*s\n", priority & LOG_PRIMASK, (int) n, message);
                message += n + (message[n] == '\n');
        }

        if (fclose(f) == 0)
                worker_log_write(request ? request->log : NULL, text, size);
        free(text);
}

/* The web server gets a message up to this length, with "..." at its end, as from php-fpm: that counts the end of the
 * line of its own log and, unless log_level leaves such lines out, the prefix there. The journal has the whole
 * message. */
static size_t web_server_max(const PoolConfig *config) {
        size_t decoration = config->log_level >= LOG_NOTICE ? strlen("NOTICE: \n") : strlen("\n");

        return config->log_limit - decoration;
}

static void send_to_web_server(PhpRequest *request, const char *prefix, const char *message) {
        size_t prefix_len = strlen(prefix), n = strlen(message), max;

        if (!php_request_is_open(request) || !php_cgi_settings()->logging)
                return;

        max = web_server_max(request->config) - prefix_len;
        if (request->has_message)
                (void) fcgi_request_write_error(request->fcgi, ZEND_STRL("; "));
        request->has_message = true;
        (void) fcgi_request_write_error(request->fcgi, prefix, prefix_len);
        (void) fcgi_request_write_error(request->fcgi, message, n > max ? max - 3 : n);
        if (n > max)
                (void) fcgi_request_write_error(request->fcgi, ZEND_STRL("..."));
}

void php_message_send(int priority, const char *line, const char *web_server) {
        PhpRequest *request = php_request_current();

        write_lines(request, priority, php_log_send(request, priority, line));
        send_to_web_server(request, "", web_server);
}

void php_message_answer(int status, const char *text) {
        if (SG(headers_sent))
                return;

        SG(sapi_headers).http_response_code = status;
        PHPWRITE(text, strlen(text));
}

/* error_log = /dev/stderr is a socket here, which PHP cannot open. So its messages come here as if error_log was not
 * set, and the web server must not get them. */
static bool is_for_web_server(void) {
        return !PG(error_log) || !log_target_is_journal(PG(error_log));
}

void php_message_log(const char *message, int priority) {
        PhpRequest *request = php_request_current();
        int saved_errno = errno; /* whoever has it logged may ask then why it failed */

        write_lines(request, priority, php_log_send(request, priority, message));
        if (is_for_web_server())
                send_to_web_server(request, "PHP message: ", message);
        if (!request && first_message[0] == '\0' && priority <= LOG_WARNING)
                snprintf(first_message, sizeof(first_message), "%.*s", (int) strcspn(message, "\n"),
                                message);
        errno = saved_errno;
}
