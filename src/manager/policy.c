/* SPDX-License-Identifier: MIT */
#include "manager/policy.h"

#include "shared/parse.h"

static uint64_t min_u64(uint64_t a, uint64_t b) {
        return a < b ? a : b;
}

static uint64_t missing(uint64_t wanted, uint64_t present) {
        return wanted > present ? wanted - present : 0;
}

/* php-fpm looks once a second; here it is how long a spare that is one too many is kept, so that a
 * load that comes and goes within a second forks nothing. */
#define DYNAMIC_IDLE_LIMIT_USEC USEC_PER_SEC

/* When a burst asks for more than pm.max_spawn_rate, the rest follows after this pause. */
#define SPAWN_PAUSE_USEC (USEC_PER_SEC / 100)

static unsigned alive(const PolicyInput *input) {
        return input->n_starting + input->n_idle + input->n_busy;
}

/* How many more there should be, not looking at limits. What waits needs a worker each, now, and
 * the spares that the pool file asks for stay on top of that. */
static uint64_t wanted(const PoolConfig *config, const PolicyInput *input) {
        uint64_t coming = input->n_starting + input->n_idle;

        switch (config->pm) {
        case PM_DYNAMIC:
                return missing((input->begun ? config->min_spare_servers : config->start_servers) +
                                                input->n_queued,
                                coming);
        case PM_ONDEMAND:
                return missing(input->n_queued, coming);
        default:
                return missing(config->max_children, alive(input));
        }
}

static uint64_t surplus(const PoolConfig *config, const PolicyInput *input) {
        switch (config->pm) {
        case PM_DYNAMIC:
                return min_u64(missing(input->n_idle, config->max_spare_servers), input->n_expired);
        case PM_ONDEMAND:
                return input->n_expired;
        default:
                return 0;
        }
}

/* An idle worker that is not wanted costs nothing but memory, so nothing wakes us for it but this.
 */
static uint64_t next_surplus_usec(const PoolConfig *config, const PolicyInput *input) {
        bool can_shrink =
                        config->pm == PM_ONDEMAND
                                        ? alive(input) > 0
                                        : config->pm == PM_DYNAMIC &&
                                                          alive(input) > config->max_spare_servers;

        if (!can_shrink)
                return 0;

        /* Those that are busy now may be idle, and too many, after this time at the earliest. */
        return input->n_idle > input->n_expired ? input->next_expired_usec
                                                : policy_idle_limit_usec(config);
}

uint64_t policy_idle_limit_usec(const PoolConfig *config) {
        switch (config->pm) {
        case PM_DYNAMIC:
                return DYNAMIC_IDLE_LIMIT_USEC;
        case PM_ONDEMAND:
                return config->process_idle_timeout_usec;
        default:
                return UINT64_MAX;
        }
}

unsigned policy_ring_below(const PoolConfig *config) {
        switch (config->pm) {
        case PM_DYNAMIC:
                return (unsigned) config->min_spare_servers;
        case PM_ONDEMAND:
                return 1;
        default:
                return 0;
        }
}

PolicyDecision policy_decide(const PoolConfig *config, const PolicyInput *input) {
        uint64_t want = wanted(config, input);
        uint64_t room = missing(config->max_children, alive(input));
        uint64_t now = min_u64(want, room);
        PolicyDecision decision = {.limit_reached = want > room && config->pm != PM_STATIC};

        if (config->pm == PM_DYNAMIC && now > config->max_spawn_rate) {
                now = config->max_spawn_rate;
                decision.look_again_usec = SPAWN_PAUSE_USEC;
        } else
                decision.look_again_usec = next_surplus_usec(config, input);

        decision.n_fork = (unsigned) now;
        decision.n_retire = now > 0 ? 0 : (unsigned) surplus(config, input);
        decision.has_room = room > now;
        decision.watch_listeners = decision.has_room && config->pm != PM_STATIC &&
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
        backoff->until_usec = now_usec + min_u64(pause_msec, BACKOFF_LIMIT_MSEC) * 1000;
}

void backoff_reset(Backoff *backoff) {
        *backoff = (Backoff){};
}
