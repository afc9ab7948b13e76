/* SPDX-License-Identifier: MIT */
#include "php/engine/php_sapi.h"
#include "php/engine/php_message.h"

#include <SAPI.h>
#include <errno.h>
#include <http_status_codes.h>
#include <php.h>
#include <php_main.h>
#include <stdio.h>
#include <unistd.h>

#include "php/engine/php_access.h"
#include "php/engine/php_body.h"
#include "php/engine/php_functions.h"
#include "php/engine/php_input.h"
#include "php/engine/php_request.h"
#include "php/engine/php_startup.h"
#include "php/engine/php_stray.h"
#include "php/engine/php_variables.h"

PhpRequest *php_request_current(void) {
        return SG(server_context);
}

int php_request_finish(PhpRequest *request) {
        if (!php_request_is_open(request))
                return request->result;

        request->finished = true;
        php_access_end(request);
        request->result = fcgi_request_finish(request->fcgi, 0) > 0 && !request->must_close;
        if (request->result == 0)
                request->close(fcgi_request_detach(request->fcgi), request->userdata);

        return request->result;
}

/* --- the answer --- */

static size_t php_sapi_on_write(const char *data, size_t size) {
        PhpRequest *request = php_request_current();

        if (!request) {
                php_stray_write(data, size);
                return size;
        }

        /* The answer was ended on purpose, so that output has no reader. */
        if (!php_request_is_open(request))
                return size;

        if (fcgi_request_write(request->fcgi, data, size) < 0 ||
                        fcgi_request_aborted(request->fcgi)) {
                php_handle_aborted_connection();
                return 0;
        }

        return size;
}

static void php_sapi_on_flush(void *server_context) {
        PhpRequest *request = server_context;

        if (!php_request_is_open(request))
                return;

#if PHP_VERSION_ID >= 80400
        sapi_send_headers();
#endif
        /* A script that flushes has time, and wants to know whether its client is still there. */
        fcgi_request_check_abort(request->fcgi);
        if (fcgi_request_probe(request->fcgi) < 0 || fcgi_request_flush(request->fcgi) < 0 ||
                        fcgi_request_aborted(request->fcgi))
                php_handle_aborted_connection();
}

static const char *reason_of(int code) {
        for (size_t i = 0; http_status_map[i].str; i++)
                if (http_status_map[i].code == code)
                        return http_status_map[i].str;

        return NULL;
}

static bool begins_with(const sapi_header_struct *header, const char *name, size_t name_len) {
        return header->header_len > name_len && strncasecmp(header->header, name, name_len) == 0;
}

static bool is_status(const sapi_header_struct *header) {
        return begins_with(header, ZEND_STRL("Status:"));
}

static bool script_sets_status(sapi_headers_struct *headers) {
        zend_llist_position position;

        for (sapi_header_struct *h = zend_llist_get_first_ex(&headers->headers, &position); h;
                        h = zend_llist_get_next_ex(&headers->headers, &position))
                if (is_status(h))
                        return true;

        return false;
}

/* "HTTP/1.1 404 Nothing here", set by header(), gives status and reason as the script wants them: " 404
 * Nothing here", or NULL. */
static const char *own_status(const char *line) {
        const char *blank = line ? strchr(line, ' ') : NULL;

        return blank && strncasecmp(line, "HTTP/", 5) == 0 ? blank : NULL;
}

/* The line in front of the headers, "": there is none. Returns the status code that it tells, which that of
 * a line of the script's own may differ from. */
static int format_status(char *line, size_t size, sapi_headers_struct *headers, bool rfc2616) {
        const char *own = own_status(headers->http_status_line);
        int code = headers->http_response_code, n = 0;
        const char *reason;

        *line = '\0';
        if (own || (rfc2616 && headers->http_status_line)) {
                n = snprintf(line, size, "%s%s", rfc2616 ? "" : "Status:",
                                rfc2616 ? headers->http_status_line : own);
                own = strchr(headers->http_status_line, ' ');
                code = own ? atoi(own) : code;
        } else if (!script_sets_status(headers)) {
                reason = reason_of(code);
                n = snprintf(line, size, "Status: %d%s%s", code, reason ? " " : "",
                                reason ? reason : "");
        }

        return n < 0 ? headers->http_response_code : code;
}

