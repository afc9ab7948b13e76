/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpResident: the script of worker_script, which boots an application once and is then called for each request.
 *
 * The script is one long request of PHP's. It asks for the next client's request by frankenphp_handle_request(), which
 * waits in the middle of PHP's call stack:
 *
 *      boots -> waits -> answers -> goes on behind its answer -> waits -> ... -> leaves
 *
 * Whatever ends it, its own end, exit(), a fatal error or a time limit, is an end as of any script: PHP finishes the
 * answer that is under way, and the script boots again, if no other worker has booted that takes the place of this one.
 *
 * Runs in: zygote (init), worker. */

#include <stdint.h>

#include "php/engine/php_request.h"

/* Where requests come from, and what is to be told of them. */
typedef struct PhpResidentHooks {
        /* Sleeps until there is a request, which is then *request, or until until_usec of CLOCK_MONOTONIC (0: for
         * ever). Returns 1, 0 when the worker is to leave, or -ETIMEDOUT. */
        int (*next)(uint64_t until_usec, void *userdata);

        /* Is called when the answer is out and the script goes on: the connection is free for the next request. */
        void (*answered)(int result, void *userdata);

        /* Is called when the request is over, with what php_engine_serve() would return. */
        void (*end)(int result, void *userdata);

        /* Makes *request one of our own, for an application that boots in its first request. Returns 0, or a negative
         * errno when there is none. end_warmup() ends it. */
        int (*begin_warmup)(void *userdata);
        void (*end_warmup)(void *userdata);

        /* Answers the request by 503, and ends it. */
        void (*refuse)(void *userdata);

        /* Is called when the script begins to boot. */
        void (*boots)(void *userdata);

        /* Is called when opcache waits for all workers to leave their scripts, which only a new generation makes
         * possible. */
        void (*renew)(void *userdata);

        /* Returns whether nobody in the pool has served anything yet: a start or a reload waits for this boot then. */
        bool (*is_first)(void *userdata);

        /* The script has compiled this file. Returns 0, or a negative errno: it is to be told again. */
        int (*compiled)(const char *path, void *userdata);

        /* Whether another worker has booted that takes the place of this one, should it leave now. */
        bool (*is_replaced)(void *userdata);

        PhpRequest *request;
        void *userdata;
} PhpResidentHooks;

/* Zygote: is to be called before PHP starts, in a pool with a worker_script. config is borrowed for good. */
void php_resident_register(const PoolConfig *config);

/* Zygote: is to be called once PHP has started. */
void php_resident_init(const PoolConfig *config);

/* Worker: boots the script and serves requests with it. Returns 0 when the worker is to leave, 1 when its script has
 * ended and another worker has booted already, -ENOEXEC when the script did not come to its first request and
 * is_first(), -EFAULT when PHP is broken. */
int php_resident_run(const PhpResidentHooks *hooks);

/* Zygote: boots the script once, up to its first wait for a client, in which hooks->next() may turn this process into
 * that of a worker. Returns when the script has ended: 1 when next() has told it to leave, 0 when it did so by itself,
 * -ENOEXEC when it did not come that far, or -EFAULT. */
int php_resident_boot(const PhpResidentHooks *hooks);

/* Worker: does what php_resident_run() does, where hooks->request waits already. */
int php_resident_run_waiting(const PhpResidentHooks *hooks);

/* Replaces the hooks. Is to be called inside of hooks->next(), in a process that has become a worker there. */
void php_resident_set_hooks(const PhpResidentHooks *hooks);

/* Returns whether the worker is to leave after the request that has ended. */
bool php_resident_is_spent(void);
