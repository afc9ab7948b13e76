/* SPDX-License-Identifier: MIT */
#pragma once
/* Refusal: what a web server is told, and the journal, of a request that no script sees.
 *
 * Runs in: worker.     Trusts: nobody; says nothing of the peer's own words. */

#include <stdint.h>

#include "base/rate_limit.h"
#include "php/fastcgi/fcgi_request.h"

/* Why fcgi_request_read() failed; at most one line in a while, and none for a web server that changed its
 * mind. */
void error_reply_report(RateLimit *limit, int error, uint64_t now_usec);

/* Answers where there is a request to answer, after -E2BIG and -EINVAL. 1: the connection can be kept, 0:
 * close it. */
int error_reply_send(FcgiRequest *fcgi, int error);

/* 503 for one that has waited too long. The same. */
int error_reply_send_late(FcgiRequest *fcgi, uint64_t retry_after_sec);
