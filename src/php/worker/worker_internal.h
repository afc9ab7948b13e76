/* SPDX-License-Identifier: MIT */
#pragma once
/* What worker.c, the life of a worker, request_source.c, where its requests come from, worker_sleep.c, how it waits,
 * worker_request.c, one request of it, and resident_worker.c, one whose requests a script answers that stays, know of
 * each other. */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "php/engine/php_request.h"
#include "php/fastcgi/error_reply.h"
#include "php/fastcgi/fcgi_request.h"
#include "php/log/worker_log.h"
#include "php/pages/pool_snapshot.h"
#include "php/resident/php_resident.h"
#include "php/worker/acceptor.h"
#include "php/worker/client_guard.h"
#include "php/worker/cpu_share.h"
#include "php/worker/sched_policy.h"
#include "php/worker/worker.h"
#include "php/worker/worker_memory.h"

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
        bool is_attached;    /* to a connection, which may have another request */
        bool is_broken;      /* PHP serves nobody any more */
        int end;             /* why the worker leaves */
        uint64_t until_usec; /* nobody waits for longer than that; 0: for ever */
        uint64_t n_rested;   /* after so many requests it has given back memory */

        /* while it leaves */
        bool in_round;
        size_t place;
        uint64_t ready_until_usec, hand_out_until_usec;
} RequestSource;

typedef struct Worker {
        const WorkerContext *context;
        unsigned slot;
        uint64_t n_requests, max_requests;
        uint64_t request_usec; /* when the head of the request that runs was complete */
        bool has_request;      /* a request runs that counts */
        bool served;           /* the request is over, and its duration was not counted yet */
        Acceptor *acceptor;
        FcgiRequest *fcgi;
        PhpRequest php;
        PoolSnapshot view;
        bool is_status; /* serves pm.status_listen, and does not count as a worker of the pool */
        bool is_shown; /* there is a status page: the CPU time and memory of requests are measured */
        CpuShare cpu_share;
        SchedPolicy sched_policy;
        WorkerLog log;
        WorkerMemory worker_memory;
        bool too_heavy;
        ClientGuard guard;
        RateLimit complaints, handoff_complaints, shortages;
        unsigned n_pauses; /* since a connection was accepted */
        bool is_last;      /* the connection is closed after the answer */
        bool late;         /* the connection has waited longer than pm.queue_timeout */
        bool meets_silence; /* nothing had come on the last new connection, and it has not slept since */
        RequestSource source;
        timer_t boot_timer; /* ends this process; runs while boot_is_timed */
        bool boot_is_timed;
        AccessLog *access; /* while a warm-up runs, of which no line is written */
        void (*stage)(SlotState state, void *userdata); /* the same */
} Worker;

/* Sleeps until something may have come, and closes connections that have been silent for too long. Returns as
 * acceptor_wait() does, or -ENODATA when nobody asks the status worker any more. */
int worker_sleep(Worker *worker);

/* Wakes the manager, so that it reads the scoreboard. */
void worker_wake_manager(Worker *worker);

/* Is to be called between two requests, and before the first. Returns the time. */
uint64_t worker_become_idle(Worker *worker);

/* Is to be called before the first request: sets the hooks of worker->php and the handlers for forks. Returns 0 or a
 * negative errno. */
int worker_request_init(Worker *worker);

/* For a new connection that is attached. Returns false when its request has begun, or when there is no place for it;
 * true when nothing has come on it: it costs no worker, but a place among the connections that are kept, until its
 * client sends or its time is over. It waits there, or was closed. */
bool worker_request_is_awaited(Worker *worker);

/* Reads a request up to where PHP has to answer it. Returns true then; false when the request was refused, or is none:
 * *ret_result is then 1 if the connection can be kept, else 0. worker_request_end() is owed in both cases. */
bool worker_request_begin(Worker *worker, int *ret_result);
void worker_request_end(Worker *worker);

/* Answers the request by 503. Returns 1 if the connection can be kept, else 0. */
int worker_request_refuse(Worker *worker, uint64_t retry_seconds);

/* RequestSource: the requests of a worker, in their order. The worker itself asks for them, or a script that stays.
 *
 * While the worker serves they come from the acceptor, several on one connection if the web server sends them so. When
 * the worker is to leave, the requests follow that have come on the connections that the web server keeps, which are
 * handed over meanwhile.
 *
 *      while (request_source_next(worker) > 0)
 *              request_source_end(worker, php_engine_serve(&worker->php));
 */

/* Sleeps until there is a request that PHP has to answer: worker->php is that request, and request_source_end() is
 * owed to it. Requests that PHP has no part in are answered here. Returns 1, 0 when the worker is to leave, or
 * -ETIMEDOUT when source.until_usec has come. */
int request_source_next(Worker *worker);

/* Is to be called when the answer is out and the script goes on: the connection is free for its next request. */
void request_source_answered(Worker *worker, int result);

/* Is to be called when the request is over, with the result of php_engine_serve(): keeps the connection, or closes
 * it. */
void request_source_end(Worker *worker, int result);

/* Returns what the process of a worker that was told to leave ends with. */
int request_source_exit_status(const Worker *worker);

/* Make and end a worker, from its fork on to its end. worker_new() returns 0, or a negative errno after a line that
 * says why it fails. worker_free() returns status. */
int worker_new(Worker *worker, const WorkerContext *context, unsigned slot, int lifeline_fd);
int worker_free(Worker *worker, int status);

/* Fills in the hooks by which this worker serves a script that stays. They borrow worker. */
void resident_worker_hooks(Worker *worker, PhpResidentHooks *ret);

/* Serves by worker_script until the worker is to leave. Returns the exit status of its process. */
int resident_worker_serve(Worker *worker);

/* Is to be called when the script of this worker has ended and another worker has booted already: what waits on its
 * kept connections goes to others, or is served by a script that boots once more. Returns as above. */
int resident_worker_hand_over(Worker *worker);

/* Start and stop the time limit of a boot. The second one may be called without the first. */
void resident_worker_start_boot_timer(Worker *worker);
void resident_worker_stop_boot_timer(Worker *worker);
