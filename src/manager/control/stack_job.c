/* SPDX-License-Identifier: MIT */
#include "manager/control/stack_job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/parse.h"
#include "contract/control.h"
#include "manager/base/timer.h"
#include "manager/control/json_reply.h"
#include "manager/control/worker_json.h"
#include "manager/requests/slow_format.h"
#include "manager/requests/stack_requests.h"

/* Less than fpmctl's patience. */
#define TIME_LIMIT_USEC USEC_PER_SEC

typedef struct Target {
        unsigned generation, slot;
        uint64_t since_usec;
} Target;

struct StackJob {
        sd_event *event;
        sd_event_source *step_source, *limit_source;
        Pool *pool;
        uint32_t slot;
        StackJobHook hook;
        void *userdata;
        JsonReply *answer;
        Target *targets; /* the one that runs longest first */
        size_t n_targets, n_done;
        WorkerSnapshot worker; /* of the one that is being read */
        bool reading, first;
};

/* --- who --- */

static int add_target(Generation *generation, unsigned slot, SlotWord word, void *userdata) {
        StackJob *t = userdata;
        Target *targets;

        if (t->slot != CONTROL_SLOT_ALL && t->slot != slot)
                return 0;

        if ((t->n_targets & (t->n_targets - 1)) == 0) {
                targets = reallocarray(
                                t->targets, t->n_targets ? 2 * t->n_targets : 1, sizeof(*targets));
                if (!targets)
                        return -ENOMEM;
                t->targets = targets;
        }

        t->targets[t->n_targets++] = (Target){
                .generation = generation_number(generation),
                .slot = slot,
                .since_usec = slot_word_since_usec(word),
        };
        return 0;
}

static int add_targets(Generation *generation, void *userdata) {
        return generation_each_busy(generation, add_target, userdata);
}

static int longest_first(const void *a, const void *b) {
        uint64_t x = ((const Target *) a)->since_usec, y = ((const Target *) b)->since_usec;

        return x < y ? -1 : x > y;
}

/* --- what --- */

/* One line of the stack each. */
static json_t *frames_of(const char *stack) {
        json_t *frames = json_array();

        while (*stack) {
                size_t n = strcspn(stack, "\n");
                _cleanup_free_ char *line = strndup(stack, n);

                (void) json_array_append_new(frames, line ? json_reply_string(line) : NULL);
                stack += n + (stack[n] == '\n');
        }

        return frames;
}

static void write_worker(StackJob *t, const char *stack, const char *error) {
        json_t *json = worker_json(&t->worker, clock_now_usec());
        _cleanup_free_ char *calls = slow_format_stack(stack);

        (void) json_object_set_new(json, "frames", calls ? frames_of(calls) : NULL);
        if (error)
                (void) json_object_set_new(json, "error", json_reply_string(error));

        json_reply_put(t->answer, t->first ? "" : ",");
        json_reply_put_json(t->answer, json);
        t->first = false;
}

static void finish(StackJob *t) {
        json_reply_put(t->answer, "]}");
        t->hook(json_reply_finish(t->answer), t->userdata);
}

/* --- one after the other --- */

static void step_later(StackJob *t);

static const char *why_none(int error) {
        return error == -ECANCELED ? "the zygote has gone"
               : error == -ESTALE  ? "the request ended while its stack was read"
                                   : strerror(-error);
}

static void stack_job_on_stack(unsigned slot, int error, const char *stack, void *userdata) {
        StackJob *t = userdata;

        (void) slot;
        t->reading = false;
        write_worker(t, stack, error < 0 ? why_none(error) : NULL);
        t->n_done++;
        step_later(t);
}

/* One whose head is still read gets another word in a moment. */
static SlotWord word_of(const SlotView *view) {
        return view->state == SLOT_READING_HEADERS ? 0 : slot_word(view->state, view->since_usec);
}

