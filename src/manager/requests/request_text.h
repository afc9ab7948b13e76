/* SPDX-License-Identifier: MIT */
#pragma once
/* RequestText: the texts of a request in a slot of the scoreboard, escaped for a log, since a worker claims them and a
 * client chose them.
 *
 * Runs in: manager. Pure. */

#include "contract/scoreboard.h"
#include "manager/base/log.h"

typedef struct RequestText {
        char method[64], uri[2600], script[1100];
} RequestText;

/* Writes method, URI and script of the request in a slot. The URI is what the client asked for, with the query:
 * $REQUEST_URI, or made of script name and query. */
void request_text(RequestText *ret, const SlotView *view);
