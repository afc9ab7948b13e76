/* SPDX-License-Identifier: MIT */
/* Proves that stacks reach those who asked, in turn, and that a zygote that says what nobody asked for is found
 * out. */

#include "manager/requests/stack_requests.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

typedef struct Asker {
        unsigned n_answers, slot;
        int error;
        char stack[4096];
} Asker;

static unsigned n_orders, last_slot, last_depth;
static SlotWord last_end_word;
static int order_result;

static int on_order(const StackQuestion *question, void *userdata) {
        (void) userdata;
        n_orders++;
        last_slot = question->slot;
        last_depth = question->depth;
        last_end_word = question->ends_worker ? question->word : 0;
        return order_result;
}

static void on_stack(unsigned slot, int error, const char *stack, void *userdata) {
        Asker *asker = userdata;

        asker->n_answers++;
        asker->slot = slot;
        asker->error = error;
        snprintf(asker->stack, sizeof(asker->stack), "%s", stack);
}

static StackRequests *start(void) {
        StackRequests *stack_requests = NULL;

        order_result = 0;
        ck_assert_int_eq(stack_requests_new(&stack_requests, 6, on_order, NULL), 0);
        return stack_requests;
}

START_TEST(several_ask) {
        StackRequests *stack_requests = start();
        Asker a = {}, b = {}, c = {};

        ck_assert_int_eq(stack_requests_ask(stack_requests,
                                         &(StackQuestion){ .slot = 3, .depth = 20 }, on_stack, &a),
                        0);
        ck_assert_int_eq(stack_requests_ask(stack_requests,
                                         &(StackQuestion){ .slot = 3, .depth = 1 }, on_stack, &b),
                        0);
        ck_assert_int_eq(stack_requests_ask(stack_requests,
                                         &(StackQuestion){ .slot = 1, .depth = 100000 }, on_stack,
                                         &c),
                        0);
        ck_assert_uint_eq(n_orders, 3);
        ck_assert_uint_eq(last_slot, 1);
        ck_assert_uint_eq(last_depth, TRACE_DEPTH_MAX);

        ck_assert_int_eq(stack_requests_add(stack_requests, 3, "one"), 0);
        ck_assert_int_eq(stack_requests_add(stack_requests, 3, "two"), 0);
        ck_assert_int_eq(stack_requests_end(stack_requests, 3, 0), 0);
        ck_assert_str_eq(a.stack, "one\ntwo");
        ck_assert_int_eq(stack_requests_end(stack_requests, 3, -EAGAIN), 0);
        ck_assert_int_eq(b.error, -EAGAIN);
        ck_assert_str_eq(b.stack, "");
        ck_assert_uint_eq(c.n_answers, 0);

        stack_requests_free(stack_requests);
        ck_assert_uint_eq(a.n_answers, 1);
        ck_assert_uint_eq(b.n_answers, 1);
        ck_assert_int_eq(c.error, -ECANCELED);
}
END_TEST

START_TEST(nobody_asked) {
        StackRequests *stack_requests = start();
        Asker a = {};

        ck_assert_int_eq(stack_requests_add(stack_requests, 0, "x"), -EBADMSG);
        ck_assert_int_eq(stack_requests_end(stack_requests, 0, 0), -EBADMSG);

        ck_assert_int_eq(stack_requests_ask(stack_requests,
                                         &(StackQuestion){ .slot = 2, .depth = 2 }, on_stack, &a),
                        0);
        ck_assert_int_eq(stack_requests_add(stack_requests, 0, "x"), -EBADMSG);
        ck_assert_int_eq(stack_requests_end(stack_requests, 0, 0), -EBADMSG);

        /* at FILE:LINE and two calls */
        for (unsigned i = 0; i < 3; i++)
                ck_assert_int_eq(stack_requests_add(stack_requests, 2, "x"), 0);
        ck_assert_int_eq(stack_requests_add(stack_requests, 2, "x"), -EBADMSG);
        stack_requests_free(stack_requests);
}
END_TEST

START_TEST(an_asker_leaves) {
        StackRequests *stack_requests = start();
        Asker a = {}, b = {};

        ck_assert_int_eq(stack_requests_ask(stack_requests,
                                         &(StackQuestion){ .slot = 0, .depth = 1 }, on_stack, &a),
                        0);
        ck_assert_int_eq(stack_requests_ask(stack_requests,
                                         &(StackQuestion){ .slot = 0, .depth = 1 }, on_stack, &b),
                        0);
        stack_requests_forget(stack_requests, &a);
        ck_assert_int_eq(stack_requests_end(stack_requests, 0, 0), 0);
        ck_assert_int_eq(stack_requests_end(stack_requests, 0, 0), 0);
        ck_assert_uint_eq(a.n_answers, 0);
        ck_assert_uint_eq(b.n_answers, 1);
        stack_requests_free(stack_requests);
}
END_TEST

START_TEST(the_zygote_cannot_be_asked) {
        StackRequests *stack_requests = start();
        Asker a = {};

        order_result = -EPIPE;
        ck_assert_int_eq(stack_requests_ask(stack_requests,
                                         &(StackQuestion){ .slot = 0, .depth = 1 }, on_stack, &a),
                        -EPIPE);
        stack_requests_free(stack_requests);
        ck_assert_uint_eq(a.n_answers, 0);
}
END_TEST

