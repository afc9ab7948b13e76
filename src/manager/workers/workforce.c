/* SPDX-License-Identifier: MIT */
#include "manager/workers/workforce.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"
#include "manager/workers/cpu_watch.h"
#include "manager/workers/policy.h"
#include "manager/workers/worker_limit.h"

enum {
        /* How many orders to fork may be under way: the zygote checks between two of them whether another order is more
         * urgent, and a pool that is to stop meanwhile has few workers to come. */
        ORDERS_MAX = 100,
};

/* The advice about pm.max_children is given once in this time. */
#define ADVICE_EVERY_USEC (60 * USEC_PER_SEC)

/* Requests per second, over the time since the last check and some time before. */
typedef struct Rate {
        uint64_t n_requests, at_usec;
        double per_second;
} Rate;

/* Why more workers are missing, the worst reason first: after a bad reason a lesser one is not logged, but a lesser one
 * does not keep a worse one out of the log. */
typedef enum Advice {
        ADVICE_REQUESTS_WAIT,
        ADVICE_ALL_BUSY,
        ADVICE_FEW_SPARES,
        _ADVICE_MAX,
} Advice;

struct Workforce {
        sd_event *event;
        const PoolConfig *config;
        const Listeners *listeners;
        Scoreboard *board;
        const WorkforceOrders *orders;
        void *userdata;

        Slots *slots;
        bool active, begun, more_to_fork;
        WorkerLimit worker_limit;
        CpuWatch cpu_watch;
        bool waits_for_cpu;
        Rate rate;
        bool at_limit;
        uint64_t n_limit_reached;
        uint64_t advised_usec[_ADVICE_MAX], cpu_logged_usec;
        sd_event_source *timer_source;
        sd_event_source *listen_sources[LISTENERS_MAX + 1]; /* the last one for the handoff pair */
};

int workforce_new(Workforce **ret, sd_event *event, const PoolConfig *config,
                const Listeners *listeners, Scoreboard *board, const WorkforceOrders *orders,
                void *userdata) {
        _cleanup_(workforce_freep) Workforce *w = NULL;
        int r;

        w = calloc(1, sizeof(*w));
        if (!w)
                return -ENOMEM;

        *w = (Workforce){
                .event = event,
                .config = config,
                .listeners = listeners,
                .board = board,
                .orders = orders,
                .userdata = userdata,
        };
        r = slots_new(&w->slots, scoreboard_slots(board));
        if (r < 0)
                return r;

        worker_limit_update(&w->worker_limit, config, board, w->slots, timer_now_usec(event));
        *ret = TAKE_PTR(w);
        return 0;
}

Workforce *workforce_free(Workforce *w) {
        if (!w)
                return NULL;

        sd_event_source_disable_unref(w->timer_source);
        for (size_t i = 0; i < ELEMENTSOF(w->listen_sources); i++)
                sd_event_source_disable_unref(w->listen_sources[i]);
        slots_free(w->slots);
        cpu_watch_done(&w->cpu_watch);
        free(w);
        return NULL;
}

Slots *workforce_slots(Workforce *w) {
        return w->slots;
}

void workforce_describe_worker_limit(const Workforce *w, char *buffer, size_t size) {
        size_t n;

        worker_limit_describe(&w->worker_limit, w->config, buffer, size);
        n = strlen(buffer);
        if (w->waits_for_cpu)
                snprintf(buffer + n, size - n,
                                "; no more for now, for %.1f of the processes want a CPU and %.1f have one",
                                w->cpu_watch.runnable, w->cpu_watch.running);
}

uint64_t workforce_worker_limit(const Workforce *w) {
        return w->worker_limit.workers;
}

uint64_t workforce_limit_reached(const Workforce *w) {
        return w->n_limit_reached;
}

/* --- when to look again --- */

static int workforce_on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        (void) source;
        (void) usec;
        workforce_balance(userdata);
        return 0;
}

static void check_again_at(Workforce *w, uint64_t usec) {
        (void) timer_arm(w->event, &w->timer_source, usec, workforce_on_timer, w,
                        "the number of workers may be late");
}

static void stop_checking(Workforce *w) {
        timer_disarm(w->timer_source);
}

static int workforce_on_connection(
                sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        (void) source;
        (void) fd;
        (void) revents;
        workforce_balance(userdata);
        return 0;
}

static int queue_fd(const Listeners *listeners, size_t i) {
        return i < listeners->n_fds ? listeners->fds[i] : listeners->pair->handoff_in_fd;
}

static int watch_listener(Workforce *w, size_t i, bool on) {
        if (on)
                return listener_watch(w->event, &w->listen_sources[i], queue_fd(w->listeners, i),
                                workforce_on_connection, w);

        if (!w->listen_sources[i])
                return 0;

        return sd_event_source_set_enabled(w->listen_sources[i], SD_EVENT_OFF);
}

