/* SPDX-License-Identifier: MIT */
/* Proves that neither end of the control socket takes anything for a message that is none. */

#include "contract/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "contract/scoreboard.h"
#include "unit.h"

static ControlRequest request(uint32_t verb, uint32_t slot) {
        return (ControlRequest){ .version = CONTROL_VERSION, .verb = verb, .slot = slot };
}

START_TEST(requests) {
        ControlRequest r = request(CONTROL_STATUS, CONTROL_SLOT_ALL);

        ck_assert_int_eq(control_request_check(&r, sizeof(r)), 0);
        ck_assert_int_eq(control_request_check(&r, sizeof(r) - 1), -EBADMSG);
        ck_assert_int_eq(control_request_check(&r, sizeof(r) + 1), -EBADMSG);
        ck_assert_int_eq(control_request_check(&r, 3), -EBADMSG);
        ck_assert_int_eq(control_request_check(&r, 0), -EBADMSG);
        r.reserved = 1;
        ck_assert_int_eq(control_request_check(&r, sizeof(r)), -EBADMSG);

        for (uint32_t verb = 0; verb < 10; verb++) {
                r = request(verb, CONTROL_SLOT_ALL);
                ck_assert_int_eq(control_request_check(&r, sizeof(r)),
                                verb > 0 && verb < _CONTROL_VERB_MAX ? 0 : -EBADMSG);
        }
}
END_TEST

START_TEST(slots_are_for_traces) {
        ControlRequest r = request(CONTROL_TRACE, 0);

        ck_assert_int_eq(control_request_check(&r, sizeof(r)), 0);
        r = request(CONTROL_TRACE, SCOREBOARD_SLOTS_MAX - 1);
        ck_assert_int_eq(control_request_check(&r, sizeof(r)), 0);
        r = request(CONTROL_TRACE, SCOREBOARD_SLOTS_MAX);
        ck_assert_int_eq(control_request_check(&r, sizeof(r)), -EBADMSG);
        r = request(CONTROL_STATUS, 0);
        ck_assert_int_eq(control_request_check(&r, sizeof(r)), -EBADMSG);
}
END_TEST

START_TEST(other_versions_are_told_apart) {
        ControlRequest r = request(CONTROL_STATUS, CONTROL_SLOT_ALL);
        ControlReply reply = { .version = CONTROL_VERSION + 1 };

        r.version++;
        ck_assert_int_eq(control_request_check(&r, sizeof(r)), -EPROTO);
        ck_assert_int_eq(control_request_check(&r, 8), -EPROTO); /* the one of version 1 */
        ck_assert_int_eq(control_reply_check(&reply, CONTROL_REPLY_MIN), -EPROTO);
}
END_TEST

START_TEST(replies) {
        ControlReply reply = { .version = CONTROL_VERSION };

        ck_assert_int_eq(control_reply_check(&reply, CONTROL_REPLY_MIN), 0);
        ck_assert_int_eq(control_reply_check(&reply, sizeof(reply)), 0);
        ck_assert_int_eq(control_reply_check(&reply, CONTROL_REPLY_MIN - 1), -EBADMSG);
        ck_assert_int_eq(control_reply_check(&reply, 0), -EBADMSG);
        memset(reply.text, 'x', sizeof(reply.text));
        ck_assert_int_eq(control_reply_check(&reply, sizeof(reply)), -EBADMSG);
        reply.text[3] = '\0';
        ck_assert_int_eq(control_reply_check(&reply, CONTROL_REPLY_MIN + 3), 0);
        reply.result = 1;
        ck_assert_int_eq(control_reply_check(&reply, CONTROL_REPLY_MIN + 3), -EBADMSG);
}
END_TEST

/* Strings may have as many commas as they like: a visitor chooses them. */
START_TEST(values) {
        size_t size = 3 * ((size_t) CONTROL_VALUES_MAX / 2) + 3;
        _cleanup_free_ char *text = malloc(size);

        ck_assert_ptr_nonnull(text);
        for (size_t i = 0; i < size; i++)
                text[i] = "[],"[i % 3];
        ck_assert(control_values_fit(text, size - 3));
        ck_assert(!control_values_fit(text, size));
        memset(text, ',', size);
        ck_assert(!control_values_fit(text, size));
        memcpy(text, "\"\\\"", 3);
        ck_assert(control_values_fit(text, size));
        text[size - 1] = '"';
        ck_assert(control_values_fit(text, size));
        text[3] = '"';
        ck_assert(!control_values_fit(text, size));
}
END_TEST

START_TEST(paths) {
        char path[64], small[8];

        ck_assert_int_eq(control_path(path, sizeof(path), "www"), 0);
        ck_assert_str_eq(path, "/run/fpmd/www/control");
        ck_assert_int_eq(control_path(small, sizeof(small), "www"), -ENAMETOOLONG);
}
END_TEST

UNIT_MAIN("control", requests, slots_are_for_traces, other_versions_are_told_apart, replies, values,
                paths);
