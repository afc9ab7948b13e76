/* SPDX-License-Identifier: MIT */
#pragma once
/* Children: the workers that the zygote has forked, by slot, with the lifeline and the memory of each.
 *
 * The slot behind those of the workers is for the worker of pm.status_listen.
 *
 * Runs in: zygote.     Owns: its ends of the lifelines and the fds of memories.
 * Trusts:  nobody. It takes one fd from a worker, and hears from the kernel that it died. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "contract/scoreboard.h"

typedef struct Children Children;

/* Makes an empty list; both arguments are borrowed. epoll watches, with the slot as tag, each lifeline on which the
 * memory of a worker is to come; children_take_memory() is to be called then. Returns 0 or a negative errno. */
int children_new(Children **ret, Scoreboard *board, int epoll_fd);
Children *children_free(Children *children); /* cuts all lifelines */
DEFINE_CLEANUP(Children, children_free);

/* In a process that was forked from the zygote: closes its copies of all lifelines. */
void children_forget(Children *children);

/* Return how many workers live, and whether one lives in a slot. */
unsigned children_count(const Children *children);
bool children_has(const Children *children, unsigned slot);

/* Forks a worker. Returns, as fork(2), the pid in the zygote, and 0 in the worker, which has no fd of its siblings and
 * gets its end of the lifeline; or a negative errno. */
pid_t children_fork(Children *children, unsigned slot, int *ret_lifeline_fd);

/* Forks a child that has no slot yet, and is counted among none of the others; there can be one. It gets its end of
 * the lifeline, as with children_fork(). Returns as that does. */
pid_t children_fork_spare(Children *children, int *ret_lifeline_fd);

/* Return whether there is a spare child, also one whose end was not reaped yet, and its end of the lifeline, which is
 * borrowed, or -EBADF. */
bool children_has_spare(const Children *children);
int children_spare_fd(const Children *children);

/* Makes the spare child the worker of a slot. Returns its pid, or a negative errno after telling it to leave. */
pid_t children_give_slot(Children *children, unsigned slot);

/* Tells the spare child to leave. */
void children_drop_spare(Children *children);

/* Is to be called when the child with this pid is dead. Returns whether it was the spare one. */
bool children_mark_spare_dead(Children *children, pid_t pid);

/* Takes the memory that the worker has sent on its lifeline. */
void children_take_memory(Children *children, unsigned slot);

/* Returns the fd of a worker's memory, borrowed; -ESRCH when there is no such worker, -ENODATA when it is not yet ready
 * to run PHP, or another negative errno, why its memory cannot be read. */
int children_memory_fd(const Children *children, unsigned slot);

/* Asks a worker to leave after its request. */
void children_retire(Children *children, unsigned slot);

/* Wake the workers that wait, so that they read their orders on the scoreboard; and send all of them the new file of
 * the access log. A worker that cannot be reached is retired. */
void children_wake(Children *children);
void children_send_log(Children *children, int log_fd);

/* Send SIGKILL to one worker, or to all. Only a child that was not reaped yet is signalled: its pid cannot belong to
 * another process. */
void children_kill(Children *children, unsigned slot);
void children_kill_all(Children *children);

/* Is to be called when the child with this pid is dead and was reaped. Returns its slot, or false when no worker had
 * this pid. */
bool children_mark_dead(Children *children, pid_t pid, int wait_status, unsigned *ret_slot);