/* The frames that came before are of it, or of the next one. */
START_TEST(of_a_request_that_has_ended_there_is_no_stack) {
        StackRequests *stack_requests = start();
        Asker a = {};

        ck_assert_int_eq(stack_requests_ask(stack_requests, &(StackQuestion){ 1, 2, 77, false },
                                         on_stack, &a),
                        0);
        ck_assert_int_eq(stack_requests_add(stack_requests, 1, "one"), 0);
        ck_assert_int_eq(stack_requests_end(stack_requests, 1, -ESTALE), 0);
        ck_assert_uint_eq(a.n_answers, 1);
        ck_assert_int_eq(a.error, -ESTALE);
        ck_assert_str_eq(a.stack, "");
        stack_requests_free(stack_requests);
}
END_TEST

/* The zygote sees first to requests that are to be ended. */
START_TEST(slots_are_answered_in_any_order) {
        StackRequests *stack_requests = start();
        Asker a = {}, b = {}, c = {};

        ck_assert_int_eq(stack_requests_ask(stack_requests,
                                         &(StackQuestion){ .slot = 0, .depth = 2 }, on_stack, &a),
                        0);
        ck_assert_uint_eq(last_end_word, 0);
        ck_assert_int_eq(stack_requests_ask(stack_requests, &(StackQuestion){ 1, 2, 77, true },
                                         on_stack, &b),
                        0);
        ck_assert_uint_eq(last_end_word, 77);

        ck_assert_int_eq(stack_requests_add(stack_requests, 1, "one"), 0);
        ck_assert_int_eq(stack_requests_add(stack_requests, 0, "zero"), 0);
        ck_assert_int_eq(stack_requests_end(stack_requests, 1, 0), 0);
        ck_assert_int_eq(stack_requests_ask(stack_requests,
                                         &(StackQuestion){ .slot = 2, .depth = 2 }, on_stack, &c),
                        0);
        ck_assert_int_eq(stack_requests_end(stack_requests, 2, -ESRCH), 0);
        ck_assert_int_eq(stack_requests_end(stack_requests, 0, 0), 0);
        ck_assert_int_eq(stack_requests_end(stack_requests, 0, 0), -EBADMSG);
        ck_assert_str_eq(a.stack, "zero");
        ck_assert_str_eq(b.stack, "one");
        ck_assert_int_eq(c.error, -ESRCH);
        stack_requests_free(stack_requests);
}
END_TEST

START_TEST(open_questions_are_bounded) {
        StackRequests *stack_requests = start();
        Asker a = {};

        for (unsigned i = 0; i < 6; i++)
                ck_assert_int_eq(stack_requests_ask(stack_requests,
                                                 &(StackQuestion){ .slot = i, .depth = 1 },
                                                 on_stack, &a),
                                0);
        ck_assert_int_eq(stack_requests_ask(stack_requests,
                                         &(StackQuestion){ .slot = 7, .depth = 1 }, on_stack, &a),
                        -EBUSY);
        ck_assert_int_eq(stack_requests_end(stack_requests, 3, 0), 0);
        ck_assert_int_eq(stack_requests_ask(stack_requests,
                                         &(StackQuestion){ .slot = 7, .depth = 1 }, on_stack, &a),
                        0);
        stack_requests_free(stack_requests);
        ck_assert_uint_eq(a.n_answers, 7);
}
END_TEST

START_TEST(rubbish_is_escaped) {
        StackRequests *stack_requests = start();
        Asker a = {};
        char frame[232];

        ck_assert_int_eq(stack_requests_ask(stack_requests,
                                         &(StackQuestion){ .slot = 0, .depth = 20 }, on_stack, &a),
                        0);
        ck_assert_int_eq(stack_requests_add(stack_requests, 0, "App\\Shop::pay() a\n\x1b\xff"), 0);
        memset(frame, '\n', sizeof(frame) - 1);
        frame[sizeof(frame) - 1] = '\0';
        ck_assert_int_eq(stack_requests_add(stack_requests, 0, frame), 0);
        memset(frame, '\\', sizeof(frame) - 1);
        ck_assert_int_eq(stack_requests_add(stack_requests, 0, frame), 0);
        ck_assert_int_eq(stack_requests_end(stack_requests, 0, 0), 0);
        ck_assert_int_eq(strncmp(a.stack, "App\\Shop::pay() a\\x0a\\x1b\\xff\n\\x0a\\x0a", 38), 0);
        ck_assert_ptr_null(strchr(strchr(strchr(a.stack, '\n') + 1, '\n') + 1, '\n'));
        stack_requests_free(stack_requests);
}
END_TEST

UNIT_MAIN("traces", of_a_request_that_has_ended_there_is_no_stack, several_ask, nobody_asked,
                an_asker_leaves, the_zygote_cannot_be_asked, slots_are_answered_in_any_order,
                open_questions_are_bounded, rubbish_is_escaped);
