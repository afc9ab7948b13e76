/* SPDX-License-Identifier: MIT */
#include "manager/manager.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "base/parse.h"
#include "base/stack.h"
#include "manager/base/log.h"
#include "manager/base/timer.h"
#include "manager/manager_internal.h"
#include "manager/workers/leftovers.h"

/* At a restart idle workers leave within this time, and those whose requests are short. */
#define LEAVE_USEC (USEC_PER_SEC / 20)

static void notify_status_of(Manager *m, const char *state, const PoolStatus *status) {
        time_t now = time(NULL), trouble_at;
        StatusTrouble trouble = { .text = log_last_trouble(&trouble_at) };
        uint64_t now_usec = 0;
        char line[768];
        struct tm tm;

        (void) sd_event_now(m->event, CLOCK_MONOTONIC, &now_usec);
        status_rate_update(&m->rate, status->counts.n_requests, now_usec);
        m->n_workers_shown = status->n_busy + status->n_idle + status->n_starting;
        m->n_troubles_shown = log_n_troubles();
        if (!localtime_r(&now, &tm) || !localtime_r(&trouble_at, &trouble.at))
                return;

        status_line_format(line, sizeof(line), status, &m->rate, &trouble, &tm);
        (void) sd_notifyf(0, "%sSTATUS=%s", state, line);
}

static void notify_status(Manager *m, const char *state) {
        PoolStatus status;

        pool_status(m->pool, &status);
        notify_status_of(m, state, &status);
}

void manager_stop(Manager *m) {
        char state[64];

        m->stopping = true;
        reload_close(&m->reload);

        /* systemd's time limit must not pass before the manager's own. */
        snprintf(state, sizeof(state), "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRIu64 "\n",
                        pool_drain_limit_usec(m->pool) + 5 * USEC_PER_SEC);
        notify_status(m, state);
}

/* --- the pool's hooks --- */

static void manager_on_serving(void *userdata) {
        Manager *m = userdata;

        if (!m->ready) {
                log_event(EVENT_POOL_READY, LOG_NOTICE, LOG_NO_FIELDS,
                                "Ready to handle connections");
                kept_tmp_begin(&m->tmp, m->event, m->options.name);
        }
        m->ready = true;
        notify_status(m, m->reload.asked ? "" : "READY=1\n");
        reload_open(&m->reload);
        stack_release();
}

static void manager_on_changed(void *userdata) {
        Manager *m = userdata;
        PoolStatus status;

        if (!m->ready || m->stopping)
                return;

        /* Workers wake the manager at each change of load. Here systemd gets a new status line only when the number of
         * workers has changed; the other numbers are renewed with the watchdog. */
        pool_status(m->pool, &status);
        if (status.n_busy + status.n_idle + status.n_starting != m->n_workers_shown ||
                        log_n_troubles() != m->n_troubles_shown)
                notify_status_of(m, "", &status);
}

static void manager_on_alive(void *userdata) {
        Manager *m = userdata;
        PoolStatus status;

        /* All managers of the machine do this each fifteen seconds: what it takes is what a pool at rest costs. */
        watchdog_answered(&m->watchdog);
        pool_status(m->pool, &status);
        if (watchdog_requests_flow(&m->watchdog, &status))
                notify_status_of(m, "WATCHDOG=1\n", &status);
        else
                log_event(EVENT_POOL_STUCK, LOG_ERR, LOG_NO_FIELDS,
                                "Connections wait, workers are idle, and no request is answered: waiting for "
                                "the watchdog");
}

static bool manager_on_idle(void *userdata) {
        Manager *m = userdata;

        /* The handoff pair is closed by a stop, but a service that leaves by itself is not stopped. */
        if (leftovers_are_there(m->options.name))
                return false;

        log_event(EVENT_POOL_IDLE_EXIT, LOG_NOTICE, LOG_NO_FIELDS,
                        "Idle for pm.idle_exit_timeout, leaving; the next connection "
                        "starts the pool again");
        m->is_idle = true;
        manager_stop(m);
        pool_drain(m->pool);
        return true;
}

static void manager_on_retrying(uint64_t pause_usec, void *userdata) {
        Manager *m = userdata;

        /* systemd waits for READY=1 as long as one start may take. */
        if (!m->ready)
                (void) sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRIu64 "\nSTATUS=%s",
                                pause_usec + GENERATION_START_LIMIT_USEC + 5 * USEC_PER_SEC,
                                "PHP does not start, trying again; the journal has more");
}

