/* SPDX-License-Identifier: MIT */
#pragma once
/* Privilege: the only file that changes ids or capabilities. ChrootHelper changes the root directory.
 *
 * Runs in: manager, and its child between fork and exec. */

#include <stdbool.h>
#include <stdint.h>

#include "manager/spawn/account.h"

/* Returns whether this process may switch to another user. If not, a pool runs as the manager's own user. */
bool privilege_can_switch_user(void);

/* Returns whether this process may change its root directory. A unit allows that only to a pool which has a chroot, and
 * the capability alone does not tell: the unit filters the system call as well. */
bool privilege_can_chroot(void);

/* Manager: calls attempt, with the account's rights on files in place of its own: for a path in a folder of the
 * account's, where the manager's few rights do not suffice and more would be too many. Returns what attempt returns, or
 * a negative errno when the rights cannot be changed. A manager that cannot get its own rights back aborts. */
int privilege_try_files(const Account *account, int (*attempt)(void *userdata), void *userdata);

/* Manager, or a child of it: takes the effective id of user, and all that its own one may do goes with it; takes its
 * own one back. A manager that cannot get it back aborts. Returns 0 or a negative errno. */
int privilege_lend_effective(uid_t user);
void privilege_take_effective_back(void);

/* Returns whether this process may come before others by a nice value of that number; whether it may exceed the hard
 * limits that it has. */
bool privilege_allows_priority(int64_t priority);
bool privilege_can_raise_limits(void);

/* Manager, at its start: keeps the capabilities that spawning needs, and drops others that the unit may allow. The
 * bounding set stays as it is: it limits the set-id programs that scripts start (a sendmail). Returns 0 or a negative
 * errno. */
int privilege_keep_spawning(void);

/* Child: switches to account for good, without any capability, and checks that there is no way back. With
 * no_new_privileges no program that the pool executes gains capabilities; else set-id programs get those of the
 * bounding set. With shielded one harmless capability stays: it keeps other processes of the user from the memory of
 * the program that is executed next, until that has closed it and drops the capability (php/preload.c). Returns 0 or a
 * negative errno. */
int privilege_drop(const Account *account, bool no_new_privileges, bool shielded);
