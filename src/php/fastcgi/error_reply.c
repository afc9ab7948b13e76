/* SPDX-License-Identifier: MIT */
#include "php/fastcgi/error_reply.h"
#include "base/journal_socket.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The text has the priority in front that journald reads. NULL: no line. */
static const char *reason_of(int error) {
        switch (error) {
        case -ENODATA:
        case -ECANCELED:
        case -ECONNRESET:
        case -EPIPE:
                return NULL;
        case -ETIMEDOUT:
                return "<5>A connection sent no complete request in time, closed";
        case -E2BIG:
                return "<4>A request has more parameters than are accepted, answered with 431";
        case -EINVAL:
                return "<4>A request has parameters that cannot be an environment, answered with 400";
        case -EBADMSG:
                return "<4>A connection does not speak FastCGI, closed";
        default:
                return "<4>A connection failed, closed";
        }
}

void error_reply_report(RateLimit *limit, int error, uint64_t now_usec) {
        const char *reason = reason_of(error);
        char more[48] = "";
        unsigned n_left_out;

        if (!reason || !rate_limit_allows(limit, now_usec, &n_left_out))
                return;

        if (n_left_out > 0)
                snprintf(more, sizeof(more), " (%u such lines were left out before)", n_left_out);
        stderr_line("%s%s\n", reason, more);
}

/* No time limit of requests counts here, since no request runs. */
static int answer(FcgiRequest *fcgi, const char *head, const char *body) {
        fcgi_request_hurry(fcgi);

        /* A socket may fail with an errno that looks like a refusal: then there is no request here. */
        if (fcgi_request_write(fcgi, head, strlen(head)) < 0 ||
                        fcgi_request_write(fcgi, body, strlen(body)) < 0)
                return 0;

        return fcgi_request_finish(fcgi, 0) > 0;
}

int error_reply_send(FcgiRequest *fcgi, int error) {
        if (error == -E2BIG)
                return answer(fcgi,
                                "Status: 431 Request Header Fields Too Large\r\n"
                                "Content-Type: text/plain\r\n\r\n",
                                "The head of the request is too large.\n");

        if (error == -EINVAL)
                return answer(fcgi,
                                "Status: 400 Bad Request\r\n"
                                "Content-Type: text/plain\r\n\r\n",
                                "The head of the request is malformed.\n");

        return 0;
}

static int answer_unavailable(FcgiRequest *fcgi, uint64_t retry_after_sec, const char *text) {
        char head[160];

        snprintf(head, sizeof(head),
                        "Status: 503 Service Unavailable\r\nRetry-After: %" PRIu64 "\r\n"
                        "Content-Type: text/plain\r\n\r\n",
                        retry_after_sec);
        return answer(fcgi, head, text);
}

int error_reply_send_late(FcgiRequest *fcgi, uint64_t retry_after_sec) {
        return answer_unavailable(fcgi, retry_after_sec, "Too many requests are waiting.\n");
}

int error_reply_send_unavailable(FcgiRequest *fcgi, uint64_t retry_after_sec) {
        return answer_unavailable(fcgi, retry_after_sec, "The application does not start.\n");
}
