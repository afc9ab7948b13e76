/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpOpcacheLock: opcache's lock of those that use its memory, without a system call.
 *
 * opcache wants to start afresh when its memory is full, or a script asks for it, and does so at the beginning of a
 * request when no process uses the memory. Each that does has a read lock of fcntl(2) on one byte of a file that all
 * of them have open; who wants to start afresh asks with F_GETLK whether anybody has one. That takes two system calls
 * a request, and the kernel walks all locks of the file at each of them, 900 where 900 workers are busy.
 *
 * Here a worker takes the lock of its place (base/place_locks.h) in the place of that read lock, and F_GETLK is
 * answered from the kernel's locks first, which the zygote and children of scripts have, and then from all places.
 * Everything else that opcache locks is the kernel's as before. opcache's file is known by the lock that it takes
 * while PHP starts; where that was not seen, all locks are the kernel's.
 *
 * Runs in: zygote, worker, children of scripts. */

#include <stdbool.h>

/* Zygote, when all extensions have started and opcache has no memory yet: looks out for its file. */
void php_opcache_lock_watch_start(void);

/* Zygote, after it: makes n places. Says so in the log where opcache is on and was not seen. */
void php_opcache_lock_init(unsigned n);

/* Worker: takes its place. *is_worker becomes 0 in children of scripts. */
void php_opcache_lock_enter_worker(unsigned place, const volatile unsigned char *is_worker);
