/* SPDX-License-Identifier: MIT */
#pragma once
/* Escape: makes a string of strangers safe for one line of a terminal or a log.
 *
 * Runs in: any process. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Control bytes, DEL, the backslash and what is not valid UTF-8 become \xNN; the rest, UTF-8 included, stays. Of UTF-8
 * what terminals obey (U+0080 to U+009F) and what changes or hides how the rest is shown (U+202E and other marks of
 * direction, zero-width characters) is escaped too, byte by byte. Never writes more than size bytes with the NUL; what
 * does not fit is cut between characters. Returns the length. */
size_t escape_string(char *buffer, size_t size, const char *string);

/* For JSON, whose writers escape the rest: what is not valid UTF-8 becomes U+FFFD, byte by byte, so that three
 * times the length is always enough. Cut and returned as above. */
size_t escape_utf8(char *buffer, size_t size, const char *string);

/* The same, all of it, in memory that the caller frees. NULL: no memory. */
char *escape_string_new(const char *string);
char *escape_utf8_new(const char *string);

/* The length of the valid UTF-8 sequence at s, 0 if there is none (RFC 3629: no overlong forms, no surrogates,
 * nothing above U+10FFFF). s is NUL-terminated. */
size_t escape_utf8_length(const unsigned char *s);

/* The character at s, whose length is n > 0. */
uint32_t escape_utf8_character(const unsigned char *s, size_t n);

/* Whether the sequence of that length at s is one that escape_string() leaves, were it not for the backslash. */
bool escape_utf8_is_shown(const unsigned char *s, size_t n);
