/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpTimeout: max_execution_time without three system calls for each request.
 *
 * PHP arms ITIMER_PROF when a request starts, sets its signal's handler, and disarms it at the end. This puts
 * zend_set_timeout() and zend_unset_timeout() before libphp's: a timer that the last 10 ms armed serves the
 * next request too, and when it fires, that request gets the 10 ms that it may be short of. All else, also
 * what a timeout does, is PHP's own.
 *
 * Runs in: zygote and worker. */

/* Zygote: before PHP starts. 0, or -ENOSYS: libphp has no such functions. */
int php_timeout_init(void);

/* Worker: once, after the fork. */
void php_timeout_enter_worker(void);
