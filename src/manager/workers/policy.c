/* SPDX-License-Identifier: MIT */
#include "manager/workers/policy.h"

#include "base/number.h"
#include "base/parse.h"

static uint64_t missing(uint64_t wanted, uint64_t present) {
        return wanted > present ? wanted - present : 0;
}

/* How long a spare worker that is not needed is kept, so that a load that comes and goes within a second forks nothing.
 * php-fpm checks once a second. */
#define DYNAMIC_IDLE_LIMIT_USEC USEC_PER_SEC

/* When a burst asks for more than pm.max_spawn_rate, the rest follows after this pause. */
#define SPAWN_PAUSE_USEC (USEC_PER_SEC / 100)

/* pm = auto starts with this many workers, and then keeps as many spare workers as connections come in this time: about
 * what it takes from a wake-up of the manager to a new worker in accept(). */
#define AUTO_START 2
#define AUTO_SPARE_SECONDS 0.01
#define AUTO_IDLE_LIMIT_USEC (10 * USEC_PER_SEC)

static uint64_t auto_spares(double rate) {
        double spares = rate * AUTO_SPARE_SECONDS;

        /* The negation also catches what is no number. */
        return !(spares < 1000) ? 1000 : 1 + (uint64_t) spares;
}

/* Twice the spares, so that a short change of load does not fork. */
static uint64_t auto_most_idle(double rate) {
        uint64_t most = 2 * auto_spares(rate);

        return most > AUTO_START ? most : AUTO_START;
}

/* Where a limit that follows from memory keeps requests waiting, it is computed again after this time: the memory of a
 * worker was a guess at first, and memory becomes free. No event would report either. */
#define AUTO_LIMIT_RENEW_USEC (5 * USEC_PER_SEC)

/* With pm = auto more workers are worth their memory only while the pool's processes do something else than wait for
 * a CPU. So many for each CPU there may be before that was measured, which takes a moment under load, and so many
 * although it is short. */
#define AUTO_UNMEASURED_PER_CPU 8
#define AUTO_SHORT_PER_CPU 2
#define AUTO_MEASURE_USEC (USEC_PER_SEC / 30)
#define AUTO_CPU_LOOK_USEC (USEC_PER_SEC / 5)

static unsigned alive(const PolicyInput *input) {
        return input->n_starting + input->n_idle + input->n_busy;
}

/* Returns how many more workers there should be, without regard to limits. Each connection that waits needs a worker
 * now, and the spares of the pool file come on top of that. */
static uint64_t wanted(const PoolConfig *config, const PolicyInput *input) {
        uint64_t coming = input->n_starting + input->n_idle;

        switch (config->pm) {
        case PM_DYNAMIC:
                return missing((input->begun ? config->min_spare_servers : config->start_servers) +
                                                input->n_queued,
                                coming);
        case PM_ONDEMAND:
                return missing(input->n_queued, coming);
        case PM_AUTO:
                return missing((input->begun ? auto_spares(input->rate) : AUTO_START) +
                                                input->n_queued,
                                coming);
        default:
                return missing(input->worker_limit, alive(input));
        }
}

static uint64_t surplus(const PoolConfig *config, const PolicyInput *input) {
        switch (config->pm) {
        case PM_DYNAMIC:
                return number_min(missing(input->n_idle, config->max_spare_servers),
                                input->n_expired);
        case PM_ONDEMAND:
                /* One worker stays while web servers keep connections open: they may send a request on one just now. */
                return number_min(input->n_expired,
                                missing(alive(input), input->has_keepalive ? 1 : 0));
        case PM_AUTO:
                return number_min(missing(input->n_idle, auto_most_idle(input->rate)),
                                input->n_expired);
        default:
                return 0;
        }
}

/* An idle worker that is not wanted costs only memory, so this timer alone wakes the manager for it. */
static bool can_shrink(const PoolConfig *config, const PolicyInput *input) {
        switch (config->pm) {
        case PM_DYNAMIC:
                return alive(input) > config->max_spare_servers;
        case PM_ONDEMAND:
                return alive(input) > 0;
        case PM_AUTO:
                return alive(input) > AUTO_START;
        default:
                return false;
        }
}

static uint64_t next_surplus_usec(const PoolConfig *config, const PolicyInput *input) {
        if (!can_shrink(config, input))
                return 0;

        /* Those that are busy now may be idle, and too many, after this time at the earliest. */
        return input->n_idle > input->n_expired ? input->next_expired_usec
                                                : policy_idle_limit_usec(config);
}

static bool may_rise(const PoolConfig *config, const PolicyInput *input) {
        return config->pm == PM_AUTO && input->worker_limit < config->max_children;
}

static uint64_t sooner(uint64_t a, uint64_t b) {
        if (a == 0 || b == 0)
                return a + b;

        return number_min(a, b);
}

/* Each CPU that comes free has a process of the pool that waits for it already; and those that have or want one are
 * most of the busy ones, so that not much else is waited for than the CPU. On a machine that others keep busy a pool
 * whose requests sleep grows on. */
