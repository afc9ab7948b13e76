/* SPDX-License-Identifier: MIT */
#pragma once
/* Ini: php-fpm's dialect of INI, bytes in, events out. Pure.
 *
 * php-fpm hands each line by itself to Zend's INI scanner in its NORMAL mode, and so do we: a value
 * never spans lines, "double" quotes are stripped and ${ENV} in them expanded, 'single' ones are
 * literal, bare yes and no become "1" and "", | & ^ ~ ! work on whole numbers and E_* constants.
 *
 * Runs in: any process.
 * Trusts:  nobody. A NUL byte, an open quote or an operator on words is an error, where Zend
 * guesses. */

#include <stdbool.h>
#include <stddef.h>

#include "ini/ini_value.h"

typedef enum IniType {
        INI_SECTION, /* [key] */
        INI_KEY,     /* key = value */
        INI_ARRAY,   /* key[sub] = value */
        INI_INCLUDE, /* include = value */
        INI_ERROR,   /* value says what is wrong and what would be right */
} IniType;

/* All strings are valid during the call only. */
typedef struct IniEvent {
        IniType type;
        unsigned line; /* from 1 */
        size_t offset; /* of an INI_SECTION: where in the text its line begins */
        const char *key;
        const char *sub;
        const char *value;
        const char *raw; /* the value as it was written, for messages */
        bool word;       /* value is a bare yes, off, none … and so "1" or "" by now */
} IniEvent;

/* What a handler may return for an INI_SECTION: the lines of this section are passed over unread, but for its include
 * lines. So a file of many pools is read for one of them at the price of looking for its line ends. */
#define INI_SKIP_SECTION 0x5ec7

/* Is called for each event. Returns 0 to go on with the next line, also after an INI_ERROR; any other value but
 * INI_SKIP_SECTION ends the reading, and ini_parse() returns it. */
typedef int (*IniHandler)(void *userdata, const IniEvent *event);

/* Reads size bytes of text and calls handler for each line; lookup expands ${ENV}. Returns 0, -ENOMEM or what the
 * handler returned. */
int ini_parse(const char *text, size_t size, IniLookup lookup, IniHandler handler, void *userdata);

/* Does the same for a text that begins behind so many lines of a file. */
int ini_parse_behind(const char *text, size_t size, unsigned lines, IniLookup lookup,
                IniHandler handler, void *userdata);
