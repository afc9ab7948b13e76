/* SPDX-License-Identifier: MIT */
#pragma once
/* ChrootHelper: the process that locks the pool program into the root directory of its pool. So PHP can start with the
 * whole file system in sight and be locked in afterwards without ever having had a capability: with one, preload code
 * could use it through FFI.
 *
 * Runs in: manager's child, before its exec; and what it leaves behind.
 * Trusts:  the path, which an administrator has named. Whoever has the fd can do with it what the header of
 *          chroot_helper_fork() says, once. */

#include "manager/spawn/account.h"

/* Child, before privilege_drop(): leaves a helper process behind that shares this process's root directory (CLONE_FS)
 * over the exec that follows. When a byte is written to the returned fd it does chroot(path) for both, answers with an
 * int (0 or a negative errno) and exits; EOF makes it exit without. Where root's rights on files do not suffice it has
 * the account's, and then those of the owner of the folder that refuses it, as the check of the pool file has
 * (FolderOwner).
 *
 * ret_fd gets the pool program's end (CLOEXEC). Returns 0 or a negative errno. */
int chroot_helper_fork(const char *path, const Account *account, int *ret_fd);
