/* SPDX-License-Identifier: MIT */
#pragma once
/* PhpRequest: what the engine knows of the request that runs: SG(server_context).
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
        bool lost; /* the rest will not come, and that was logged */
} PhpBody;

typedef struct PhpRequest {
        FcgiRequest *fcgi;
        const PoolConfig *config;
        AccessLog *access; /* NULL: none */

        bool finished;    /* the answer is out: fastcgi_finish_request(), or the end */
        bool must_close;  /* the connection is not kept behind this answer */
        int result;       /* of php_request_finish() */
        bool has_message; /* the web server got a message about this request */
        bool opened_stderr, opened_stdout; /* the script has, see php_log.h */
        PhpBody body;
        ScriptPath path;
        const struct PoolSnapshot *view; /* for the status page */
        bool only_pages;                 /* no script may run: the status worker's */
        uint64_t memory_bytes;           /* PHP's peak, once the request has ended */
        WorkerLog *log;                  /* NULL: stderr has to do */

        /* 0 in a child that a script has forked, which must not write to its parent's answer. */
        const volatile unsigned char *is_worker;

        /* Writes the stage of the request on the scoreboard. */
        void (*stage)(SlotState state, void *userdata);

        /* Takes the connection, to close it, when the answer is out and it cannot be kept. */
        void (*close)(int fd, void *userdata);
        void *userdata;
} PhpRequest;

/* Returns whether this process still has to write an answer. false for NULL. */
static inline bool php_request_is_open(const PhpRequest *request) {
        return request && !request->finished && *request->is_worker;
}

/* Ends the answer, and closes the connection if it cannot be kept, which some web servers wait for. Returns 1 when the
 * connection can be kept, else 0. A second call returns the same. */
int php_request_finish(PhpRequest *request);

/* Returns the request that runs, or NULL (also before the first and between two). */
PhpRequest *php_request_current(void);
