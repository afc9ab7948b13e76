/* SPDX-License-Identifier: MIT */
#pragma once
/* FileTrust: whether messages may quote a file.
 *
 * A message about a pool file quotes its lines. Where another user decides which file is read, by a link or by an
 * include line, root's messages would show that user files that he may not read.
 *
 * Runs in: any process.
 * Trusts:  root. */

#include <stdbool.h>

/* Returns whether the file at path may be quoted: it is a file of root's that nobody else can write, no link, and each
 * folder on the way is root's alone, or a link of root's to one that is; or this process is not root's, and reads what
 * its user may read. */
bool file_trust_may_quote(const char *path);

/* Does the same for a line of a file, "FILE:LINE". Returns false also when memory is short. */
bool file_trust_may_quote_place(const char *place);

/* What is said in place of a reason that would quote such a file. */
#define FILE_TRUST_NOT_QUOTED                                                                      \
        "is not right; fpmctl check says why to the owner of the file, and to root only of files " \
        "that nobody else has a say in"