/* The manager never accepts: it only watches whether a connection waits while no worker is free to see it. */
static void watch_listeners(Workforce *w, bool on) {
        int r;

        for (size_t i = 0; i <= w->listeners->n_fds; i++) {
                r = watch_listener(w, i, on);
                if (r < 0)
                        log_error_errno(r,
                                        "Cannot watch a listening socket, workers may come late: %m");
        }
}

void workforce_start(Workforce *w) {
        w->active = true;
        workforce_balance(w);
}

void workforce_stop(Workforce *w) {
        w->active = false;
        stop_checking(w);
        watch_listeners(w, false);
        atomic_store(&scoreboard_control_page(w->board)->wake_below, 0);
}

/* --- what is the case --- */

static bool is_idle(const Workforce *w, unsigned slot) {
        return slots_life(w->slots, slot) == SLOT_ALIVE &&
               slot_word_state(scoreboard_word(w->board, slot)) == SLOT_IDLE;
}

static uint64_t idle_usec(const Workforce *w, unsigned slot, uint64_t now) {
        uint64_t since = slot_word_since_usec(scoreboard_word(w->board, slot));

        /* A worker may write any time there; a time in the future counts as now. */
        return since < now ? now - since : 0;
}

/* Checks come when workers wake the manager, at one request a minute as well as at thousands a second. A short interval
 * says little, so it counts little. */
static void update_rate(Workforce *w, uint64_t now) {
        Rate *rate = &w->rate;
        uint64_t n = 0, elapsed = now - rate->at_usec;
        double share;

        for (unsigned i = 0; i < slots_count(w->slots); i++)
                n += scoreboard_requests(w->board, i);

        if (rate->at_usec > 0 && elapsed > 0 && n >= rate->n_requests) {
                share = elapsed >= USEC_PER_SEC ? 1 : (double) elapsed / USEC_PER_SEC;
                rate->per_second += share * ((double) (n - rate->n_requests) * USEC_PER_SEC /
                                                                            (double) elapsed -
                                                            rate->per_second);
        }
        rate->n_requests = n;
        rate->at_usec = now;
}

/* Where nothing can be measured, nothing holds the pool back. */
static void measure_cpu(Workforce *w, PolicyInput *input, uint64_t now) {
        input->n_cpus = cpu_watch_count_cpus();
        if (!policy_needs_cpu(w->config, input))
                return;

        input->cpu_is_measured = cpu_watch_measure(&w->cpu_watch, w->config->name, now);
        input->running = w->cpu_watch.running;
        input->runnable = w->cpu_watch.runnable;
        if (w->cpu_watch.n_times == 0)
                input->n_cpus = 0;
}

static void look(Workforce *w, PolicyInput *ret) {
        uint64_t limit = policy_idle_limit_usec(w->config), now = timer_now_usec(w->event);
        PolicyInput input = { .begun = w->begun };
        int r;

        r = scoreboard_copy(w->board);
        if (r < 0)
                log_error_errno(r, "Cannot read the scoreboard, using an old copy: %m");

        for (unsigned i = 0; i < slots_count(w->slots); i++) {
                SlotLife life = slots_life(w->slots, i);
                SlotState state = slot_word_state(scoreboard_word(w->board, i));
                uint64_t age;

                if (life == SLOT_VACANT)
                        continue;

                if (scoreboard_keepalive(w->board, i) > 0)
                        input.has_keepalive = true;
                if (life == SLOT_FORKING || (life == SLOT_ALIVE && state <= SLOT_STARTING))
                        input.n_starting++;
                else if (!is_idle(w, i))
                        input.n_busy++;
                else {
                        input.n_idle++;
                        age = idle_usec(w, i, now);
                        if (age >= limit)
                                input.n_expired++;
                        else if (age > input.next_expired_usec)
                                input.next_expired_usec = age;
                }
        }
        if (input.n_idle > input.n_expired)
                input.next_expired_usec = limit - input.next_expired_usec;

        update_rate(w, now);
        worker_limit_update(&w->worker_limit, w->config, w->board, w->slots, now);
        input.n_queued = listeners_queue_length(w->listeners);
        input.rate = w->rate.per_second;
        input.worker_limit = w->worker_limit.workers;
        measure_cpu(w, &input, now);
        *ret = input;
}

/* --- orders --- */

static void fork_workers(Workforce *w, unsigned n) {
        unsigned slot;

        for (; n > 0 && slots_forking(w->slots) < ORDERS_MAX && slots_take(w->slots, &slot); n--) {
                atomic_store(&scoreboard_control_page(w->board)->retired[slot], 0);
                if (w->orders->start_worker(slot, w->userdata) < 0) {
                        (void) slots_not_forked(w->slots, slot, timer_now_usec(w->event));
                        return;
                }
        }
        w->more_to_fork = n > 0;
}

