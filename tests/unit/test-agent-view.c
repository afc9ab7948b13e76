/* SPDX-License-Identifier: MIT */
/* Proves how long the agent waits for a manager that does not answer, while load balancers wait for what it knows of the
 * others; and when it tells of a mistake in a pool file. The managers and the units are this file's. */

#include "agent/agent_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/number.h"
#include "unit.h"

static unsigned n_asked;
static uint64_t patience_usec;
static int result;

/* In the place of fpmctl/pools/client.c. */
void question_init(Question *question, const char *pool, ControlVerb verb) {
        *question = (Question){ .pool = pool, .verb = verb, .result = -EINPROGRESS, .fd = -EBADF };
}

void question_done(Question *question) {
        (void) question;
}

void client_ask(Question *questions, size_t n, uint64_t timeout_usec) {
        ck_assert_uint_eq(timeout_usec, AGENT_ASK_USEC);
        n_asked++;
        patience_usec = questions[0].patience_usec;
        for (size_t i = 0; i < n; i++)
                questions[i].result = result;
}

/* In the place of fpmctl/pools/units.c: systemd listens for so many pools. */
static unsigned n_units;

int units_read(const char *pool, bool details, UnitHook hook, void *userdata) {
        const UnitState state = { .active = "active" };
        char name[16];

        ck_assert_ptr_null(pool);
        ck_assert(!details);
        for (unsigned i = 0; i < n_units; i++) {
                snprintf(name, sizeof(name), "p%u", i);
                ck_assert_int_eq(hook(name, true, &state, userdata), 0);
        }

        return n_units > 0 ? 0 : -ENOENT;
}

static void write_file(const char *folder, const char *pool, const char *line) {
        char file[64];
        FILE *f;

        snprintf(file, sizeof(file), "%s/%s.conf", folder, pool);
        f = fopen(file, "we");
        ck_assert_ptr_nonnull(f);
        fprintf(f, "[%s]\npm = static\n%s\n", pool, line);
        fclose(f);
}

static void remove_file(const char *folder, const char *pool) {
        char file[64];

        snprintf(file, sizeof(file), "%s/%s.conf", folder, pool);
        ck_assert_int_eq(unlink(file), 0);
}

/* A second later, when what is known is not fresh any more. */
static void look(AgentView *view, AgentPool *ret) {
        unsigned before = n_asked;

        for (size_t i = 0; i < view->n_entries; i++)
                view->entries[i].fresh_usec -= 2 * USEC_PER_SEC;
        agent_view_get(view, "slow", ret);
        ck_assert_uint_eq(n_asked, before + 1);
}

START_TEST(one_that_is_silent_is_not_waited_for_as_long_again) {
        char folder[] = "/tmp/fpmd-agent-XXXXXX";
        AgentView view = { .conf_dir = folder };
        AgentPool pool;

        n_units = 0;
        ck_assert_ptr_nonnull(mkdtemp(folder));
        write_file(folder, "slow", "pm.max_children = 1");

        result = -ETIMEDOUT;
        look(&view, &pool);
        ck_assert(pool.is_known);
        ck_assert_int_eq(pool.presence, PRESENCE_SILENT);
        ck_assert_uint_eq(patience_usec, 0); /* as long as for all */
        look(&view, &pool);
        ck_assert_uint_eq(patience_usec, USEC_PER_SEC / 20);
        look(&view, &pool);
        ck_assert_uint_eq(patience_usec, USEC_PER_SEC / 20);

        /* Once in half a minute it has the whole time. */
        view.entries[0].silent_usec -= 31 * USEC_PER_SEC;
        look(&view, &pool);
        ck_assert_uint_eq(patience_usec, 0);
        look(&view, &pool);
        ck_assert_uint_eq(patience_usec, USEC_PER_SEC / 20);

        result = -ECONNREFUSED;
        look(&view, &pool);
        look(&view, &pool);
        ck_assert_uint_eq(patience_usec, 0);

        /* One that sends us away until our time is over is no better. */
        result = CONTROL_BUSY;
        look(&view, &pool);
        look(&view, &pool);
        ck_assert_uint_eq(patience_usec, USEC_PER_SEC / 20);

        agent_view_done(&view);
        remove_file(folder, "slow");
        ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* So many seconds later, in each of which all are asked for. */
static void pass(AgentView *view, unsigned n_seconds) {
        for (unsigned s = 0; s < n_seconds; s++) {
                AgentPool pool;

                for (size_t i = 0; i < view->n_entries; i++) {
                        view->entries[i].fresh_usec -=
                                        number_min(view->entries[i].fresh_usec, USEC_PER_SEC);
                        view->entries[i].file_usec -=
                                        number_min(view->entries[i].file_usec, USEC_PER_SEC);
                }
                for (unsigned i = 0; i < n_units; i++) {
                        char name[16];

                        snprintf(name, sizeof(name), "p%u", i);
                        agent_view_get(view, name, &pool);
                        ck_assert_int_eq(pool.presence, PRESENCE_LISTENING);
                }
        }
}

START_TEST(a_file_that_is_right_again_is_soon_no_mistake) {
        char folder[] = "/tmp/fpmd-agent-XXXXXX", name[16];
        AgentView view = { .conf_dir = folder };
        AgentPool pool;

        result = -ENOENT;
        n_units = 400;
        ck_assert_ptr_nonnull(mkdtemp(folder));
        for (unsigned i = 0; i < n_units; i++) {
                snprintf(name, sizeof(name), "p%u", i);
                write_file(folder, name, i == 7 ? "nosuch = 1" : "pm.max_children = 1");
        }

        pass(&view, 25);
        agent_view_get(&view, "p7", &pool);
        ck_assert(pool.has_mistake);
        agent_view_get(&view, "p8", &pool);
        ck_assert(!pool.has_mistake);

        write_file(folder, "p7", "pm.max_children = 1");
        pass(&view, 4);
        agent_view_get(&view, "p7", &pool);
        ck_assert(!pool.has_mistake);

        /* One that has gone since the files were looked for is no mistake. */
        remove_file(folder, "p8");
        for (unsigned s = 0; s < 25; s++) {
                view.listed_usec = clock_now_usec();
                pass(&view, 1);
                agent_view_get(&view, "p8", &pool);
                ck_assert(!pool.has_mistake);
        }

        agent_view_done(&view);
        for (unsigned i = 0; i < n_units; i++) {
                snprintf(name, sizeof(name), "p%u", i);
                if (i != 8)
                        remove_file(folder, name);
        }
        ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

UNIT_MAIN("agent-view", one_that_is_silent_is_not_waited_for_as_long_again,
                a_file_that_is_right_again_is_soon_no_mistake);
