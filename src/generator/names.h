/* SPDX-License-Identifier: MIT */
#pragma once
/* Names: the users and groups of /etc/passwd and /etc/group. A generator runs before the services that know other
 * names, and must not ask those.
 *
 * Runs in: fpmd-generator. */

#include <stdbool.h>

typedef struct Names {
        char *users, *groups; /* the files; NULL: not read */
} Names;

/* Reads both files; a file that cannot be read counts as empty. */
void names_read(Names *ret);
void names_done(Names *names);

/* Return whether each name of a list, with commas or blanks between, is a number or stands in the file. list may be
 * NULL. Pure. */
bool names_have_users(const Names *names, const char *list);
bool names_have_groups(const Names *names, const char *list);
