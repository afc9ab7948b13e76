/* SPDX-License-Identifier: MIT */
#include "pool/php_body.h"

#include <errno.h>
#include <php.h>
#include <unistd.h>

#include "pool/body_file.h"
#include "shared/fd.h"

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

void php_body_done(PhpRequest *request) {
        if (request->body.source == PHP_BODY_FILE)
                fd_close(request->body.fd);
        request->body = (PhpBody){};
}