static bool cpu_is_short(const PolicyInput *input) {
        return input->runnable - input->running >= input->n_cpus &&
               2 * input->runnable >= input->n_busy;
}

static uint64_t cpu_limit(const PoolConfig *config, const PolicyInput *input) {
        if (config->pm != PM_AUTO || input->n_cpus == 0)
                return UINT64_MAX;
        if (!input->cpu_is_measured)
                return AUTO_UNMEASURED_PER_CPU * (uint64_t) input->n_cpus;

        return cpu_is_short(input) ? AUTO_SHORT_PER_CPU * (uint64_t) input->n_cpus : UINT64_MAX;
}

bool policy_needs_cpu(const PoolConfig *config, const PolicyInput *input) {
        return config->pm == PM_AUTO && input->n_queued > 0 &&
               alive(input) + input->n_queued > AUTO_SHORT_PER_CPU * (uint64_t) input->n_cpus;
}

uint64_t policy_idle_limit_usec(const PoolConfig *config) {
        switch (config->pm) {
        case PM_DYNAMIC:
                return DYNAMIC_IDLE_LIMIT_USEC;
        case PM_ONDEMAND:
                return config->process_idle_timeout_usec;
        case PM_AUTO:
                return AUTO_IDLE_LIMIT_USEC;
        default:
                return UINT64_MAX;
        }
}

uint64_t policy_worker_limit(
                const PoolConfig *config, uint64_t budget_bytes, uint64_t worker_bytes) {
        uint64_t fit;

        if (config->pm != PM_AUTO)
                return config->max_children;

        fit = budget_bytes / (worker_bytes > 0 ? worker_bytes : POLICY_WORKER_BYTES_GUESS);
        return fit == 0 ? 1 : number_min(fit, config->max_children);
}

unsigned policy_wake_below(const PoolConfig *config, double rate) {
        switch (config->pm) {
        case PM_DYNAMIC:
                return (unsigned) config->min_spare_servers;
        case PM_ONDEMAND:
                return 1;
        case PM_AUTO:
                return (unsigned) auto_spares(rate);
        default:
                return 0;
        }
}

PolicyDecision policy_decide(const PoolConfig *config, const PolicyInput *input) {
        uint64_t want = wanted(config, input);
        uint64_t most = missing(input->worker_limit, alive(input));
        uint64_t room = number_min(most, missing(cpu_limit(config, input), alive(input)));
        uint64_t now = number_min(want, room);
        bool is_held_back = number_min(want, most) > room;
        PolicyDecision decision = {
                .limit_reached = want > most && config->pm != PM_STATIC,
                .waits_for_cpu = is_held_back && input->cpu_is_measured,
        };

        if (config->pm == PM_DYNAMIC && now > config->max_spawn_rate) {
                now = config->max_spawn_rate;
                decision.check_again_usec = SPAWN_PAUSE_USEC;
        } else
                decision.check_again_usec = next_surplus_usec(config, input);

        if (decision.limit_reached && may_rise(config, input))
                decision.check_again_usec =
                                sooner(decision.check_again_usec, AUTO_LIMIT_RENEW_USEC);

        if (is_held_back)
                decision.check_again_usec = sooner(decision.check_again_usec,
                                input->cpu_is_measured ? AUTO_CPU_LOOK_USEC : AUTO_MEASURE_USEC);

        decision.n_fork = (unsigned) now;
        decision.n_retire = now > 0 ? 0 : (unsigned) surplus(config, input);
        /* At a limit nothing would follow from it, until the next look. */
        /* Who is held back for the CPU looks again by the clock. */
        decision.wake_below = !is_held_back &&
                              (most > now || (!decision.limit_reached && may_rise(config, input)));
        decision.watch_listeners = !is_held_back && most > now && config->pm != PM_STATIC &&
                                   input->n_starting + input->n_idle + now <= decision.n_retire;
        return decision;
}

void backoff_fail(Backoff *backoff, uint64_t lived_usec, uint64_t now_usec) {
        uint64_t pause_msec = BACKOFF_FIRST_MSEC;

        if (lived_usec >= BACKOFF_QUICK_MSEC * 1000ULL) {
                backoff_reset(backoff);
                return;
        }

        for (unsigned i = 0; i < backoff->n_failures && pause_msec < BACKOFF_LIMIT_MSEC; i++)
                pause_msec *= 2;

        backoff->n_failures++;
        backoff->until_usec = now_usec + number_min(pause_msec, BACKOFF_LIMIT_MSEC) * 1000;
}

void backoff_pause(Backoff *backoff, uint64_t lived_usec, uint64_t now_usec) {
        backoff_reset(backoff);
        if (lived_usec < BACKOFF_QUICK_MSEC * 1000ULL)
                backoff->until_usec = now_usec + BACKOFF_PAUSE_MSEC * 1000ULL;
}

void backoff_reset(Backoff *backoff) {
        *backoff = (Backoff){};
}
