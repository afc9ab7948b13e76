/* SPDX-License-Identifier: MIT */
#include "manager/reload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/parse.h"
#include "manager/base/log.h"
#include "manager/generation/generation.h"
#include "manager/generation/pool_check.h"
#include "manager/sockets/socket_check.h"

/* --- why not --- */

/* A reason is one line. */
typedef struct Mistakes {
        char reason[600];
        unsigned n;
} Mistakes;

static void reload_on_mistake(void *userdata, const char *line) {
        Mistakes *mistakes = userdata;

        if (mistakes->n++ == 0)
                snprintf(mistakes->reason, sizeof(mistakes->reason), "%.511s", line);
        else
                log_error("%s", line);
}

static void mention_others(Mistakes *mistakes) {
        size_t used = strlen(mistakes->reason);

        if (mistakes->n > 1)
                snprintf(mistakes->reason + used, sizeof(mistakes->reason) - used,
                                " (and %u more, which fpmctl check tells)", mistakes->n - 1);
}

/* The oldest generation is not ended for the new one: its requests would be lost, and whoever needs the reload now
 * can end them. */
static void explain_start(const Reload *reload, int error, char *reason, size_t size) {
        const Generation *oldest = pool_oldest_in_the_way(reload->pool);
        uint64_t left_usec = oldest ? generation_drain_left_usec(oldest) : 0;
        char limit[64] = "";

        if (left_usec > 0)
                snprintf(limit, sizeof(limit), ", which is in %" PRIu64 " s at the latest",
                                left_usec / USEC_PER_SEC + 1);

        if (error == -EBUSY && oldest)
                snprintf(reason, size,
                                "too many old generations still finish requests; reload again when "
                                "generation %u, the oldest, has finished its own%s: fpmctl requests "
                                "%s shows them",
                                generation_number(oldest), limit, reload->name);
        else if (error == -EBUSY)
                snprintf(reason, size, "no generation serves now; reload again when one does");
        else
                snprintf(reason, size, "cannot start a generation; the journal has more");
}

/* --- a round --- */

static void begin(Reload *reload, unsigned asked) {
        PoolConfig *config = NULL;
        Mistakes mistakes = {};
        uint64_t now = 0;
        int r;

        reload->asked = asked;
        (void) sd_event_now(reload->event, CLOCK_MONOTONIC, &now);
        (void) sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now);
        r = pool_check_load(&config, reload->conf_dir, reload->name, reload_on_mistake, &mistakes);
        if (r < 0) {
                mention_others(&mistakes);
                reload_end(reload, r, mistakes.reason);
                return;
        }

        log_open(reload->name, (int) config->log_level);
        socket_check_warn(reload->listeners, config);
        r = pool_reload(reload->pool, config);
        if (r < 0) {
                explain_start(reload, r, mistakes.reason, sizeof(mistakes.reason));
                reload_end(reload, r, mistakes.reason);
        }
}

static void begin_again(Reload *reload) {
        unsigned asked = reload->again;

        reload->again = 0;
        begin(reload, asked);
}

static void log_end(int result, const char *reason) {
        if (result < 0)
                log_event(EVENT_RELOAD_REFUSED, LOG_ERR, LOG_NO_FIELDS,
                                "Reload refused, the old generation goes on: %s", reason);
        else {
                log_event(EVENT_RELOADED, LOG_NOTICE, LOG_NO_FIELDS, "Reloaded");
                log_forget_trouble(EVENT_RELOAD_REFUSED);
        }
}

void reload_end(Reload *reload, int result, const char *reason) {
        log_end(result, reason);
        reload->asked = 0;
        reload->hooks->ended(reload->userdata);
        if (reload->again && reload->state == RELOAD_OPEN)
                begin_again(reload);
        else
                reload->hooks->told(result, result < 0 ? reason : "reloaded", reload->userdata);
}

void reload_resume(Reload *reload) {
        if (reload->again && reload->state == RELOAD_OPEN)
                begin_again(reload);
}

/* --- who asks --- */

static void refuse_stopping(Reload *reload) {
        reload->hooks->told(-ECANCELED, "the pool stops", reload->userdata);
}

void reload_ask(Reload *reload, ReloadAsker asker) {
        if (reload->state == RELOAD_CLOSED)
                refuse_stopping(reload);
        else if (reload->state == RELOAD_LATER || pool_is_reloading(reload->pool))
                reload->again |= asker;
        else
                begin(reload, asker);
}

void reload_abandon(Reload *reload) {
        reload->again &= ~(unsigned) RELOAD_BY_CLIENT;
        if (reload->asked == RELOAD_BY_CLIENT)
                pool_abandon_reload(reload->pool);
}

void reload_open(Reload *reload) {
        if (reload->state == RELOAD_CLOSED)
                return;

        reload->state = RELOAD_OPEN;
        if (reload->again && !pool_is_reloading(reload->pool))
                begin_again(reload);
}

void reload_close(Reload *reload) {
        reload->state = RELOAD_CLOSED;

        /* The end of a round under way is told when it is there. */
        if (!reload->asked)
                refuse_stopping(reload);
        reload->again = 0;
}
