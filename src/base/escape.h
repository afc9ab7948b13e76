/* SPDX-License-Identifier: MIT */
#pragma once
/* Escape: makes a string of strangers safe for one line of a terminal or a log.
 *
 * Runs in: any process. Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes string into buffer with each control byte, DEL, backslash and byte that is not valid UTF-8 as \xNN; the rest,
 * UTF-8 included, stays. Characters that terminals obey (U+0080 to U+009F) and characters that change or hide how the
 * rest is shown (U+202E and other marks of direction, zero-width characters) are escaped too, byte by byte. Never
 * writes more than size bytes with the NUL; what does not fit is cut between characters. Returns the length. */
size_t escape_string(char *buffer, size_t size, const char *string);

/* Does the same but for the characters in kept, such as "\\\t", which stay: where a backslash is no escape. */
size_t escape_string_but(char *buffer, size_t size, const char *string, const char *kept);

/* Replaces each byte of string that escape_string() would escape, but for the backslash, by '?'. */
void escape_blot(char *string);

/* Writes string into buffer for a JSON writer, which escapes the rest: each byte that is not valid UTF-8 becomes
 * U+FFFD, so that three times the length is always enough. Cuts and returns as escape_string() does. */
size_t escape_utf8(char *buffer, size_t size, const char *string);

/* Do the same with the whole string, in memory that the caller frees. Return NULL when memory is short. */
char *escape_string_new(const char *string);
char *escape_utf8_new(const char *string);

/* Returns the length of the valid UTF-8 sequence at s, which is NUL-terminated, or 0 if there is none (RFC 3629: no
 * overlong forms, no surrogates, nothing above U+10FFFF). */
size_t escape_utf8_length(const unsigned char *s);

/* Returns the character at s, whose length n is above 0. */
uint32_t escape_utf8_character(const unsigned char *s, size_t n);

/* Returns whether escape_string() would leave the sequence of that length at s as it is, apart from the backslash. */
bool escape_utf8_is_shown(const unsigned char *s, size_t n);
