/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpTimeout: max_execution_time without three system calls for each request.
 *
 * PHP arms ITIMER_PROF when a request starts, sets its signal's handler, and disarms it at the end. With the hooks of
 * setitimer() and sigaction() a timer that the last 10 ms armed serves the next request too, and when it fires, that
 * request gets the 10 ms that it may be short of. All else, also what a timeout does, is PHP's own. Where the hooks do
 * not hold, everything is.
 *
 * Runs in: worker. */

/* Is to be called once, after the fork. */
void php_timeout_enter_worker(void);

/* Are to be called right before and right after php_request_startup(). */
void php_timeout_before_startup(void);
void php_timeout_after_startup(void);

/* Disarms the timer, or leaves it to the next request, where none of PHP's ends: that of a script that stays. */
void php_timeout_end_request(void);
