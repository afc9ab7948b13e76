/* SPDX-License-Identifier: MIT */
#pragma once
/* FolderOwner: what lies below a folder that does not let root in, because the manager is root without the capability
 * to override permissions. It may become any user, so it looks there as the folder's owner, and sees what he sees.
 *
 * Runs in: manager, and ChrootHelper, which enters that way.
 * Trusts:  nobody: it is for looking and entering, where an administrator has named the path, not for opening. */

#include <sys/stat.h>

/* Calls attempt, which looks at path or enters it, and after -EACCES once more with the rights on files of the owner of
 * the folder that refuses it. Returns what attempt has returned last: -EACCES where that folder is root's, where one
 * further on refuses as well, or in a process that cannot become another user. */
int folder_owner_try(const char *path, int (*attempt)(void *userdata), void *userdata);

/* Does that with stat(2). Returns 0 or a negative errno. */
int folder_owner_stat(const char *path, struct stat *ret);
