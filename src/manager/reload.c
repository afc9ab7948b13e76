/* SPDX-License-Identifier: MIT */
#include "manager/reload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "base/fd.h"
#include "base/fd_pass.h"
#include "base/parse.h"
#include "manager/base/log.h"
#include "manager/generation/generation.h"
#include "manager/sockets/socket_check.h"

/* --- in the helper: what a generation needs --- */

/* A packet for each mistake; no other has this size. */
typedef struct Mistake {
        char line[1000];
} Mistake;

typedef struct Mistakes {
        int answer_fd;
        unsigned n;
} Mistakes;

/* The first one stands in the journal as the reason. */
static void reload_on_mistake(void *userdata, const char *line) {
        Mistakes *mistakes = userdata;
        Mistake mistake = {};

        snprintf(mistake.line, sizeof(mistake.line), "%s", line);
        (void) fd_pass_send(mistakes->answer_fd, &mistake, sizeof(mistake), -EBADF, 0);
        if (mistakes->n++ > 0)
                log_error("%s", line);
}

static int prepare(int answer_fd, void *userdata) {
        _cleanup_(pool_resources_done) PoolResources resources = POOL_RESOURCES_NONE;
        const Reload *reload = userdata;
        Mistakes mistakes = { .answer_fd = answer_fd };
        int r;

        r = pool_resources_open(
                        &resources, reload->conf_dir, reload->name, reload_on_mistake, &mistakes);
        if (r < 0)
                return mistakes.n > 0 ? CONTROL_MISTAKES : r;

        socket_check_warn(reload->listeners, resources.config);
        return pool_resources_send(&resources, answer_fd);
}

/* --- a round --- */

static void forget_mistakes(Reload *reload) {
        reload->reason[0] = reload->mistakes[0] = '\0';
        reload->mistakes_size = 0;
        reload->n_mistakes = 0;
}

/* Lines that the reply has no room for are left out; their number is in the journal. */
static void note_mistake(Reload *reload, const Mistake *mistake) {
        size_t room = sizeof(reload->mistakes) - reload->mistakes_size;
        int n = (int) strnlen(mistake->line, sizeof(mistake->line));

        if (reload->n_mistakes++ == 0)
                snprintf(reload->reason, sizeof(reload->reason), "%.*s", n < 512 ? n : 511,
                                mistake->line);
        if ((size_t) n + 2 > room)
                return;

        snprintf(reload->mistakes + reload->mistakes_size, room, "%.*s\n", n, mistake->line);
        reload->mistakes_size += (size_t) n + 1;
}

static void reload_on_packet(const void *data, size_t size, int fd, void *userdata) {
        Reload *reload = userdata;
        int r;

        r = pool_resources_receive(&reload->resources, data, size, fd);
        if (r == -ENOMSG) {
                fd_close(fd);
                if (size == sizeof(Mistake))
                        note_mistake(reload, data);
        } else if (r < 0)
                log_error_errno(r, "Cannot take what a helper has read: %m");
}

static void mention_others(Reload *reload) {
        size_t used = strlen(reload->reason);

        if (reload->n_mistakes > 1)
                snprintf(reload->reason + used, sizeof(reload->reason) - used,
                                " (and %u more, which fpmctl check tells)", reload->n_mistakes - 1);
}

static const char *reason_of_helper(Reload *reload, int error) {
        if (reload->n_mistakes > 0) {
                mention_others(reload);
                return reload->reason;
        }
        if (error == -ETIMEDOUT)
                return "reading and checking the configuration takes too long: see whether the user "
                       "database answers, and the mounts that the pool file names";

        return "the helper that reads the configuration failed; the journal has more";
}

/* The oldest generation is not ended for the new one: its requests would be lost, and an administrator who
 * needs the reload now can end them. */
