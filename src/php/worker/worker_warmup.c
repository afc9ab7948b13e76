/* SPDX-License-Identifier: MIT */
#include "php/worker/worker_warmup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "php/fastcgi/fcgi_record.h"

enum {
        REQUEST_ID = 1,
        PARAMS_MAX = 8192,
};

typedef struct Params {
        uint8_t bytes[PARAMS_MAX];
        size_t n;
} Params;

static size_t encode_length(uint8_t *bytes, size_t n) {
        if (n < 128) {
                bytes[0] = (uint8_t) n;
                return 1;
        }

        bytes[0] = (uint8_t) (n >> 24 | 0x80);
        bytes[1] = (uint8_t) (n >> 16);
        bytes[2] = (uint8_t) (n >> 8);
        bytes[3] = (uint8_t) n;
        return 4;
}

/* What has no room is left out. */
static void add(Params *params, const char *name, const char *value, size_t value_len) {
        size_t name_len = strlen(name);

        if (params->n + 8 + name_len + value_len > sizeof(params->bytes))
                return;

        params->n += encode_length(params->bytes + params->n, name_len);
        params->n += encode_length(params->bytes + params->n, value_len);
        memcpy(params->bytes + params->n, name, name_len);
        memcpy(params->bytes + params->n + name_len, value, value_len);
        params->n += name_len + value_len;
}

static void add_text(Params *params, const char *name, const char *value) {
        add(params, name, value, strlen(value));
}

/* As a web server on this machine sends it. */
static void make_params(Params *params, const PoolConfig *config) {
        const char *script = config->worker_script, *slash = strrchr(script, '/');
        const char *uri = config->worker_warmup, *query = strchr(uri, '?');

        add_text(params, "SCRIPT_FILENAME", script);
        add_text(params, "SCRIPT_NAME", slash ? slash : script);
        add(params, "DOCUMENT_ROOT", script, slash ? (size_t) (slash - script) : 0);
        add_text(params, "REQUEST_METHOD", "GET");
        add_text(params, "REQUEST_URI", uri);
        add(params, "DOCUMENT_URI", uri, query ? (size_t) (query - uri) : strlen(uri));
        add_text(params, "QUERY_STRING", query ? query + 1 : "");
        add_text(params, "GATEWAY_INTERFACE", "CGI/1.1");
        add_text(params, "SERVER_PROTOCOL", "HTTP/1.1");
        add_text(params, "SERVER_SOFTWARE", "fpmd");
        add_text(params, "SERVER_NAME", "localhost");
        add_text(params, "SERVER_PORT", "80");
        add_text(params, "SERVER_ADDR", "127.0.0.1");
        add_text(params, "REMOTE_ADDR", "127.0.0.1");
        add_text(params, "REQUEST_SCHEME", "http");
        add_text(params, "HTTP_HOST", "localhost");
        add_text(params, "HTTP_USER_AGENT", "fpmd worker_warmup");
}

static size_t put_record(uint8_t *to, uint8_t type, const uint8_t *content, size_t size) {
        FcgiRecord record = { .type = type, .id = REQUEST_ID, .content_len = (uint16_t) size };

        fcgi_record_encode(to, &record);
        if (size > 0)
                memcpy(to + FCGI_HEADER_LEN, content, size);
        return FCGI_HEADER_LEN + size;
}

int worker_warmup_connect(const PoolConfig *config) {
        static const uint8_t begin[FCGI_BODY_LEN] = { 0, FCGI_RESPONDER };
        _cleanup_close_ int ours = -EBADF, theirs = -EBADF;
        uint8_t request[PARAMS_MAX + 5 * FCGI_HEADER_LEN + FCGI_BODY_LEN];
        Params params = {};
        size_t n = 0;
        int fds[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
                return -errno;
        ours = fds[0];
        theirs = fds[1];

        make_params(&params, config);
        n += put_record(request + n, FCGI_BEGIN_REQUEST, begin, sizeof(begin));
        n += put_record(request + n, FCGI_PARAMS, params.bytes, params.n);
        n += put_record(request + n, FCGI_PARAMS, NULL, 0);
        n += put_record(request + n, FCGI_STDIN, NULL, 0);
        if (write(theirs, request, n) != (ssize_t) n)
                return -EIO;

        /* However long the answer is, nobody waits for its reader. */
        if (shutdown(theirs, SHUT_RDWR) < 0)
                return -errno;

        return TAKE_FD(ours);
}
