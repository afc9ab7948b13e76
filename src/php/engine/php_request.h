/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpRequest: what PHP's side of a worker knows of the request it runs: SG(server_context).
 *
 * Runs in: worker. */

#include <stdbool.h>

#include "config/pool_config.h"
#include "contract/scoreboard.h"
#include "php/fastcgi/fcgi_request.h"
#include "php/files/script_path.h"
#include "php/log/access_log.h"
#include "php/log/worker_log.h"

typedef struct PhpBody {
        enum {
                PHP_BODY_UNKNOWN, /* nobody has asked yet */
                PHP_BODY_STDIN,
                PHP_BODY_FILE,
                PHP_BODY_NONE,
        } source;
        int fd;    /* of PHP_BODY_FILE */
        bool lost; /* the rest will not come, and that was told */
} PhpBody;

typedef struct PhpRequest {
        FcgiRequest *fcgi;
        const PoolConfig *config;
        AccessLog *access; /* NULL: none */

        bool finished;   /* the answer is out: fastcgi_finish_request(), or the end */
        bool must_close; /* the connection is not kept behind this answer */
        int result;      /* of php_request_finish() */
        bool told;       /* the web server has had a message of this request */
        bool opened_stderr, opened_stdout; /* the script has, see php_log.h */
        PhpBody body;
        ScriptPath path;
        const struct PoolView *view; /* for the status page */
        bool only_pages;             /* no script may run: the status worker's */
        uint64_t memory_bytes;       /* PHP's peak, once the request has ended */
        WorkerLog *log;              /* NULL: stderr has to do */

        /* 0 in a child that a script has forked: the answer is its parent's. */
        const volatile unsigned char *is_worker;

        /* Tells the scoreboard. */
        void (*stage)(SlotState state, void *userdata);

        /* Takes the connection when the answer is out and it cannot be kept. */
        void (*close)(int fd, void *userdata);
        void *userdata;
} PhpRequest;

/* Whether there is still an answer to be written, by this process. NULL: no. */
static inline bool php_request_is_open(const PhpRequest *request) {
        return request && !request->finished && *request->is_worker;
}

/* Ends the answer, and the connection if it cannot be kept: for some web servers only that is the end.
 * 1: it can be kept, else it is closed. Again: the same result. */
int php_request_finish(PhpRequest *request);

/* The request that runs, or NULL (also before the first and between two). */
PhpRequest *php_request_current(void);
