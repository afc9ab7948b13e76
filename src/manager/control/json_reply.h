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

/* Returns 0 or a negative errno. */
int json_reply_new(JsonReply **ret);
JsonReply *json_reply_free(JsonReply *answer);
DEFINE_CLEANUP(JsonReply, json_reply_free);

/* Appends text, the punctuation between pieces. */
void json_reply_put(JsonReply *answer, const char *text);

/* Appends json, which it takes. NULL, where memory was short, makes json_reply_finish() fail. */
void json_reply_put_json(JsonReply *answer, json_t *json);

/* Seals the memfd. Returns it as an fd that the caller closes, or a negative errno when something could not be
 * written. */
int json_reply_finish(JsonReply *answer);

/* Returns a new JSON string of text, which need not be UTF-8, or NULL when memory is short. */
json_t *json_reply_string(const char *text);