static void write_header(FcgiRequest *fcgi, const char *header, size_t size) {
        (void) fcgi_request_write(fcgi, header, size);
        (void) fcgi_request_write(fcgi, "\r\n", 2);
}

static int php_sapi_on_send_headers(sapi_headers_struct *headers) {
        PhpRequest *request = php_request_current();
        const PhpCgiSettings *settings = php_cgi_settings();
        int code = headers->http_response_code;
        zend_llist_position position;
        bool has_status;
        char line[1024] = "";

        if (!php_request_is_open(request) || SG(request_info).no_headers)
                return SAPI_HEADER_SENT_SUCCESSFULLY;

        php_access_headers(request, headers);
        if (settings->nph || code != 200)
                code = format_status(line, sizeof(line), headers, settings->rfc2616_headers);
        has_status = *line;
        if (has_status)
                write_header(request->fcgi, line, strlen(line));

        for (sapi_header_struct *h = zend_llist_get_first_ex(&headers->headers, &position); h;
                        h = zend_llist_get_next_ex(&headers->headers, &position)) {
                if (h->header_len == 0 || (is_status(h) && has_status))
                        continue;
                if (code == 304 && begins_with(h, ZEND_STRL("Content-Type:")))
                        continue;

                has_status = has_status || is_status(h);
                write_header(request->fcgi, h->header, h->header_len);
        }
        (void) fcgi_request_write(request->fcgi, "\r\n", 2);
        return SAPI_HEADER_SENT_SUCCESSFULLY;
}

/* --- the request --- */

static const char *param(const char *name, size_t name_len) {
        PhpRequest *request = php_request_current();

        return request ? fcgi_request_param(request->fcgi, name, name_len) : NULL;
}

static size_t php_sapi_on_read_post(char *buffer, size_t size) {
        PhpRequest *request = php_request_current();
        zend_long left = SG(request_info).content_length - (zend_long) SG(read_post_bytes);
        size_t n;

        if (!php_request_is_open(request) || left <= 0)
                return 0;

        size = MIN(size, (size_t) left);
        n = php_body_read(request, buffer, size);

        /* While PHP starts the request no script runs that could be left by a jump. */
        if (n < size && !PG(during_request_startup) && php_body_refuse(request))
                php_handle_aborted_connection();

        return n;
}

static char *php_sapi_on_read_cookies(void) {
        return (char *) param(ZEND_STRL("HTTP_COOKIE"));
}

static char *php_sapi_on_getenv(const char *name, size_t name_len) {
        /* A client's Proxy: header is not the environment (CVE-2016-5385). */
        if (name_len == 10 && strncasecmp(name, "HTTP_PROXY", 10) == 0)
                return NULL;

        return (char *) param(name, name_len);
}

/* --- the module --- */

static int php_sapi_on_startup(sapi_module_struct *module) {
        return php_module_startup(module, &fpmd_cgi_module);
}

sapi_module_struct fpmd_sapi_module = {
        .name = "fpm-fcgi",
        .pretty_name = "FPM/FastCGI",
        .startup = php_sapi_on_startup,
        .shutdown = php_module_shutdown_wrapper,
        .activate = php_input_activate,
        .deactivate = php_input_deactivate,
        .ub_write = php_sapi_on_write,
        .flush = php_sapi_on_flush,
        .getenv = php_sapi_on_getenv,
        .sapi_error = php_error,
        .send_headers = php_sapi_on_send_headers,
        .read_post = php_sapi_on_read_post,
        .read_cookies = php_sapi_on_read_cookies,
        .register_server_variables = php_variables_register,
        .log_message = php_message_log,
        .ini_defaults = php_startup_defaults,
};
