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

/* Returns whether the file at path may be quoted: each name of the path is a file or folder of root's that nobody else
 * can write in, and no link; or this process is not root's, and reads what its user may read. */
bool file_trust_may_quote(const char *path);
