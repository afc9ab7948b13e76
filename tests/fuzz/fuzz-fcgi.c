/* SPDX-License-Identifier: MIT */
/* Everything of src/php/fastcgi/ that a peer can reach: the params parser by itself, then a whole
 * connection. The first byte says how the rest is cut into packets and what the script does; a
 * SOCK_SEQPACKET pair makes every packet one recv(). */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "php/fastcgi/fcgi_record.h"
#include "php/fastcgi/fcgi_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
        PACKETS_MAX = 200, /* as many as a socket takes without a reader */
};

static void check(bool condition) {
        if (!condition)
                abort();
}

static void check_params(const FcgiParam *items, size_t n, char *const *envp) {
        for (size_t i = 0; i < n; i++) {
                check(items[i].name == envp[i]);
                check(items[i].name[items[i].name_len] == '=');
                check(items[i].value == items[i].name + items[i].name_len + 1);
                check(strlen(items[i].value) == items[i].value_len);
        }
        check(envp[n] == NULL);
}

static void fuzz_params(const uint8_t *data, size_t size) {
        uint8_t answer[FCGI_VALUES_RECORD_MAX];
        FcgiParams params;

        (void) fcgi_values_encode(answer, data, size, 4096);

        check(fcgi_params_init(&params, 2000, 20) == 0);
        fcgi_params_reset(&params);
        if (fcgi_params_append(&params, data, size) == 0 && fcgi_params_parse(&params) == 0) {
                check_params(params.items, params.n_items, params.envp);
                for (size_t i = 0; i < params.n_items; i++)
                        check(fcgi_params_find(&params, params.items[i].name,
                                              params.items[i].name_len) == params.items + i);
        }
        fcgi_params_done(&params);
}

static void send_packets(int fd, const uint8_t *data, size_t size, size_t piece) {
        if (piece < size / PACKETS_MAX + 1)
                piece = size / PACKETS_MAX + 1;

        for (size_t at = 0; at < size; at += piece)
                if (send(fd, data + at, piece < size - at ? piece : size - at,
                                    MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
                        break;
        shutdown(fd, SHUT_WR);
}

/* There is a request to answer, and nothing in it. */
static void answer_refused(FcgiRequest *req) {
        size_t n;

        (void) fcgi_request_params(req, &n);
        check(n == 0);
        check(fcgi_request_fcgx(req)->envp[0] == NULL);
        (void) fcgi_request_write(req, "Status: 400\r\n\r\n", 15);
}

/* What the script does with one request, by the bits of how. */
static void serve(FcgiRequest *req, unsigned how) {
        FCGX_Request *fcgx = fcgi_request_fcgx(req);
        const FcgiParam *params;
        char buffer[3000];
        size_t n;

        params = fcgi_request_params(req, &n);
        check_params(params, n, fcgx->envp);
        (void) fcgi_request_param(req, "CONTENT_LENGTH", 14);

        if (how & 1)
                (void) FCGX_GetStr(buffer, 100, fcgx->in);
        if (how & 2)
                while (fcgi_request_read_body(req, buffer, sizeof(buffer)) == sizeof(buffer))
                        ;
        if (how & 4)
                FCGX_FPrintF(fcgx->err, "%d", FCGX_GetChar(fcgx->in));
        if (how & 8)
                (void) FCGX_UnGetChar('x', fcgx->in);
        if (how & 16)
                fcgi_request_check_abort(req);
        memset(buffer, 'x', sizeof(buffer));
        FCGX_PutStr(buffer, sizeof(buffer), fcgx->out);
        (void) fcgi_request_write(req, buffer, 10);
}

static void drop_replies(int fd) {
        static char buffer[65536];

        while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
                ;
}

/* One request. Whether another may follow. */
static bool serve_next(FcgiRequest *req, unsigned how, int peer_fd) {
        int r;

        r = fcgi_request_read(req);
        if (r == -E2BIG || r == -EINVAL)
                answer_refused(req);
        else if (r < 0)
                return false;
        else
                serve(req, how);

        drop_replies(peer_fd);
        r = fcgi_request_finish(req, 0);
        drop_replies(peer_fd);
        return r > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static FcgiRequest *req;
        int fds[2];

        if (size == 0 || size > 60000)
                return 0;

        fuzz_params(data + 1, size - 1);

        if (!req) {
                FcgiLimits limits = FCGI_LIMITS_DEFAULT;

                /* Nothing in here waits: the peer has closed before we read. */
                limits.max_conns = 3;
                limits.params_bytes = 4096;
                limits.params_count = 30;
                limits.write_stall_usec = limits.head_usec = 20000;
                check(fcgi_request_new(&req, &limits) == 0);
        }

        check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
        send_packets(fds[1], data + 1, size - 1, data[0] & 0xf0 ? data[0] : 30000);
        fcgi_request_attach(req, fds[0]);
        while (serve_next(req, data[0], fds[1]))
                ;

        close(fcgi_request_detach(req));
        close(fds[1]);
        return 0;
}
