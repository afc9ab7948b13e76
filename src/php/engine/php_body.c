/* SPDX-License-Identifier: MIT */
#include "php/engine/php_body.h"

#include <errno.h>
#include <inttypes.h>
#include <php.h>
#include <stdio.h>
#include <syslog.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/parse.h"
#include "php/engine/php_message.h"
#include "php/files/body_file.h"

/* Without the file the body is empty: STDIN has nothing when the web server means the file. */
static void open_source(PhpRequest *request) {
        const char *path = fcgi_request_param(request->fcgi, ZEND_STRL("REQUEST_BODY_FILE"));
        int fd;

        if (!path || *path == '\0') {
                request->body.source = PHP_BODY_STDIN;
                return;
        }

        fd = body_file_open(path);
        request->body.source = fd < 0 ? PHP_BODY_NONE : PHP_BODY_FILE;
        request->body.fd = fd;
        if (fd < 0)
                zend_error(E_WARNING, "REQUEST_BODY_FILE: open('%s') failed: %s (%d)", path,
                                strerror(-fd), -fd);
}

static size_t read_file(int fd, char *buffer, size_t size) {
        size_t done = 0;

        while (done < size) {
                ssize_t n = read(fd, buffer + done, size - done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        break;

                done += (size_t) n;
        }

        return done;
}

size_t php_body_read(PhpRequest *request, char *buffer, size_t size) {
        if (request->body.source == PHP_BODY_UNKNOWN)
                open_source(request);

        switch (request->body.source) {
        case PHP_BODY_STDIN:
                return fcgi_request_read_body(request->fcgi, buffer, size);
        case PHP_BODY_FILE:
                return read_file(request->body.fd, buffer, size);
        default:
                return 0;
        }
}

static void report_lost(PhpRequest *request, int error) {
        char line[128];

        if (error == -ETIMEDOUT) {
                snprintf(line, sizeof(line),
                                "Nothing more of the body came for %" PRIu64
                                " s (request_body_timeout)",
                                request->config->request_body_timeout_usec / USEC_PER_SEC);
                php_message_send(LOG_WARNING, line, line);
                php_message_answer(408, "The body of the request did not come.\n");
        } else {
                php_message_send(LOG_WARNING, "The body of the request ends in what is no FastCGI",
                                "Malformed body");
                php_message_answer(400, "The body of the request is malformed.\n");
        }
}

bool php_body_refuse(PhpRequest *request) {
        int error = fcgi_request_body_error(request->fcgi);

        if (fcgi_request_aborted(request->fcgi)) {
                php_output_set_status(PHP_OUTPUT_DISABLED);
                return true;
        }

        if (error != -ETIMEDOUT && error != -EBADMSG)
                return false;

        if (!request->body.lost)
                report_lost(request, error);
        request->body.lost = true;
        return true;
}

void php_body_done(PhpRequest *request) {
        if (request->body.source == PHP_BODY_FILE)
                fd_close(request->body.fd);
        request->body = (PhpBody){};
}