/* --- the end --- */

static void manager_on_socket_stopped(int result, void *userdata) {
        Manager *m = userdata;

        if (result < 0)
                log_warning_errno(result,
                                "Cannot stop the socket, which may start the pool again: %m");
        (void) sd_event_exit(m->event, m->result);
}

/* Nothing has come of the starts, or the configuration is wrong: for a connection that waits systemd would try it all
 * again, for ever. Whether that is so, and the end follows. */
static bool close_socket(Manager *m, int result) {
        if ((result != POOL_BROKEN && result != POOL_REFUSED) || m->stopping ||
                        !listeners_have_connection(m->listeners->fds, m->listeners->n_fds))
                return false;

        m->result = result;
        m->stopping = true;
        return own_unit_ask(&m->unit, own_unit_stop_socket, manager_on_socket_stopped) >= 0;
}

/* One that came while the pool was leaving for want of work was served, and may bring the next request at any time:
 * systemd, which has it, is to start the pool again. */
static void manager_on_ended(int result, void *userdata) {
        Manager *m = userdata;

        if (result == POOL_REPLACED) {
                log_notice("fpmd was replaced on disk, and PHP is gone: leaving the pool to the manager that is "
                           "there now");
                result = MANAGER_CALLED_BACK;
        } else if (m->result < 0)
                result = m->result;
        else if (result < 0 && close_socket(m, result))
                return;

        if (result == 0 && m->is_idle && pool_has_handed_over(m->pool)) {
                log_notice("A web server has opened a connection meanwhile and keeps it: starting again");
                result = MANAGER_CALLED_BACK;
        }

        /* What is to be done about leftovers depends on what systemd answers. */
        if (own_unit_is_asked(&m->unit) && m->is_deliberate) {
                m->has_ended = true;
                m->result = result;
                return;
        }

        (void) sd_event_exit(m->event, result);
}

/* --- reload --- */

static void manager_on_round_ended(void *userdata) {
        Manager *m = userdata;

        if (!m->stopping)
                notify_status(m, "READY=1\n");
}

static void manager_on_reload_result(int result, const char *text, void *userdata) {
        Manager *m = userdata;

        control_server_reloaded(m->control, result, text);
}

static const ReloadHooks reload_hooks = {
        .on_round_end = manager_on_round_ended,
        .on_result = manager_on_reload_result,
};

static void log_emergency_end(int result, const char *text) {
        if (result < 0)
                log_event(EVENT_EMERGENCY_ENDED, LOG_ERR, LOG_NO_FIELDS,
                                "The emergency restart failed, the old generation goes on: %s",
                                text);
        else
                log_event(EVENT_EMERGENCY_ENDED, LOG_NOTICE, LOG_NO_FIELDS,
                                "Restarted after crashes: a new generation serves with new opcache memory");
}

static void manager_on_followed(StartReason why, int result, const char *text, void *userdata) {
        Manager *m = userdata;

        if (result >= 0)
                edits_served(&m->edits);
        if (why == START_RELOAD) {
                reload_end(&m->reload, result, text);
                return;
        }

        log_emergency_end(result, text);
        reload_resume(&m->reload);
}

static void manager_on_reload_asked(void *userdata) {
        Manager *m = userdata;

        reload_ask(&m->reload, RELOAD_BY_CLIENT);
}

static void manager_on_reload_abandoned(void *userdata) {
        Manager *m = userdata;

        reload_abandon(&m->reload);
}

static void manager_on_asked(ControlClient *client, const ControlRequest *request, void *userdata) {
        Manager *m = userdata;

        control_queries_ask(m->control_queries, client, request);
}

static void manager_on_asker_left(ControlClient *client, void *userdata) {
        Manager *m = userdata;

        control_queries_leave(m->control_queries, client);
}

static gid_t manager_on_group_asked(void *userdata) {
        Manager *m = userdata;

        return listeners_group(m->listeners);
}

static const ControlHooks control_hooks = {
        .reload = manager_on_reload_asked,
        .abandon = manager_on_reload_abandoned,
        .ask = manager_on_asked,
        .leave = manager_on_asker_left,
        .group = manager_on_group_asked,
};

static void manager_on_edited(uint64_t which, void *userdata) {
        Manager *m = userdata;

        edits_note(&m->edits, which);
}

