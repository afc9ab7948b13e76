/* SPDX-License-Identifier: MIT */
#pragma once
/* StatusText: writes texts that clients chose, made harmless for each format of the status page. Pure.
 *
 * Runs in: worker. */

#include <stdio.h>

/* Writes control characters as \xNN, so that a text can neither forge a line nor control a terminal. */
void status_text_plain(FILE *f, const char *text);

/* Writes for HTML and XML: & < > " as entities (the apostrophe stays, as in php-fpm), and bytes that are not UTF-8, or
 * no characters of XML, as U+FFFD. */
void status_text_markup(FILE *f, const char *text);

/* Writes within the quotes of JSON as PHP's json_encode() does: with slashes escaped and \uXXXX for everything that is
 * not ASCII. Bytes that are not UTF-8 are left out. */
void status_text_json(FILE *f, const char *text);
