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

/* The file comes first: a manager that starts in between reads it. */
static int note(const Invocation *in, bool drain) {
        const char *pool = in->arguments[0];

        if (!drain)
                return rotation_enter(pool);

        return rotation_leave(pool, in->seconds > 0 ? in->seconds : ROTATION_WITHOUT_END);
}

static bool is_noted(const Invocation *in) {
        return geteuid() == 0 && pool_has_file(in->conf_dir, in->arguments[0]);
}

static int prepare_drain(const Invocation *in, Question *question) {
        bool drain = question->verb == CONTROL_DRAIN;
        int r;

        if (drain && in->seconds > 0)
                question->slot = (uint32_t) in->seconds;

        r = is_noted(in) ? note(in, drain) : 0;
        if (r < 0)
                return complain(EX_OSERR, "pool %s: cannot write under /run/fpmd: %s",
                                in->arguments[0], strerror(-r));

        return EXIT_SUCCESS;
}

static int tell_drain(const Invocation *in, Question *question) {
        /* A pool that does not run reads the file when it starts. */
        if (question->result < 0 && !(is_absent(question) && is_noted(in)))
                return complain_question(in, question);

        print_pool_line(in, question->verb == CONTROL_DRAIN ? "drained" : "not drained");
        return EXIT_SUCCESS;
}

int command_drain(const Invocation *in) {
        bool drain = strcmp(in->command, "drain") == 0;

        return command_ask(in, &(PoolQuestion){
                                               .verb = drain ? CONTROL_DRAIN : CONTROL_UNDRAIN,
                                               .timeout_usec = ASK_TIMEOUT_USEC,
                                               .prepare = prepare_drain,
                                               .tell = tell_drain,
                               });
}

static int tell_ping(const Invocation *in, Question *question) {
        const char *state, *pool = in->arguments[0];

        if (question->result == 0 && !question->json)
                question->result = -EBADMSG;
        if (question->result < 0)
                return complain_question(in, question);

        state = answer_text(question->json, "state");
        if (json_is_true(json_object_get(question->json, "drained")))
                return complain(EXIT_FAILURE, "pool %s is drained", pool);
        if (strcmp(state, "starting") == 0 || strcmp(state, "stopping") == 0)
                return complain(EXIT_FAILURE, "pool %s is %s", pool, state);

        print_pool_line(in, "pong");
        return EXIT_SUCCESS;
}

/* For probes: the manager answers, has a generation that serves, and wants requests. */
int command_ping(const Invocation *in) {
        return command_ask(in, &(PoolQuestion){ .verb = CONTROL_STATUS,
                                               .timeout_usec = ASK_TIMEOUT_USEC,
                                               .tell = tell_ping });
}
