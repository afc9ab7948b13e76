/* SPDX-License-Identifier: MIT */
#pragma once
/* RequestWords: what a slot of the scoreboard says of a request, made fit for a log. All of it is a claim of a
 * worker and a word of a client: escaped.
 *
 * Runs in: manager. Pure. */

#include "contract/scoreboard.h"
#include "manager/base/log.h"

typedef struct RequestWords {
        char method[64], uri[2600], script[1100];
} RequestWords;

/* uri is what the client asked for, with the query: $REQUEST_URI, or made of script name and query. */
void request_words(RequestWords *ret, const SlotView *view);
