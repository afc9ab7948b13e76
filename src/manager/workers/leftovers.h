/* SPDX-License-Identifier: MIT */
#pragma once
/* Leftovers: processes that scripts have left behind in the pool's cgroup: daemons in a session of their own, children
 * of workers that are gone.
 *
 * The unit has KillMode=process, so that the workers of a manager that was killed finish their requests: systemd ends
 * only what it has started itself. So the manager ends such processes when the pool is stopped.
 *
 * Runs in: manager of fpmd@POOL.service; elsewhere the functions do nothing, since the cgroup is not the pool's.
 * Trusts:  the kernel's list of the cgroup. A process can give itself any title: one that has a worker's is waited for
 * as long as one of an earlier manager. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Opens the kernel's list of the processes in the pool's cgroup, which the caller closes. Returns NULL where this
 * process is not in that cgroup, or the list cannot be read. */
FILE *leftovers_open_list(const char *pool);

/* Returns whether the cgroup has any process beside this one and those of the pool program. */
bool leftovers_are_there(const char *pool);

/* Ends all of them, after the manager's own zygotes and workers are gone: by SIGTERM, and those that are there two
 * seconds later by SIGKILL. Workers of an earlier manager have patience_usec to finish. Logs which processes they were,
 * and waits until they are gone. */
void leftovers_end(const char *pool, uint64_t patience_usec);

/* Does the same with those that no request can have to do with, whichever manager's they are: they descend from no
 * process of the pool program. Requests may run meanwhile and are not waited for. */
void leftovers_end_strays(const char *pool);

/* Returns whether this is the command line of a zygote or worker of the pool, whatever its program is called: the one
 * with which the manager starts it, also by an interpreter, or the title that it gives itself. Pure; command_line has a
 * NUL at size. */
bool leftovers_is_pool_program(const char *command_line, size_t size, const char *pool);

/* Finds the name and the parent in the text of /proc/PID/stat, in place; a name may have blanks and brackets, "(a) b".
 * Pure. Returns whether the text could be read. */
bool leftovers_parse_stat(char *stat, const char **ret_name, int *ret_parent);
