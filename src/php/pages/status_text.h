/* SPDX-License-Identifier: MIT */
#pragma once
/* Status text: what clients chose, made harmless for each format of the status page. Pure.
 *
 * Runs in: worker. */

#include <stdio.h>

/* Control characters become \xNN, so that no line can be forged and no terminal be spoken to. */
void status_text_plain(FILE *f, const char *text);

/* HTML and XML: & < > " as entities (the apostrophe stays, as in php-fpm), what is not UTF-8, or no character
 * of XML, as U+FFFD. */
void status_text_markup(FILE *f, const char *text);

/* Within quotes. As PHP's json_encode(): slashes escaped, \uXXXX for all that is not ASCII, what is not UTF-8
 * left out. */
void status_text_json(FILE *f, const char *text);