static const PoolHooks pool_hooks = {
        .serving = manager_on_serving,
        .changed = manager_on_changed,
        .alive = manager_on_alive,
        .retrying = manager_on_retrying,
        .idle = manager_on_idle,
        .edited = manager_on_edited,
        .ended = manager_on_ended,
        .followed = manager_on_followed,
};

/* --- a restart --- */

/* What runs still is finished as when the manager is killed: the zygotes see their control sockets close, and end what
 * hangs. */
static int manager_on_leave(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        (void) source;
        (void) usec;
        log_notice("Leaving the pool to the next manager; running requests finish beside it");
        return sd_event_exit(m->event, 0);
}

static void manager_on_restart_known(int result, void *userdata) {
        Manager *m = userdata;

        m->is_restarted = result >= 0;
        if (m->has_ended)
                (void) sd_event_exit(m->event, m->result);
        else if (m->is_restarted)
                (void) timer_arm(m->event, &m->leave_source, timer_now_usec(m->event) + LEAVE_USEC,
                                manager_on_leave, m, "a restart waits for the longest request");
}

/* A restart need not wait for the longest request: the next manager serves beside it. A stop does. Without an answer of
 * systemd's it is taken for a stop. */
void manager_ask_whether_restarted(Manager *m) {
        if (!m->is_restarted)
                (void) own_unit_ask(&m->unit, own_unit_is_restarted, manager_on_restart_known);
}

/* --- life --- */

static int add_control(Manager *m) {
        int r;

        r = control_folder_open(&m->control_folder, m->options.name);
        if (r < 0 || !m->control_folder.path)
                return r;

        return control_server_new(&m->control, m->event, m->control_folder.path, &control_hooks, m);
}

static int manager_init(Manager *m) {
        int r;

        r = manager_block_signals();
        if (r < 0)
                return r;

        r = sd_event_new(&m->event);
        if (r < 0)
                return r;

        log_attach_event(m->event);

        m->unit.event = m->event;
        r = manager_add_signals(m);
        if (r < 0)
                return r;

        r = add_control(m);
        if (r < 0)
                return r;

        return watchdog_start(&m->watchdog, m->event);
}

int manager_new(Manager **ret, const ManagerOptions *options, PoolResources *resources,
                const Listeners *listeners) {
        _cleanup_(manager_freep) Manager *m = NULL;
        int r;

        m = calloc(1, sizeof(*m));
        if (!m)
                return -ENOMEM;

        m->reload.resources = POOL_RESOURCES_NONE;
        m->options = *options;
        m->unit = (OwnUnit){ .pool = options->name, .userdata = m };
        m->listeners = listeners;
        r = manager_init(m);
        if (r < 0)
                return r;

        r = pool_new(&m->pool, m->event, listeners, options->program, resources, &pool_hooks, m);
        if (r < 0)
                return r;

        m->watchdog.pool = m->pool;
        m->reload = (Reload){
                .event = m->event,
                .conf_dir = options->conf_dir,
                .name = options->name,
                .listeners = listeners,
                .pool = m->pool,
                .hooks = &reload_hooks,
                .userdata = m,
                .resources = POOL_RESOURCES_NONE,
        };
        m->edits = (Edits){ .event = m->event, .reload = &m->reload };
        r = control_queries_new(&m->control_queries, m->event, m->pool, options->name);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(m);
        return 0;
}

Manager *manager_free(Manager *m) {
        if (!m)
                return NULL;

        own_unit_done(&m->unit);
        kept_tmp_done(&m->tmp);
        control_server_free(m->control);
        control_folder_close(&m->control_folder);
        control_queries_free(m->control_queries); /* reads what is the pool's */
        edits_done(&m->edits);
        reload_done(&m->reload);
        pool_free(m->pool);
        watchdog_stop(&m->watchdog);
        sd_event_source_disable_unref(m->leave_source);
        sd_event_unref(m->event);
        free(m);
        return NULL;
}

int manager_run(Manager *m) {
        int r;

        r = pool_start(m->pool);
        if (r < 0)
                return r;

        r = sd_event_loop(m->event);
        if (m->is_restarted)
                leftovers_end_strays(m->options.name);
        else if (m->is_deliberate) {
                (void) sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRIu64,
                                m->patience_usec + 10 * USEC_PER_SEC);
                leftovers_end(m->options.name, m->patience_usec);
        }

        return r;
}
