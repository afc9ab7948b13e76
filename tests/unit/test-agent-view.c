/* SPDX-License-Identifier: MIT */
/* Proves how long the agent waits for a manager that does not answer, while load balancers wait for what it knows of the
 * others. The managers are this file's. */

#include "agent/agent_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
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
        ck_assert_uint_eq(n, 1);
        ck_assert_uint_eq(timeout_usec, AGENT_ASK_USEC);
        n_asked++;
        patience_usec = questions[0].patience_usec;
        questions[0].result = result;
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
        char folder[] = "/tmp/fpmd-agent-XXXXXX", file[64];
        AgentView view = { .conf_dir = folder };
        AgentPool pool;
        FILE *f;

        ck_assert_ptr_nonnull(mkdtemp(folder));
        snprintf(file, sizeof(file), "%s/slow.conf", folder);
        f = fopen(file, "we");
        ck_assert_ptr_nonnull(f);
        fputs("[slow]\npm = static\npm.max_children = 1\n", f);
        fclose(f);

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
        unlink(file);
        rmdir(folder);
}
END_TEST

UNIT_MAIN("agent-view", one_that_is_silent_is_not_waited_for_as_long_again);
