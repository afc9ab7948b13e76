/* SPDX-License-Identifier: MIT */
#pragma once
/* Answer: JSON on its way to fpmctl, in a memfd. It is written piece by piece, so that what 4096 workers do
 * takes no memory of the manager's own.
 *
 * Runs in: manager. */

#include <jansson.h>
#include <stddef.h>

#include "base/cleanup.h"

typedef struct Answer Answer;

/* 0 or negative errno. */
int answer_new(Answer **ret);
Answer *answer_free(Answer *answer);
DEFINE_CLEANUP(Answer, answer_free);

/* Punctuation between pieces. */
void answer_put(Answer *answer, const char *text);

/* Takes json; NULL, for want of memory, spoils the answer. */
void answer_put_json(Answer *answer, json_t *json);

/* Seals it. The fd is the caller's; negative errno: it could not be written. */
int answer_finish(Answer *answer);

/* New JSON text of what need not be UTF-8. NULL: no memory. */
json_t *answer_string(const char *text);
