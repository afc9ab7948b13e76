/* SPDX-License-Identifier: MIT */
#pragma once
/* Privilege: the only file that changes ids, capabilities or the root directory.
 *
 * Runs in: manager, and its child between fork and exec. */

#include <stdbool.h>

#include "manager/spawn/account.h"

/* Whether this process may become somebody else. Without it a pool runs as the manager's own user.
 */
bool privilege_can_switch_user(void);

/* Manager: calls attempt, and meanwhile files are reached with the rights of the account, not with its own: for a
 * path in a folder of the account's, where the manager's few rights do not suffice and more would be too many.
 * What attempt returns, or negative errno. A manager that cannot become itself again aborts. */
int privilege_try_files(const Account *account, int (*attempt)(void *userdata), void *userdata);

/* Manager, at its start: keeps the capabilities that spawning needs, whatever the unit allows more. That is the
 * bounding set, which stays: it bounds the set-id programs that scripts start (a sendmail). 0 or negative errno. */
int privilege_keep_spawning(void);

/* Child: becomes account for good, without any capability. With no_new_privileges nothing that the pool executes
 * gains any; else set-id programs have those of the bounding set. Checks that there is no way back. 0 or negative
 * errno. */
int privilege_drop(const Account *account, bool no_new_privileges);

/* Child, before privilege_drop(): leaves a helper process behind that shares this process's root
 * directory (CLONE_FS) over the exec that follows. When a byte is written to the returned fd it
 * does chroot(path) for both, answers with an int (0 or negative errno) and exits; EOF makes it
 * exit without.
 *
 * So the pool program can start PHP with the whole file system in sight and be locked in afterwards
 * without ever having had a capability: with one, preload code could use it through FFI.
 *
 * ret_fd gets the pool program's end (CLOEXEC). 0 or negative errno. */
int privilege_fork_chroot_helper(const char *path, int *ret_fd);
