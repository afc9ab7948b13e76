/* SPDX-License-Identifier: MIT */
/* fpmctl drain, undrain and ping: whether load balancers send requests to a pool. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "contract/rotation.h"
#include "fpmctl/command.h"

static bool is_absent(const Question *question) {
        return question->result == -ENOENT || question->result == -ECONNREFUSED;
}

static void ask(const Invocation *in, ControlVerb verb, uint32_t seconds, Question *question) {
        question_init(question, in->arguments[0], verb);
        question->insists = true;
        question->slot = seconds;
        client_ask(question, 1, ASK_TIMEOUT_USEC);
}

/* The file comes first: a manager that starts in between reads it. */
static int note(const Invocation *in, bool drain) {
        const char *pool = in->arguments[0];

        if (!drain)
                return rotation_enter(pool);

        return rotation_leave(pool, in->seconds > 0 ? in->seconds : ROTATION_WITHOUT_END);
}

int command_drain(const Invocation *in) {
        _cleanup_(question_done) Question question = { .fd = -EBADF };
        bool drain = strcmp(in->command, "drain") == 0;
        const char *pool = in->arguments[0];
        int r = -EPERM;

        if (geteuid() == 0 && pool_has_file(in->conf_dir, pool))
                r = note(in, drain);
        if (r < 0 && r != -EPERM)
                return complain(EX_OSERR, "pool %s: cannot write under /run/fpmd: %s", pool,
                                strerror(-r));

        ask(in, drain ? CONTROL_DRAIN : CONTROL_UNDRAIN,
                        in->seconds > 0 ? (uint32_t) in->seconds : CONTROL_SLOT_ALL, &question);
        /* A pool that does not run reads the file when it starts. */
        if (question.result < 0 && !(r == 0 && is_absent(&question)))
                return complain_question(in, &question);

        print_pool_line(in, drain ? "drained" : "not drained");
        return EXIT_SUCCESS;
}

/* For probes: the manager answers, has a generation that serves, and wants requests. */
int command_ping(const Invocation *in) {
        _cleanup_(question_done) Question question = { .fd = -EBADF };
        const char *state, *pool = in->arguments[0];

        ask(in, CONTROL_STATUS, CONTROL_SLOT_ALL, &question);
        if (question.result == 0 && !question.json)
                question.result = -EBADMSG;
        if (question.result < 0)
                return complain_question(in, &question);

        state = answer_text(question.json, "state");
        if (json_is_true(json_object_get(question.json, "drained")))
                return complain(EXIT_FAILURE, "pool %s is drained", pool);
        if (strcmp(state, "starting") == 0 || strcmp(state, "stopping") == 0)
                return complain(EXIT_FAILURE, "pool %s is %s", pool, state);

        print_pool_line(in, "pong");
        return EXIT_SUCCESS;
}
