/* SPDX-License-Identifier: MIT */
#include "manager/control/control_queries.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/parse.h"
#include "manager/control/json_reply.h"
#include "manager/control/stack_job.h"
#include "manager/control/worker_json.h"

typedef struct Job {
        struct Job *next;
        ControlQueries *control_queries;
        ControlClient *client;
        StackJob *stack_job;
} Job;

struct ControlQueries {
        sd_event *event;
        Pool *pool;
        const char *name;
        uint64_t started_usec;
        time_t start_time;
        Job *jobs;
};

/* Sends an answer, or the reason why there is none. Takes fd. */
static void reply(ControlClient *client, int fd) {
        _cleanup_close_ int mine = fd;

        if (fd >= 0)
                control_client_reply(client, mine);
        else
                control_client_refuse(client, fd, strerror(-fd));
}

/* --- status --- */

static json_t *workers_json(const PoolStatus *status) {
        return json_pack("{s:i, s:i, s:i, s:i, s:I}", "busy", (int) status->n_busy, "idle",
                        (int) status->n_idle, "starting", (int) status->n_starting, "draining",
                        (int) status->n_draining, "max", (json_int_t) status->worker_limit);
}

static json_t *exits_json(const PoolStatus *status) {
        return json_pack("{s:I, s:I, s:I}", "left", (json_int_t) status->n_exits[SLOT_LEFT],
                        "crashed", (json_int_t) status->n_exits[SLOT_CRASHED], "never started",
                        (json_int_t) status->n_exits[SLOT_NEVER_STARTED]);
}

/* Each bucket includes all below it, as Prometheus wants it. */
static json_t *durations_json(Pool *pool) {
        json_t *buckets = json_object();
        Durations durations;
        uint64_t n = 0;

        pool_durations(pool, &durations);
        for (unsigned i = 0; i < DURATION_BUCKETS; i++) {
                n += durations.n[i];
                (void) json_object_set_new(
                                buckets, durations_bound(i), json_integer((json_int_t) n));
        }

        return json_pack(
                        "{s:f, s:o}", "sum", (double) durations.sum_usec / 1e6, "buckets", buckets);
}

static json_t *status_json(ControlQueries *control_queries) {
        const char *remedy, *outdated = pool_outdated(control_queries->pool, &remedy);
        PoolStatus status;

        pool_status(control_queries->pool, &status);
        return json_pack(
                        "{s:s, s:s, s:s, s:s, s:i, s:I, s:f, s:o, s:{s:i, s:I}, s:s, s:I, s:I, s:I, "
                        "s:I, s:f, s:s, s:s, s:I, s:b, s:o, s:o}",
                        "pool", control_queries->name, "version", PACKAGE_VERSION, "state",
                        status.state, "pm", status.pm, "generation", (int) status.generation,
                        "start_time", (json_int_t) control_queries->start_time, "uptime",
                        (double) (clock_now_usec() - control_queries->started_usec) / 1e6,
                        "workers", workers_json(&status), "queue", "now", (int) status.n_queued,
                        "max", (json_int_t) status.counts.n_queued_max, "because",
                        status.why_worker_limit, "max_children_reached",
                        (json_int_t) status.counts.n_limit_reached, "requests",
                        (json_int_t) scoreboard_number(status.counts.n_requests), "slow_requests",
                        (json_int_t) status.counts.n_slow, "queue_timeouts",
                        (json_int_t) status.counts.n_queue_timeouts, "php_start",
                        (double) status.php_start_usec / 1e6, "outdated", outdated ? outdated : "",
                        "outdated_remedy", outdated ? remedy : "", "config_usec",
                        (json_int_t) status.config_usec, "drained",
                        pool_is_out_of_rotation(control_queries->pool), "worker_exits",
                        exits_json(&status), "request_seconds",
                        durations_json(control_queries->pool));
}

static int status_answer(ControlQueries *control_queries) {
        _cleanup_(json_reply_freep) JsonReply *answer = NULL;
        int r;

        r = json_reply_new(&answer);
        if (r < 0)
                return r;

        json_reply_put_json(answer, status_json(control_queries));
        return json_reply_finish(answer);
}

/* --- requests --- */

typedef struct Listing {
        JsonReply *answer;
        uint64_t now_usec;
        bool first;
} Listing;

static int list_worker(Generation *generation, unsigned slot, SlotWord word, void *userdata) {
        Listing *listing = userdata;
        WorkerSnapshot worker;

        /* The request may have ended since the slot words were copied. */
        (void) word;
        if (generation_snapshot_worker(generation, slot, &worker) < 0 ||
                        !worker_snapshot_is_busy(&worker))
                return 0;

        json_reply_put(listing->answer, listing->first ? "" : ",");
        json_reply_put_json(listing->answer, worker_json(&worker, listing->now_usec));
        listing->first = false;
        return 0;
}

