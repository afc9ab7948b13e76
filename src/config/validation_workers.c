/* SPDX-License-Identifier: MIT */
/* Which numbers of workers go together. */

#include <syslog.h>

#include "base/parse.h"
#include "config/validation.h"

#define IDLE_EXIT_DEFAULT_USEC (600 * USEC_PER_SEC)
#define IDLE_WARM_DEFAULT_BYTES (64 << 20)

static int refuse_zero(const Validation *v, const char *directive) {
        if (!validation_is_given(v, directive))
                return validation_refuse_without(v, "pm", "dynamic needs %s", directive);

        return validation_refuse(v, directive, "must be 1 or more with pm = dynamic");
}

static int check_dynamic(const Validation *v) {
        PoolConfig *config = v->config;
        uint64_t least = config->min_spare_servers, most = config->max_spare_servers;

        if (least == 0)
                return refuse_zero(v, "pm.min_spare_servers");
        if (most == 0)
                return refuse_zero(v, "pm.max_spare_servers");
        if (least > config->max_children)
                return validation_refuse(v, "pm.min_spare_servers",
                                "%llu is above pm.max_children, %llu", (unsigned long long) least,
                                (unsigned long long) config->max_children);
        if (most > config->max_children)
                return validation_refuse(v, "pm.max_spare_servers",
                                "%llu is above pm.max_children, %llu", (unsigned long long) most,
                                (unsigned long long) config->max_children);
        if (most < least)
                return validation_refuse(v, "pm.max_spare_servers",
                                "%llu is below pm.min_spare_servers, %llu",
                                (unsigned long long) most, (unsigned long long) least);

        if (config->start_servers == 0) {
                config->start_servers = least + (most - least) / 2;
                validation_report(v, LOG_NOTICE, "pm.start_servers", "is %s, using %llu",
                                validation_is_given(v, "pm.start_servers") ? "below 1" : "not set",
                                (unsigned long long) config->start_servers);
                return 0;
        }

        if (config->start_servers < least || config->start_servers > most)
                return validation_refuse(v, "pm.start_servers",
                                "%llu is not between pm.min_spare_servers, %llu, and "
                                "pm.max_spare_servers, %llu",
                                (unsigned long long) config->start_servers,
                                (unsigned long long) least, (unsigned long long) most);

        return 0;
}

int validation_check_pm(const Validation *v) {
        if (v->config->pm == PM_UNSET)
                return validation_refuse_without(v, "pm",
                                "is missing, write pm = auto, static, dynamic or ondemand");
        if (v->config->pm == PM_AUTO && v->config->max_children == 0)
                v->config->max_children = POOL_AUTO_CHILDREN_MAX;
        if (v->config->max_children == 0)
                return validation_refuse_without(v, "pm.max_children",
                                "is missing, write how many requests the pool "
                                "may serve at the same time");
        if (v->config->pm == PM_DYNAMIC)
                return check_dynamic(v);

        return 0;
}

int validation_check_spawn_rate(const Validation *v) {
        if (v->config->pm == PM_DYNAMIC && v->config->max_spawn_rate == 0)
                return refuse_zero(v, "pm.max_spawn_rate");

        return 0;
}

int validation_check_idle_timeout(const Validation *v) {
        if (v->config->pm == PM_ONDEMAND && v->config->process_idle_timeout_usec == 0)
                return validation_refuse(v, "pm.process_idle_timeout",
                                "must be 1s or more with pm = ondemand");

        return 0;
}

/* One after the other, for no number may be above the one before it. */
static void cap(uint64_t *number, uint64_t most) {
        if (*number > most)
                *number = most;
}

void validation_cap_workers(const Validation *v) {
        PoolConfig *config = v->config;

        if (config->process_max == 0 || config->max_children <= config->process_max)
                return;

        validation_report(v, LOG_NOTICE, "pm.max_children",
                        "becomes %llu, which is process.max of [global]",
                        (unsigned long long) config->process_max);
        cap(&config->max_children, config->process_max);
        cap(&config->max_spare_servers, config->max_children);
        cap(&config->min_spare_servers, config->max_spare_servers);
        cap(&config->start_servers, config->max_spare_servers);
}

/* Both have workers only while somebody comes: then the rest of the pool can go, too, and is back with the next
 * connection. */
void validation_settle_idle(const Validation *v) {
        PoolConfig *config = v->config;

        if (!validation_is_given(v, "pm.idle_exit_timeout") &&
                        (config->pm == PM_AUTO || config->pm == PM_ONDEMAND))
                config->idle_exit_timeout_usec = IDLE_EXIT_DEFAULT_USEC;

        if (validation_is_given(v, "idle_warm")) {
                if (config->idle_warm_bytes > 0 && config->chroot)
                        validation_report(v, LOG_NOTICE, "idle_warm", "has no effect with chroot");
        } else if (config->idle_exit_timeout_usec > 0 && !config->chroot)
                config->idle_warm_bytes = IDLE_WARM_DEFAULT_BYTES;
}
