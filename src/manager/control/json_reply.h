/* SPDX-License-Identifier: MIT */
#pragma once
/* JsonReply: JSON on its way to fpmctl, in a memfd. It is written piece by piece, so that what 4096 workers do
 * takes no memory of the manager's own.
 *
 * Runs in: manager. */

#include <jansson.h>
#include <stddef.h>

#include "base/cleanup.h"

typedef struct JsonReply JsonReply;

/* 0 or negative errno. */
int json_reply_new(JsonReply **ret);
JsonReply *json_reply_free(JsonReply *answer);
DEFINE_CLEANUP(JsonReply, json_reply_free);

/* Punctuation between pieces. */
void json_reply_put(JsonReply *answer, const char *text);

/* Takes json; NULL, for want of memory, spoils the answer. */
void json_reply_put_json(JsonReply *answer, json_t *json);

/* Seals it. The fd is the caller's; negative errno: it could not be written. */
int json_reply_finish(JsonReply *answer);

/* New JSON text of what need not be UTF-8. NULL: no memory. */
json_t *json_reply_string(const char *text);