static void explain_start(Reload *reload, int error) {
        const Generation *oldest = pool_oldest_in_the_way(reload->pool);
        uint64_t left_usec = oldest ? generation_drain_left_usec(oldest) : 0;
        char limit[64] = "", *reason = reload->reason;
        size_t size = sizeof(reload->reason);

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

/* The pool may have begun something of its own meanwhile: then there is one more round behind that. */
static void start(Reload *reload) {
        int r;

        if (pool_is_reloading(reload->pool)) {
                reload->again |= reload->asked;
                reload->asked = 0;
                return;
        }

        log_open(reload->name, (int) reload->resources.config->log_level);
        r = pool_reload(reload->pool, &reload->resources);
        if (r < 0) {
                explain_start(reload, r);
                reload_end(reload, r, reload->reason);
        } else if (reload->has_reopened)
                pool_reopen_logs(reload->pool);
}

static void reload_on_helper_ended(int result, void *userdata) {
        Reload *reload = userdata;

        reload->helper = NULL;
        if (result >= 0 && !reload->resources.config)
                result = -EIO;
        if (result < 0)
                reload_end(reload, result, reason_of_helper(reload, result));
        else
                start(reload);
        pool_resources_done(&reload->resources);
}

static void begin(Reload *reload, unsigned asked) {
        HelperPlan plan = {
                .work = prepare,
                .packet = reload_on_packet,
                .ended = reload_on_helper_ended,
                .userdata = reload,
                .limit_usec = HELPER_LIMIT_USEC,
                .keep_fds = reload->listeners->fds,
                .n_keep_fds = reload->listeners->n_fds,
        };
        uint64_t now = 0;
        int r;

        reload->asked = asked;
        forget_mistakes(reload);
        reload->has_reopened = false;
        (void) sd_event_now(reload->event, CLOCK_MONOTONIC, &now);
        (void) sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now);
        r = helper_start(&reload->helper, reload->event, &plan);
        if (r < 0)
                reload_end(reload, r, "cannot start a helper that reads the configuration");
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
        reload->hooks->on_round_end(reload->userdata);
        if (reload->again && reload->state == RELOAD_OPEN)
                begin_again(reload);
        else
                reload->hooks->on_result(result,
                                result == CONTROL_MISTAKES ? reload->mistakes
                                : result < 0               ? reason
                                                           : "reloaded",
                                reload->userdata);
}

void reload_resume(Reload *reload) {
        if (reload->again && !reload->asked && reload->state == RELOAD_OPEN)
                begin_again(reload);
}

/* --- who asks --- */

/* While the helper reads: no generation has been started. */
static void cancel(Reload *reload, const char *reason) {
        reload->helper = helper_free(reload->helper);
        pool_resources_done(&reload->resources);
        reload_end(reload, -ECANCELED, reason);
}

static void refuse_stopping(Reload *reload) {
        reload->hooks->on_result(-ECANCELED, "the pool stops", reload->userdata);
}

void reload_ask(Reload *reload, ReloadAsker asker) {
        if (reload->state == RELOAD_CLOSED)
                refuse_stopping(reload);
        else if (reload->state == RELOAD_LATER || reload->asked || pool_is_reloading(reload->pool))
                reload->again |= asker;
        else
                begin(reload, asker);
}

void reload_abandon(Reload *reload) {
        reload->again &= ~(unsigned) RELOAD_BY_CLIENT;
        if (reload->asked != RELOAD_BY_CLIENT)
                return;

        if (reload->helper)
                cancel(reload, "no client waits for it any more");
        else
                pool_abandon_reload(reload->pool);
}

void reload_open(Reload *reload) {
        if (reload->state == RELOAD_CLOSED)
                return;

        reload->state = RELOAD_OPEN;
        if (reload->again && !reload->asked && !pool_is_reloading(reload->pool))
                begin_again(reload);
}

void reload_close(Reload *reload) {
        reload->state = RELOAD_CLOSED;

        /* The end of a round under way is told when it is there. */
        reload->again = 0;
        if (reload->helper)
                cancel(reload, "the pool stops");
        else if (!reload->asked)
                refuse_stopping(reload);
}

void reload_note_reopened(Reload *reload) {
        reload->has_reopened = true;
}

void reload_done(Reload *reload) {
        reload->helper = helper_free(reload->helper);
        pool_resources_done(&reload->resources);
}
