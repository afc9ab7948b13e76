/* SPDX-License-Identifier: MIT */
#pragma once
/* RequestSource: the requests of a worker, one after the other, for whoever runs PHP to ask for: the worker itself, or a
 * script that stays.
 *
 * While the worker serves they come from the acceptor, several on one connection where the web server sends them so. When
 * the worker is to leave, those follow that have come on the connections that the web server keeps, which are handed over
 * meanwhile.
 *
 *      while (request_source_next(worker) > 0)
 *              request_source_end(worker, php_engine_serve(&worker->php));
 *
 * Runs in: worker. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In this order. */
typedef enum SourcePhase {
        SOURCE_SERVING,
        SOURCE_ANSWERING,   /* the pool's last workers answer first what has come */
        SOURCE_HANDING_OUT, /* what waits is served while nobody else can take it */
        SOURCE_LAST,        /* each connection is closed behind its answer */
        SOURCE_DONE,
} SourcePhase;

typedef struct RequestSource {
        SourcePhase phase;
        bool has_begun;
        bool is_attached; /* to a connection, which may have another request */
        bool is_broken;   /* PHP serves nobody any more */
        int end;          /* why the worker leaves */

        /* while it leaves */
        bool in_round;
        size_t place;
        uint64_t ready_until_usec, hand_out_until_usec;
} RequestSource;

typedef struct Worker Worker;

/* Sleeps until there is a request that PHP has to answer: worker->php is that request, and request_source_end() is owed
 * to it. Answers itself what is none. Returns 1; or 0 when the worker is to leave. */
int request_source_next(Worker *worker);

/* The request is over, with the result of php_engine_serve(): its connection is kept, or closed. */
void request_source_end(Worker *worker, int result);

/* What the process of a worker ends with that was told to leave. */
int request_source_exit_status(const Worker *worker);
