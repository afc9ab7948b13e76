/* SPDX-License-Identifier: MIT */
#pragma once
/* Escape: makes a string of strangers safe for one line of a terminal or a log.
 *
 * Runs in: any process. Pure. */

#include <stddef.h>

/* Control bytes, DEL, the backslash and what is not valid UTF-8 become \xNN; the rest, UTF-8 included,
 * stays. C1 controls in UTF-8 form (U+0080 to U+009F) are escaped too: terminals obey them. Never writes
 * more than size bytes with the NUL; what does not fit is cut between characters. Returns the length. */
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