static int list_generation(Generation *generation, void *userdata) {
        return generation_each_busy(generation, list_worker, userdata);
}

static int requests_answer(ControlQueries *control_queries) {
        _cleanup_(json_reply_freep) JsonReply *answer = NULL;
        Listing listing = { .now_usec = clock_now_usec(), .first = true };
        int r;

        r = json_reply_new(&answer);
        if (r < 0)
                return r;

        listing.answer = answer;
        json_reply_put(answer, "{\"workers\":[");
        r = pool_each_generation(control_queries->pool, list_generation, &listing);
        if (r < 0)
                return r;

        json_reply_put(answer, "]}");
        return json_reply_finish(answer);
}

/* --- trace --- */

static void job_free(Job *job) {
        for (Job **p = &job->control_queries->jobs; *p; p = &(*p)->next)
                if (*p == job) {
                        *p = job->next;
                        break;
                }

        stack_job_free(job->stack_job);
        free(job);
}

static void control_queries_on_traced(int fd, void *userdata) {
        Job *job = userdata;

        reply(job->client, fd);
        job_free(job);
}

static int count_slots(Generation *generation, void *userdata) {
        unsigned *n_slots = userdata;

        if (generation_count_slots(generation) > *n_slots)
                *n_slots = generation_count_slots(generation);
        return 0;
}

/* This is refused, since an empty answer would look like an idle worker. */
static bool has_slot(const ControlQueries *control_queries, uint32_t slot) {
        unsigned n_slots = 0;

        (void) pool_each_generation(control_queries->pool, count_slots, &n_slots);
        return slot == CONTROL_SLOT_ALL || slot < n_slots;
}

static int start_trace(ControlQueries *control_queries, ControlClient *client, uint32_t slot) {
        Job *job = calloc(1, sizeof(*job));
        int r;

        if (!job)
                return -ENOMEM;

        *job = (Job){
                .next = control_queries->jobs, .control_queries = control_queries, .client = client
        };
        control_queries->jobs = job;
        r = stack_job_new(&job->stack_job, control_queries->event, control_queries->pool, slot,
                        control_queries_on_traced, job);
        if (r < 0)
                job_free(job);

        return r;
}

/* --- life --- */

int control_queries_new(ControlQueries **ret, sd_event *event, Pool *pool, const char *name) {
        ControlQueries *control_queries = calloc(1, sizeof(*control_queries));

        if (!control_queries)
                return -ENOMEM;

        *control_queries = (ControlQueries){
                .event = event,
                .pool = pool,
                .name = name,
                .started_usec = clock_now_usec(),
                .start_time = time(NULL),
        };
        *ret = control_queries;
        return 0;
}

ControlQueries *control_queries_free(ControlQueries *control_queries) {
        if (!control_queries)
                return NULL;

        while (control_queries->jobs)
                job_free(control_queries->jobs);
        free(control_queries);
        return NULL;
}

static int change_rotation(ControlQueries *control_queries, const ControlRequest *request) {
        uint64_t seconds = request->slot == CONTROL_SLOT_ALL ? 0 : request->slot;
        int r = 0;

        if (request->verb == CONTROL_DRAIN)
                r = pool_leave_rotation(control_queries->pool, seconds * USEC_PER_SEC);
        else
                pool_enter_rotation(control_queries->pool);

        return r < 0 ? r : status_answer(control_queries);
}

void control_queries_ask(ControlQueries *control_queries, ControlClient *client,
                const ControlRequest *request) {
        char text[64];
        int r;

        if (request->verb == CONTROL_DRAIN || request->verb == CONTROL_UNDRAIN) {
                reply(client, change_rotation(control_queries, request));
        } else if (request->verb == CONTROL_STATUS)
                reply(client, status_answer(control_queries));
        else if (request->verb == CONTROL_REQUESTS)
                reply(client, requests_answer(control_queries));
        else if (!has_slot(control_queries, request->slot)) {
                snprintf(text, sizeof(text), "there is no slot %" PRIu32, request->slot);
                control_client_refuse(client, -ENOENT, text);
        } else {
                r = start_trace(control_queries, client, request->slot);
                if (r < 0)
                        reply(client, r);
        }
}

void control_queries_leave(ControlQueries *control_queries, ControlClient *client) {
        for (Job *job = control_queries->jobs; job; job = job->next)
                if (job->client == client) {
                        job_free(job);
                        return;
                }
}
