/* SPDX-License-Identifier: MIT */
#pragma once
/* Children: the workers that the zygote has forked, by slot, with the lifeline and the memory of each.
 *
 * Behind the slots of the workers is one more for the worker of pm.status_listen.
 *
 * Runs in: zygote.     Owns: its fds of lifelines and memories.
 * Trusts:  nobody. Of a worker it takes one fd, and what the kernel says: that it died. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "contract/scoreboard.h"

typedef struct Children Children;

/* Borrows both. A lifeline on which the memory of a worker is to come is watched by epoll, with the slot as its tag:
 * children_take_memory() is to be called then. 0 or negative errno. */
int children_new(Children **ret, Scoreboard *board, int epoll_fd);
Children *children_free(Children *children); /* cuts all lifelines */
DEFINE_CLEANUP(Children, children_free);

unsigned children_count(const Children *children); /* who lives */
bool children_has(const Children *children, unsigned slot);
pid_t children_pid(const Children *children, unsigned slot);

/* As fork(2): the pid in the zygote, 0 in the worker, which has no fd of its siblings and gets its end of the
 * lifeline; or negative errno. */
pid_t children_fork(Children *children, unsigned slot, int *ret_lifeline_fd);

/* Takes the memory that the worker has sent. */
void children_take_memory(Children *children, unsigned slot);

/* The memory of a worker, borrowed; or negative errno: -ESRCH, -ENODATA (it is not yet ready to run PHP), or why it
 * cannot be read. */
int children_memory_fd(const Children *children, unsigned slot);

/* Asks a worker to leave after its request. */
void children_retire(Children *children, unsigned slot);

/* All of them: wakes who waits, so that it reads its orders on the scoreboard; gives it the access log's new
 * file. A worker that cannot be reached is retired. */
void children_wake(Children *children);
void children_send_log(Children *children, int log_fd);

/* SIGKILL. Only a child that was not reaped yet is signalled: its pid cannot belong to anybody else. */
void children_kill(Children *children, unsigned slot);
void children_kill_all(Children *children);

/* The child with this pid is dead and was reaped. false: no worker has it. */
bool children_bury(Children *children, pid_t pid, int wait_status, unsigned *ret_slot);
