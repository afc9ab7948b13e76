/* SPDX-License-Identifier: MIT */
#pragma once
/* What worker.c, the life of a worker, and worker_request.c, one request of it, know of each other. */

#include <stdbool.h>
#include <stdint.h>

#include "php/engine/php_request.h"
#include "php/fastcgi/error_reply.h"
#include "php/fastcgi/fcgi_request.h"
#include "php/log/worker_log.h"
#include "php/pages/pool_snapshot.h"
#include "php/worker/acceptor.h"
#include "php/worker/client_guard.h"
#include "php/worker/cpu_share.h"
#include "php/worker/request_source.h"
#include "php/worker/worker.h"
#include "php/worker/worker_memory.h"

struct Worker {
        const WorkerContext *context;
        unsigned slot;
        uint64_t n_requests, max_requests;
        uint64_t request_usec; /* when the head of the request that runs was complete */
        bool has_request;      /* a request runs that counts */
        bool served;           /* the request is over, and its duration was not counted yet */
        Acceptor *acceptor;
        FcgiRequest *fcgi;
        PhpRequest php;
        PoolView view;
        bool is_status; /* serves pm.status_listen, and does not count as a worker of the pool */
        bool is_shown; /* there is a status page: the CPU time and memory of requests are measured */
        CpuShare cpu_share;
        WorkerLog log;
        WorkerMemory worker_memory;
        bool too_heavy;
        ClientGuard guard;
        RateLimit complaints, handoff_complaints, shortages;
        unsigned n_pauses; /* since a connection was accepted */
        bool is_last;      /* the connection is closed after the answer */
        bool late;         /* the connection has waited longer than pm.queue_timeout */
        RequestSource source;
};

void worker_wake_manager(Worker *worker);

/* Is to be called between two requests, and before the first. Returns the time. */
uint64_t worker_become_idle(Worker *worker);

/* Is to be called before the first request: sets the hooks of worker->php and the handlers for forks. Returns 0 or a
 * negative errno. */
int worker_request_init(Worker *worker);

/* One request, from its first byte to where PHP has to answer it: returns true. false: it was refused, or is none;
 * ret_result is then 1 if the connection can be kept, 0 if not. worker_request_end() is owed in both cases. */
bool worker_request_begin(Worker *worker, int *ret_result);
void worker_request_end(Worker *worker);
