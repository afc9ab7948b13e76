/* SPDX-License-Identifier: MIT */
#pragma once
/* Names: the users and groups of /etc/passwd and /etc/group. A generator runs before the services that know others, and
 * must not ask for them.
 *
 * Runs in: fpmd-generator. */

#include <stdbool.h>

typedef struct Names {
        char *users, *groups; /* the files; NULL: not read */
} Names;

/* Reads both files; one that cannot be read has no names. */
void names_read(Names *ret);
void names_done(Names *names);

/* Whether each of a list, with commas or blanks between, is a number or stands in the file. list may be NULL. Pure. */
bool names_have_users(const Names *names, const char *list);
bool names_have_groups(const Names *names, const char *list);