void workforce_forked(Workforce *w) {
        if (w->more_to_fork && slots_forking(w->slots) <= ORDERS_MAX / 2)
                workforce_balance(w);
}

/* The worker that has been idle for longest has the coldest caches, and would be missed least. */
static bool find_longest_idle(const Workforce *w, unsigned *ret_slot) {
        uint64_t oldest = UINT64_MAX;

        for (unsigned i = 0; i < slots_count(w->slots); i++) {
                uint64_t since = slot_word_since_usec(scoreboard_word(w->board, i));

                if (is_idle(w, i) && since < oldest) {
                        oldest = since;
                        *ret_slot = i;
                }
        }

        return oldest < UINT64_MAX;
}

static void retire_workers(Workforce *w, unsigned n) {
        unsigned slot;

        /* Each worker that leaves causes another check. */
        for (n = n < ORDERS_MAX ? n : ORDERS_MAX; n > 0 && find_longest_idle(w, &slot); n--) {
                if (slots_retire(w->slots, slot) < 0)
                        return;

                /* Should the order fail, this makes it leave after its next request. */
                atomic_store(&scoreboard_control_page(w->board)->retired[slot], 1);
                if (w->orders->retire_worker(slot, w->userdata) < 0)
                        return;
        }
}

static Advice advice_for(const PolicyInput *input, unsigned n_fork) {
        unsigned n_free = input->n_idle + input->n_starting + n_fork;

        if (input->n_queued > n_free)
                return ADVICE_REQUESTS_WAIT;

        return input->n_queued == n_free ? ADVICE_ALL_BUSY : ADVICE_FEW_SPARES;
}

static void advise(Workforce *w, const PolicyInput *input, unsigned n_fork) {
        static const struct {
                Event event;
                int priority;
                const char *text;
        } advices[] = {
                [ADVICE_REQUESTS_WAIT] = { EVENT_LIMIT_REACHED, LOG_WARNING,
                                "All workers are busy and requests wait" },
                [ADVICE_ALL_BUSY] = { EVENT_LIMIT_REACHED, LOG_WARNING,
                                "All workers are busy, the next request waits" },
                [ADVICE_FEW_SPARES] = { EVENT_SPARES_LIMITED, LOG_NOTICE,
                                "No request waits, but fewer workers are idle than should be" },
        };
        uint64_t now = timer_now_usec(w->event);
        Advice advice = advice_for(input, n_fork);
        char text[512];

        for (Advice i = 0; i <= advice; i++)
                if (w->advised_usec[i] > 0 && now - w->advised_usec[i] < ADVICE_EVERY_USEC)
                        return;

        w->advised_usec[advice] = now;
        worker_limit_describe(&w->worker_limit, w->config, text, sizeof(text));
        log_event(advices[advice].event, advices[advice].priority, LOG_NO_FIELDS,
                        "%s. There may be %s", advices[advice].text, text);
}

static void note_cpu(Workforce *w, bool waits_for_cpu, uint64_t now) {
        char text[512];

        w->waits_for_cpu = waits_for_cpu;
        if (!waits_for_cpu ||
                        (w->cpu_logged_usec > 0 && now - w->cpu_logged_usec < ADVICE_EVERY_USEC))
                return;

        w->cpu_logged_usec = now;
        workforce_describe_worker_limit(w, text, sizeof(text));
        log_notice("pm = auto: requests wait, but more workers would only wait for a CPU with the others: "
                   "%u workers of %s",
                        slots_taken(w->slots), text);
}

void workforce_balance(Workforce *w) {
        PoolControl *control_page = scoreboard_control_page(w->board);
        uint64_t now = timer_now_usec(w->event), pause_until = slots_pause_until_usec(w->slots);
        PolicyDecision decision;
        PolicyInput input;

        if (!w->active)
                return;

        if (pause_until > now) {
                check_again_at(w, pause_until);
                return;
        }

        /* Set the wake-up threshold before counting idle workers; a worker that becomes busy in between would not wake
         * us otherwise. */
        atomic_store(&control_page->wake_below, policy_wake_below(w->config, w->rate.per_second));
        look(w, &input);
        decision = policy_decide(w->config, &input);
        w->begun = true;
        fork_workers(w, decision.n_fork);
        retire_workers(w, decision.n_retire);
        note_cpu(w, decision.waits_for_cpu, now);
        if (decision.limit_reached && !w->at_limit)
                w->n_limit_reached++;
        w->at_limit = decision.limit_reached;
        if (decision.limit_reached)
                advise(w, &input, decision.n_fork);

        if (!decision.wake_below)
                atomic_store(&control_page->wake_below, 0);
        watch_listeners(w, decision.watch_listeners);
        pause_until = slots_pause_until_usec(w->slots);
        if (pause_until > now) /* an order could not be given */
                check_again_at(w, pause_until);
        else if (decision.check_again_usec > 0)
                check_again_at(w, now + decision.check_again_usec);
        else
                stop_checking(w);
}
