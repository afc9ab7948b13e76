/* SPDX-License-Identifier: MIT */
#pragma once
/* ErrorReply: the answer to a request that no script sees, and its line in the journal.
 *
 * Runs in: worker.     Trusts: nobody; it quotes nothing of the request. */

#include <stdint.h>

#include "base/rate_limit.h"
#include "php/fastcgi/fcgi_request.h"

/* Logs why fcgi_request_read() failed, but not too often, and not for a web server that has closed or aborted. */
void error_reply_report(RateLimit *limit, int error, uint64_t now_usec);

/* Answers a request that can be answered, after -E2BIG and -EINVAL. Returns 1 when the connection can be kept, or 0
 * when it is to be closed. */
int error_reply_send(FcgiRequest *fcgi, int error);

/* Answers 503 to a request that has waited for too long. Returns as error_reply_send(). */
int error_reply_send_late(FcgiRequest *fcgi, uint64_t retry_after_sec);

/* Answers 503 to a request whose application does not start. Returns as error_reply_send(). */
int error_reply_send_unavailable(FcgiRequest *fcgi, uint64_t retry_after_sec);
