/* SPDX-License-Identifier: MIT */
#pragma once
/* Names: the users and groups of /etc/passwd and /etc/group. A generator runs before the services that know other
 * names, and must not ask those.
 *
 * Runs in: fpmd-generator. */

#include <stdbool.h>
#include <sys/types.h>

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

/* Reads the number of a group: of its line in the file, or as it is written. Returns false where neither is. Pure. */
bool names_group_id(const Names *names, const char *group, gid_t *ret);

/* Returns whether the files say that a user, by name or number, is in the group of that number: it is the user's own,
 * or lists the user. Pure. */
bool names_user_is_in(const Names *names, const char *user, gid_t group);