/* Returns whether the zygote was asked and will answer. */
static bool ask_next(StackJob *t) {
        const Target *target = &t->targets[t->n_done];
        Generation *generation = pool_generation(t->pool, target->generation);
        int r;

        if (!generation || generation_snapshot_worker(generation, target->slot, &t->worker) < 0 ||
                        !worker_snapshot_is_busy(&t->worker))
                return false; /* done meanwhile */

        r = generation_trace(generation,
                        &(StackQuestion){ target->slot, TRACE_DEPTH_MAX, word_of(&t->worker.view),
                                        false },
                        stack_job_on_stack, t);
        if (r < 0)
                write_worker(t, "", why_none(r));

        t->reading = r >= 0;
        return t->reading;
}

/* The next one is not asked for inside of the hook, whose caller is in the middle of its work. */
static int stack_job_on_step(sd_event_source *source, void *userdata) {
        StackJob *t = userdata;

        (void) source;
        t->step_source = sd_event_source_disable_unref(t->step_source);
        while (t->n_done < t->n_targets) {
                if (ask_next(t))
                        return 0;
                t->n_done++;
        }

        finish(t);
        return 0;
}

static void step_later(StackJob *t) {
        if (sd_event_add_defer(t->event, &t->step_source, stack_job_on_step, t) < 0)
                t->hook(-ENOMEM, t->userdata);
}

static int forget(Generation *generation, void *userdata) {
        generation_forget_stacks(generation, userdata);
        return 0;
}

/* The worker that is being read, and all behind it, are reported without a stack. */
static int stack_job_on_limit(sd_event_source *source, uint64_t usec, void *userdata) {
        static const char why[] = "it was not read in time";
        StackJob *t = userdata;

        (void) source;
        (void) usec;
        (void) pool_each_generation(t->pool, forget, t);
        if (t->reading) {
                write_worker(t, "", why);
                t->n_done++;
        }

        for (; t->n_done < t->n_targets; t->n_done++) {
                const Target *target = &t->targets[t->n_done];
                Generation *generation = pool_generation(t->pool, target->generation);

                if (generation &&
                                generation_snapshot_worker(generation, target->slot, &t->worker) >=
                                                0 &&
                                worker_snapshot_is_busy(&t->worker))
                        write_worker(t, "", why);
        }

        finish(t);
        return 0;
}

/* --- life --- */

int stack_job_new(StackJob **ret, sd_event *event, Pool *pool, uint32_t slot, StackJobHook hook,
                void *userdata) {
        _cleanup_(stack_job_freep) StackJob *t = calloc(1, sizeof(*t));
        int r;

        if (!t)
                return -ENOMEM;

        *t = (StackJob){
                .event = event,
                .pool = pool,
                .slot = slot,
                .hook = hook,
                .userdata = userdata,
                .first = true,
        };

        r = json_reply_new(&t->answer);
        if (r < 0)
                return r;

        r = pool_each_generation(pool, add_targets, t);
        if (r < 0)
                return r;
        if (t->n_targets > 1)
                qsort(t->targets, t->n_targets, sizeof(*t->targets), longest_first);

        r = timer_arm(event, &t->limit_source, timer_now_usec(event) + TIME_LIMIT_USEC,
                        stack_job_on_limit, t, "a trace may hang");
        if (r < 0)
                return r;

        r = sd_event_add_defer(event, &t->step_source, stack_job_on_step, t);
        if (r < 0)
                return r;

        json_reply_put(t->answer, "{\"workers\":[");
        *ret = TAKE_PTR(t);
        return 0;
}

StackJob *stack_job_free(StackJob *t) {
        if (!t)
                return NULL;

        (void) pool_each_generation(t->pool, forget, t);
        sd_event_source_disable_unref(t->step_source);
        sd_event_source_disable_unref(t->limit_source);
        json_reply_free(t->answer);
        free(t->targets);
        free(t);
        return NULL;
}
